// SPDX-License-Identifier: Apache-2.0
// Espalier: acting with a policy.

internal import NeuralNetworks
public import SparseCore

/// Acts with a policy: one observation in, one action out, without allocating.
///
/// It keeps the memory that a pass needs and a copy of the network laid out for one sample at a time. One thread uses a runner at a
/// time, which makes `@unchecked Sendable` sound.
///
/// - Complexity: O(connections) an action; a network of 64-64 neurons at 90 % sparsity takes under a microsecond
///   (`espalier agent bench` measures it).
public final class PolicyRunner: @unchecked Sendable {
  /// The policy.
  public let policy: Policy
  /// The network laid out for acting, where its layers allow it.
  private let plan: ActingPlan?
  private let network: Network
  private let workspace: NetworkWorkspace
  private var encoder: ObservationEncoder
  private let pass: Pass
  private var input: [Float]
  private var outputs: [Float]

  /// Prepares to act.
  public init(_ policy: Policy) {
    self.policy = policy
    network = policy.network
    plan = network.actingPlan()
    workspace = network.makeWorkspace(batch: 1, training: false)
    encoder = ObservationEncoder(policy.observationSpace, scaling: policy.scaling)
    pass = .inference(Workers(threads: 1))
    outputs = [Float](repeating: 0, count: network.outputs)
    input = [Float](repeating: 0, count: network.inputs)
  }

  /// The best action for an observation; allocates it.
  public func act(on observation: [Float]) -> [Float] {
    var random = Random(seed: 0)
    var action = [Float](repeating: 0, count: policy.form.count)
    var span = action.mutableSpan
    act(on: observation.span, into: &span, random: &random)
    return action
  }

  /// Acts.
  ///
  /// - Parameters:
  ///   - observation: a value of the observation space.
  ///   - action: takes a value of the action space.
  ///   - choice: whether to take the best action or to draw one.
  ///   - mask: which choices are allowed, for one discrete action; nil: all.
  ///   - random: where draws come from.
  public func act(
    on observation: Span<Float>, into action: inout MutableSpan<Float>, choice: ActionChoice = .best,
    mask: [Bool]? = nil, random: inout Random
  ) {
    // Taken out meanwhile, so that spans lent to the pass have an owner that does not change.
    var (input, outputs) = ([Float](), [Float]())
    swap(&input, &self.input)
    swap(&outputs, &self.outputs)
    defer {
      swap(&input, &self.input)
      swap(&outputs, &self.outputs)
    }
    if let plan {
      encoder.write(observation, into: &input)
      var span = outputs.mutableSpan
      plan.run(input.span, into: &span)
    } else {
      encoder.write(observation, into: workspace.input)
      network.forward(workspace, pass: pass).withBlock(0) { block in
        for index in outputs.indices { outputs[index] = block[index] }
      }
    }
    policy.form.action(
      from: outputs, head: policy.head, choice: choice, mask: mask, into: &action, random: &random)
  }
}

extension ActionForm {
  /// Turns the outputs of a policy network for one observation into an action.
  ///
  /// - Returns: the action as numbers between -1 and 1 before stretching lie in `raw` when there is one.
  func action(
    from outputs: [Float], head: PolicyHead, choice: ActionChoice, mask: [Bool]?,
    into action: inout MutableSpan<Float>, random: inout Random
  ) {
    switch head {
    case .values: action[0] = Float(first + Self.greatest(outputs, 0, counts[0], mask))
    case .categorical:
      var start = 0
      let counts = counts
      for index in counts.indices {
        let mask = counts.count == 1 ? mask : nil
        let chosen =
          choice == .best
          ? Self.greatest(outputs, start, counts[index], mask)
          : Self.drawn(outputs, start, counts[index], mask, &random)
        action[index] = Float(first + chosen)
        start += counts[index]
      }
    case .gaussian(let logDeviations):
      for index in 0..<count {
        let noise = choice == .best ? 0 : Function.exponential(logDeviations[index]) * random.normal()
        action[index] = stretched(outputs[index] + noise, index)
      }
    case .squashedGaussian:
      for index in 0..<count {
        let range = PolicyHead.logDeviationRange
        let logDeviation = min(range.upperBound, max(range.lowerBound, outputs[count + index]))
        let noise = choice == .best ? 0 : Function.exponential(logDeviation) * random.normal()
        action[index] = stretched(Function.tangent(outputs[index] + noise), index)
      }
    case .squashed:
      for index in 0..<count { action[index] = stretched(Function.tangent(outputs[index]), index) }
    }
  }

  private var counts: [Int] {
    if case .choices(let counts, _) = self { counts } else { [] }
  }

  private var first: Int {
    if case .choices(_, let start) = self { start } else { 0 }
  }

  /// The place of the greatest allowed value, the first of equals.
  static func greatest(_ values: [Float], _ start: Int, _ count: Int, _ mask: [Bool]?) -> Int {
    var best = -1
    for index in 0..<count where mask?[index] ?? true {
      if best < 0 || values[start + index] > values[start + best] { best = index }
    }
    return max(0, best)
  }

  /// A place drawn by softmax probabilities.
  static func drawn(
    _ logits: [Float], _ start: Int, _ count: Int, _ mask: [Bool]?, _ random: inout Random
  ) -> Int {
    let greatest = logits[start + greatest(logits, start, count, mask)]
    var sum: Float = 0
    for index in 0..<count where mask?[index] ?? true { sum += Function.exponential(logits[start + index] - greatest) }
    var rest = random.uniform() * sum
    var last = 0
    for index in 0..<count where mask?[index] ?? true {
      last = index
      rest -= Function.exponential(logits[start + index] - greatest)
      if rest < 0 { break }
    }
    return last
  }
}
