// SPDX-License-Identifier: Apache-2.0
// Espalier: what an agent has learned to do.

public import Datasets
public import Environments
public import NeuralNetworks

/// What an agent has learned to do: a network from observations to actions, which can be saved by itself.
///
///     let policy = agent.policy
///     try policy.save(to: "policy.safetensors")
///     let runner = PolicyRunner(try Policy(contentsOf: "policy.safetensors"))
///     let action = runner.act(on: observation)
///
/// A value: later learning of the agent does not change it. ``PolicyRunner`` acts with it.
public struct Policy: Sendable {
  /// From what a network reads of an observation, see `Space.encode(_:into:)`, to the outputs of the head.
  public var network: Network
  /// How outputs become an action.
  public var head: PolicyHead
  /// What it observes.
  public let observationSpace: Space
  /// What it does.
  public let actionSpace: Space
  /// What is done to the encoded numbers of an observation first; nil: nothing.
  public var scaling: Standardization?
  /// Facts about its making, in the order given.
  public var facts: [(name: String, value: String)] = []

  let form: ActionForm

  /// Joins the parts.
  ///
  /// - Throws: ``AgentError`` when the network's sides do not fit the spaces and the head.
  public init(
    network: Network, head: PolicyHead, observationSpace: Space, actionSpace: Space, scaling: Standardization? = nil
  ) throws(AgentError) {
    guard let form = ActionForm(actionSpace) else {
      throw .space(algorithm: "a policy", expected: "choices, or a box with bounds on all sides", got: actionSpace)
    }
    guard network.inputs == observationSpace.encodedCount else {
      throw .network(
        "a policy network of \(network.inputs) inputs for \(observationSpace.encodedCount) observed numbers")
    }
    guard scaling.map({ $0.shifts.count == network.inputs }) ?? true else {
      throw .network("a scaling of \(scaling?.shifts.count ?? 0) numbers for \(network.inputs) inputs")
    }
    guard let outputs = Self.outputs(of: head, form) else {
      throw .network("a policy head \(head) cannot act in \(actionSpace)")
    }
    guard network.outputs == outputs else {
      throw .network("a policy network of \(network.outputs) outputs where \(outputs) are needed")
    }
    self.network = network
    self.head = head
    self.observationSpace = observationSpace
    self.actionSpace = actionSpace
    self.scaling = scaling
    self.form = form
  }

  /// The outputs that a head reads; nil when it cannot give such actions.
  private static func outputs(of head: PolicyHead, _ form: ActionForm) -> Int? {
    switch (head, form) {
    case (.values(let isDuelling), .choices(let counts, _)): counts.count == 1 ? counts[0] + (isDuelling ? 1 : 0) : nil
    case (.categorical, .choices): form.outputs
    case (.gaussian(let deviations), .numbers): deviations.count == form.count ? form.count : nil
    case (.squashedGaussian, .numbers): 2 * form.count
    case (.squashed, .numbers): form.count
    default: nil
    }
  }
}
