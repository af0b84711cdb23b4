// SPDX-License-Identifier: Apache-2.0
// Espalier: births that look at data, or at the whole network, before training begins.

public import Datasets
public import NeuralNetworks
public import SparseCore
internal import SparseTopology

/// How the connections of a built network are chosen anew before its first step.
///
///     var network = try Network(inputs: 64, topology: .erk(density: 0.02), seed: 1) { SparseLinear(256); ReLU(); … }
///     try DataBirth(.snip).apply(to: &network, train: split.train, loss: .crossEntropy, seed: 1, workers: workers)
///
/// The network that comes in says how many connections there are; as many there are afterwards, and no layer is empty.
/// ``Rule/csti`` keeps every layer's count. The others let all layers compete: they work on a *candidate graph*, in which
/// each layer has ``candidates`` times its connections (all cells, when there are no more), drawn uniformly, score its
/// connections and keep the best. With enough candidates that is the published method, which scores the dense network; else
/// time and memory follow the candidates, never rows x columns.
public struct DataBirth: Sendable, Equatable {
  /// What connections are scored by.
  public enum Rule: Sendable, Equatable {
    /// Correlated sparse topological initialization: see `CorrelatedInputs` in `SparseTopology`.
    ///
    /// All sparse layers but one that makes the network's outputs, whose neurons stand for no feature.
    case csti

    /// Connection sensitivity, |*g w*| on one batch.
    ///
    /// Source: N. Lee, T. Ajanthan, P. Torr, *SNIP: single-shot network pruning based on connection sensitivity*, ICLR 2019,
    /// equation 4, arXiv:1810.02340.
    case snip

    /// Gradient signal preservation, *w* (*H g*) on one batch of a loss on scores divided by `temperature`: those stay whose
    /// removal would lessen the gradient's norm most.
    ///
    /// *H g*, *g* over the candidate weights, comes from central differences of the gradient along *g*.
    ///
    /// - Note: the authors' code differentiates a second time instead.
    ///
    /// Source: C. Wang, G. Zhang, R. Grosse, *Picking winning tickets before training by preserving gradient flow*, ICLR 2020,
    /// equation 8, arXiv:2002.07376.
    case grasp(temperature: Float = 200)

    /// Synaptic flow, without data: |*w* ∂R/∂*w*| with R the sum of the outputs of the network of absolute weights for an
    /// input of ones, in `rounds` rounds along an exponential path of densities.
    ///
    /// Activations, normalisation, dropout and biases stand aside, as in the authors' code: the network is linear.
    ///
    /// Source: H. Tanaka, D. Kunin, D. Yamins, S. Ganguli, *Pruning neural networks without any data by iteratively conserving
    /// synaptic flow*, NeurIPS 2020, algorithm 1, arXiv:2006.05467.
    case synflow(rounds: Int = 100)
  }

  /// What becomes of the first weights of the connections that stay.
  public enum Weights: Sendable, Equatable {
    /// They stay as drawn for the candidate graph: the papers' choice.
    case kept
    /// They stay up to one factor a neuron, that of the initialization for its real fan-in.
    case scaled
  }

  /// What connections are scored by.
  public var rule: Rule
  /// Candidates a connection, at least 1; `csti` has no use for it.
  public var candidates: Double
  /// Samples that are looked at, at most; nil: 4096 for `csti`, else 256.
  public var samples: Int?
  /// What becomes of the weights; `csti` draws them anew.
  public var weights: Weights

  /// Names a birth.
  public init(_ rule: Rule, candidates: Double = 5, samples: Int? = nil, weights: Weights = .scaled) {
    self.rule = rule
    self.candidates = candidates
    self.samples = samples
    self.weights = weights
  }

  /// Chooses the connections of a network that has not been trained yet, and draws its sparse weights anew.
  ///
  /// - Parameters:
  ///   - network: as built: its counts are kept, its sparse weights are not.
  ///   - initialization: how weights are drawn.
  ///   - train: features as the network takes them, and targets of the loss's kind.
  ///   - seed: candidates, weights and samples follow from it.
  /// - Throws: ``TrainingError/setting(name:expected:got:)`` for numbers out of range and for windowed sparse layers;
  ///   ``TrainingError/data(expected:got:)`` for data that does not fit.
  /// - Complexity: O(candidates x samples) time, for `synflow` O(candidates x rounds); memory of a training step over the
  ///   candidates and samples.
  public func apply(
    to network: inout Network, initialization: Initialization = .he, train: Dataset, loss: Loss, seed: UInt64,
    workers: Workers
  ) throws(TrainingError) {
    try validate(network, train)
    let random = Random(seed: seed).split("birth")
    let samples = chosenSamples(of: train, random)
    switch rule {
    case .csti:
      correlate(&network, initialization, train, samples, random, workers)
    case .snip, .grasp, .synflow:
      let total = network.sparseLayers.reduce(0) { $0 + $1.weight.count }
      var graph = CandidateGraph(network, ratio: candidates, initialization, random: random, workers: workers)
      switch rule {
      case .synflow(let rounds): graph.keepFlow(total, rounds: rounds)
      case .grasp(let temperature):
        let batch = BirthBatch(network: graph.network, train: train, samples: samples, loss: loss, workers: workers)
        graph.keep(total, graph.gradientFlow(batch, temperature: temperature))
      default:
        let batch = BirthBatch(network: graph.network, train: train, samples: samples, loss: loss, workers: workers)
        graph.keep(total, graph.sensitivity(batch))
      }
      if weights == .scaled { graph.scaleWeights() }
      network = graph.network
    }
  }

  /// What choosing asks of memory, for a ``MemoryEstimate``.
  ///
  /// - Parameters:
  ///   - samples: of the training part.
  ///   - features: of a sample.
  public func memoryLoad(samples: Int, features: Int) -> BirthLoad {
    let seen = min(samples, self.samples ?? standardSamples)
    return switch rule {
    // Standardised features, one row of correlations for each of eight tasks, and up to twice the cells that are wanted, in
    // lists that grow by doubling.
    case .csti: BirthLoad(ranking: 84, others: 4 * features * (seen + 16))
    // Gradients, in halves; the same, the weights and scores as lists, one of them in two stages.
    case .snip: BirthLoad(candidates: candidates, scores: 28, samples: seen)
    // As well: gradients at two more places, and the weights there.
    case .grasp: BirthLoad(candidates: candidates, scores: 52, samples: seen)
    // As well: a network of absolute weights, scaled ones, and who is still in.
    case .synflow: BirthLoad(candidates: candidates, scores: 52, samples: 1)
    }
  }

  private var standardSamples: Int { rule == .csti ? 4096 : 256 }

  private func validate(_ network: Network, _ train: Dataset) throws(TrainingError) {
    func expect(_ name: String, _ expected: String, _ got: String, _ holds: Bool) throws(TrainingError) {
      guard holds else { throw .setting(name: name, expected: expected, got: got) }
    }
    try expect("candidates", "a number of at least 1", "\(candidates)", candidates >= 1 && candidates.isFinite)
    if let samples { try expect("samples of a birth", "a whole number above 0", "\(samples)", samples > 0) }
    switch rule {
    case .grasp(let temperature):
      try expect("temperature", "a number above 0", "\(temperature)", temperature > 0 && temperature.isFinite)
    case .synflow(let rounds): try expect("rounds", "a whole number above 0", "\(rounds)", rounds > 0)
    case .csti:
      let isLocal = network.sparseLayers.contains { $0.locality != nil }
      try expect("birth by correlation", "layers without windows", "layers with windows", !isLocal)
    case .snip: break
    }
    guard train.featureCount == network.inputs, train.count > 0 else {
      throw .data(
        expected: "samples of \(network.inputs) features", got: "\(train.count) of \(train.featureCount) features")
    }
  }

  private func chosenSamples(of train: Dataset, _ random: Random) -> [Int] {
    var stream = random.split("samples")
    return stream.distinct(min(train.count, samples ?? standardSamples), below: train.count)
  }

  private func correlate(
    _ network: inout Network, _ initialization: Initialization, _ train: Dataset, _ samples: [Int], _ random: Random,
    _ workers: Workers
  ) {
    let layers = network.sparseLayers
    var last = layers.count
    if case .sparseLinear = network.layers.last { last -= 1 }
    guard last > 0 else { return }
    let inputs = CorrelatedInputs(train.features, rows: samples)
    for (ordinal, layer) in layers.prefix(last).enumerated() {
      let pattern = inputs.pattern(
        outputs: layer.weight.rows, inputs: layer.weight.columns, count: layer.weight.count, workers: workers)
      network.replaceConnections(ofSparse: ordinal, by: pattern, workers: workers)
    }
    let stream = random.split("weights")
    network.setSparseWeights { ordinal, weight in
      guard ordinal < last else { return nil }
      var drawing = stream.split(ordinal)
      return initialization.weights(for: weight.pattern, random: &drawing)
    }
  }
}

extension DataBirth {
  /// All numbers: "snip of 5 candidates, weights scaled"; two births never share their words.
  public var words: String {
    let seen = samples.map { ", \($0) samples" } ?? ""
    let kept = weights == .kept ? "weights kept" : "weights scaled"
    let graph = " of \(NumberText.shortest(candidates)) candidates"
    return switch rule {
    case .csti: "csti" + seen
    case .snip: "snip\(graph), \(kept)" + seen
    case .grasp(let temperature): "grasp\(graph), temperature \(NumberText.shortest(temperature)), \(kept)" + seen
    case .synflow(let rounds): "synflow\(graph), \(rounds) rounds, \(kept)"
    }
  }
}
