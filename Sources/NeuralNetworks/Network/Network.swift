// SPDX-License-Identifier: Apache-2.0
// Espalier: layers composed into a network.

public import SparseCore
public import SparseTopology

/// Layers composed one after another; a value, so that a copy is a snapshot.
///
///     var network = try Network(inputs: 784, topology: .erk(density: 0.1), seed: 42) {
///       SparseLinear(300)
///       ReLU()
///       SparseLinear(100)
///       ReLU()
///       SparseLinear(10)
///     }
///
/// Sparse layers that name no topology take the network's; layers with the same density-type topology share one budget,
/// whose total is exact.
public struct Network: Sendable {
  package var body: LayerSequence

  /// Builds a network and draws its connections and weights.
  ///
  /// - Parameters:
  ///   - inputs: features of a sample.
  ///   - topology: the birth of sparse layers that name none.
  ///   - initialization: how the first weights are drawn.
  ///   - seed: everything random follows from it.
  ///   - site: who draws connections and where windowed layers lie, see ``BirthSite``.
  /// - Throws: ``TopologyError`` when a topology cannot be had for a layer's size.
  /// - Complexity: O(connections) time and memory; no buffer of inputs x outputs exists for a sparse layer.
  public init(
    inputs: Int, topology: Topology = .erk(density: 0.1), initialization: Initialization = .he,
    seed: UInt64 = 0, site: BirthSite = BirthSite(), @NetworkBuilder _ layers: () -> [LayerDescription]
  ) throws(TopologyError) {
    try self.init(
      inputs: inputs, topology: topology, initialization: initialization, seed: seed, site: site, layers: layers())
  }

  /// Builds a network from a list of layers.
  public init(
    inputs: Int, topology: Topology = .erk(density: 0.1), initialization: Initialization = .he,
    seed: UInt64 = 0, site: BirthSite = BirthSite(), layers: [LayerDescription]
  ) throws(TopologyError) {
    var plan = NetworkPlan(
      topology: topology, initialization: initialization, random: Random(seed: seed).split("network"),
      site: site)
    let built = try plan.build(layers, inputs: inputs)
    body = LayerSequence(inputs: inputs, layers: built)
  }

  /// Joins layers that exist; sparse and dropout layers are numbered anew, in their order.
  public init(inputs: Int, builtLayers: [BuiltLayer]) {
    body = LayerSequence(inputs: inputs, layers: builtLayers)
    var sparse = 0
    var dropouts = 0
    Self.number(&body, sparse: &sparse, dropouts: &dropouts)
  }

  /// Rewirings find a sparse layer by its number, and a dropout layer's masks follow from its number.
  private static func number(_ body: inout LayerSequence, sparse: inout Int, dropouts: inout Int) {
    for index in body.layers.indices {
      switch body.layers[index] {
      case .sparseLinear(var layer):
        layer.ordinal = sparse
        sparse += 1
        body.layers[index] = .sparseLinear(layer)
      case .sparseConvolution(var layer):
        layer.ordinal = sparse
        sparse += 1
        body.layers[index] = .sparseConvolution(layer)
      case .recurrent(var layer):
        layer.ordinal = sparse
        sparse += 1
        body.layers[index] = .recurrent(layer)
      case .dropout(var layer):
        layer.ordinal = dropouts
        dropouts += 1
        body.layers[index] = .dropout(layer)
      case .residual(var block):
        number(&block.body, sparse: &sparse, dropouts: &dropouts)
        body.layers[index] = .residual(block)
      default: break
      }
    }
  }

  /// The layers.
  public var layers: [BuiltLayer] { body.layers }
  /// Features of a sample.
  public var inputs: Int { body.inputs }
  /// Features of the last layer.
  public var outputs: Int { body.outputs }

  /// The sparse layers in order, those in residual blocks included.
  public var sparseLayers: [SparseLayer] { Self.sparseLayers(in: body, isWhole: true) }

  /// Connections of all sparse and dense layers.
  public var connectionCount: Int { summary.connections }

  /// - Parameter isWhole: whether the layers are the network's, not those inside a bypass.
  private static func sparseLayers(in body: LayerSequence, isWhole: Bool) -> [SparseLayer] {
    var layers: [SparseLayer] = []
    // Whether a linear layer that comes next reads the neurons of the sparse linear layer before.
    var isChain = false
    for layer in body.layers {
      switch layer {
      case .sparseLinear(let sparse):
        var next = SparseLayer(
          ordinal: sparse.ordinal, weight: sparse.weight, bias: sparse.bias, locality: sparse.locality)
        next.followsBefore = isChain
        layers.append(next)
        isChain = true
      case .sparseConvolution(let sparse):
        layers.append(
          SparseLayer(ordinal: sparse.ordinal, weight: sparse.weight, bias: sparse.bias, locality: sparse.locality))
        isChain = false
      case .recurrent(let sparse):
        var next = SparseLayer(
          ordinal: sparse.ordinal, weight: sparse.weight, bias: sparse.bias, locality: sparse.locality)
        next.rowsAreNeurons = false
        layers.append(next)
        isChain = false
      case .residual(let block):
        layers += sparseLayers(in: block.body, isWhole: false)
        isChain = false
      case .activation, .srelu, .dropout, .batchNorm, .layerNorm: break
      default: isChain = false
      }
    }
    if isWhole, isChain, !layers.isEmpty { layers[layers.count - 1].isOutput = true }
    return layers
  }
}

extension Network {
  /// Makes what passes over batches of up to `batch` samples need.
  public func makeWorkspace(batch: Int, training: Bool) -> NetworkWorkspace {
    NetworkWorkspace(self, batch: batch, training: training)
  }

  /// Runs the network on `workspace.input` and returns the last layer's outputs.
  @discardableResult
  public func forward(_ workspace: NetworkWorkspace, pass: Pass) -> Activations {
    let output = body.forward(workspace.input, workspace: workspace.body, pass: pass)
    workspace.output = output
    return output
  }

  /// Turns `workspace.outputGradient` into the gradients of all parameters.
  ///
  /// - Parameter inputGradient: takes the gradient of the input, `[inputs, samples]`, when there is one.
  public func backward(_ workspace: NetworkWorkspace, pass: Pass, inputGradient: Activations? = nil) {
    body.backward(
      workspace.outputGradient, input: workspace.input, into: inputGradient, workspace: workspace.body, pass: pass)
  }

  /// Turns `workspace.outputGradient` into the gradient of the input; what it leaves of the parameters' gradients means nothing.
  ///
  /// For a loss that a network passes on to what came before it, such as a critic's to an actor.
  package func backwardToInput(_ workspace: NetworkWorkspace, pass: Pass, inputGradient: Activations) {
    var pass = pass
    pass.skipsParameters = true
    backward(workspace, pass: pass, inputGradient: inputGradient)
  }

  /// Shows every parameter with its number, and its gradient when a training workspace is given.
  public mutating func visitParameters(
    _ workspace: NetworkWorkspace?, _ visit: (_ index: Int, inout Parameter) -> Void
  ) {
    var index = 0
    body.visitParameters(workspace?.body) { _, parameter in
      visit(index, &parameter)
      index += 1
    }
  }

  /// Takes over running statistics after a training pass.
  public mutating func finishPass(_ workspace: NetworkWorkspace) {
    body.finishPass(workspace.body)
  }

  /// The last layer's outputs for each row of `features`, `[samples, outputs]`.
  ///
  /// Rows do not influence one another. Blocks of another width (batches of one, up to 16, up to 32, above) may sum
  /// in another order, and so differ in the last bits.
  ///
  /// - Complexity: O(connections x samples) time; memory for one batch besides the result.
  public func predict(_ features: Matrix, workers: Workers, batch: Int = 256) -> Matrix {
    precondition(
      features.columns == inputs, "\(features.columns) features for a network of \(inputs) inputs")
    var result = Matrix(rows: features.rows, columns: outputs)
    guard features.rows > 0 else { return result }
    let workspace = makeWorkspace(batch: min(batch, features.rows), training: false)
    let rows = Array(0..<features.rows)
    let pass = Pass.inference(workers)
    for start in stride(from: 0, to: features.rows, by: batch) {
      let range = start..<min(features.rows, start + batch)
      Kernels.gather(rows: rows, range: range, from: features, into: workspace.input, workers: workers)
      Kernels.scatter(forward(workspace, pass: pass), into: &result, atRow: start, workers: workers)
    }
    return result
  }

  /// The first layer whose outputs are not all finite, nil when all are: for the diagnosis of a diverged run.
  public func firstNonFiniteLayer(_ workspace: NetworkWorkspace) -> Int? {
    body.layers.indices.first { !Kernels.isFinite(workspace.body.outputs[$0]) }
  }

  /// The first layer whose parameters or running moments are not all finite, nil when all are.
  ///
  /// - Complexity: O(parameters) time, no memory.
  public func firstLayerWithNonFiniteParameters() -> Int? {
    body.layers.indices.first { index in
      var layer = body.layers[index]
      var isFinite = Self.hasFiniteMoments(layer)
      layer.visitParameters(nil) { isFinite = isFinite && Kernels.isFinite($0.values) }
      return !isFinite
    }
  }

  private static func hasFiniteMoments(_ layer: BuiltLayer) -> Bool {
    switch layer {
    case .batchNorm(let norm): Kernels.isFinite(norm.runningMean) && Kernels.isFinite(norm.runningVariance)
    case .residual(let block): block.layers.allSatisfy(hasFiniteMoments)
    default: true
    }
  }
}

/// The memory of passes through one network: made once, used by every step.
///
/// A step owns it, which makes `@unchecked Sendable` sound.
public final class NetworkWorkspace: @unchecked Sendable {
  /// The batch, `[inputs, samples]`.
  public let input: Activations
  /// The gradient of the loss by the outputs, `[outputs, samples]`.
  public let outputGradient: Activations
  /// The outputs of the last forward pass.
  public internal(set) var output: Activations
  package let body: SequenceWorkspace

  init(_ network: Network, batch: Int, training: Bool) {
    input = Activations(features: network.inputs, capacity: batch)
    outputGradient = Activations(features: training ? network.outputs : 0, capacity: batch)
    body = network.body.makeWorkspace(capacity: batch, training: training)
    output = body.outputs.last ?? input
  }
}
