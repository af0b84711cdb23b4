// SPDX-License-Identifier: Apache-2.0
// Espalier: from a description to layers.

internal import SparseCore
internal import SparseTopology

/// Builds layers from their descriptions: shares out budgets, draws connections and weights.
struct NetworkPlan {
  let topology: Topology
  let initialization: Initialization
  let random: Random
  /// Who draws connections, and where the layers of very many neurons lie.
  let site: BirthSite
  private var counts: [Int] = []
  private var sparseOrdinal = 0
  private var drawOrdinal = 0
  private var dropoutOrdinal = 0
  private var allReLUOrdinal = 0
  #if !hasFeature(Embedded)
    /// Custom layers, made while outlining, because their widths are theirs to say.
    private var customs: [any Layer] = []
  #endif

  init(topology: Topology, initialization: Initialization, random: Random, site: BirthSite) {
    self.topology = topology
    self.initialization = initialization
    self.random = random
    self.site = site
  }

  mutating func build(_ descriptions: [LayerDescription], inputs: Int) throws(TopologyError) -> [BuiltLayer] {
    counts = try connectionCounts(of: descriptions, inputs: inputs)
    drawOrdinal = 0
    return try layers(descriptions, inputs: inputs)
  }

  /// The connections of each sparse layer, in order; no layer but custom ones is made.
  mutating func connectionCounts(of descriptions: [LayerDescription], inputs: Int) throws(TopologyError) -> [Int] {
    var sparse: [(shape: LayerShape, topology: Topology)] = []
    _ = outline(descriptions, inputs: inputs, into: &sparse)
    return try Self.share(sparse)
  }

  /// Walks the widths, lists the sparse layers and makes the custom ones; returns the width at the end.
  private mutating func outline(
    _ descriptions: [LayerDescription], inputs: Int, into sparse: inout [(shape: LayerShape, topology: Topology)]
  ) -> Int {
    var width = inputs
    for description in descriptions {
      switch description {
      case .sparseLinear(let layer):
        sparse.append((LayerShape(outputs: layer.outputs, inputs: width), layer.topology ?? topology))
        width = layer.outputs
        drawOrdinal += 1
      case .windowedLinear(let layer):
        width = layer.outputs
        drawOrdinal += 1
      case .linear(let layer):
        width = layer.outputs
        drawOrdinal += 1
      case .residual(let inner):
        width = outline(inner, inputs: width, into: &sparse)
      #if !hasFeature(Embedded)
        case .custom(let custom):
          var stream = nextStream("custom")
          let layer = custom.make(width, &stream)
          precondition(layer.inputs == width, "a custom layer of \(layer.inputs) inputs after \(width) outputs")
          width = layer.outputs
          customs.append(layer)
      #endif
      default: break
      }
    }
    return width
  }

  /// One budget for all layers of the same topology.
  private static func share(
    _ sparse: [(shape: LayerShape, topology: Topology)]
  ) throws(TopologyError) -> [Int] {
    var counts = [Int](repeating: 0, count: sparse.count)
    var done = [Bool](repeating: false, count: sparse.count)
    for first in sparse.indices where !done[first] {
      let group = sparse.indices.filter { sparse[$0].topology == sparse[first].topology }
      let shared = try sparse[first].topology.connectionCounts(for: group.map { sparse[$0].shape })
      for (index, count) in zip(group, shared) {
        counts[index] = count
        done[index] = true
      }
    }
    return counts
  }

  private mutating func layers(
    _ descriptions: [LayerDescription], inputs: Int
  ) throws(TopologyError) -> [BuiltLayer] {
    var built: [BuiltLayer] = []
    for description in descriptions {
      built.append(try layer(description, inputs: built.last?.outputs ?? inputs))
    }
    return built
  }

  private mutating func layer(_ description: LayerDescription, inputs: Int) throws(TopologyError) -> BuiltLayer {
    switch description {
    case .sparseLinear(let layer): return .sparseLinear(try sparseLinear(layer, inputs: inputs))
    case .windowedLinear(let layer): return .windowedLinear(try windowedLinear(layer, inputs: inputs))
    case .linear(let layer): return .linear(linear(layer, inputs: inputs))
    case .activation(let function): return .activation(ActivationLayer(features: inputs, function: function))
    case .allReLU(let slope):
      allReLUOrdinal += 1
      let signed = allReLUOrdinal.isMultiple(of: 2) ? slope : -slope
      return .activation(ActivationLayer(features: inputs, function: .leakyReLU(slope: signed)))
    case .srelu: return .srelu(SReLULayer(features: inputs))
    case .dropout(let rate):
      dropoutOrdinal += 1
      return .dropout(DropoutLayer(features: inputs, rate: rate, ordinal: dropoutOrdinal - 1))
    case .batchNorm(let layer):
      return .batchNorm(BatchNormLayer(features: inputs, momentum: layer.momentum, epsilon: layer.epsilon))
    case .layerNorm(let layer): return .layerNorm(LayerNormLayer(features: inputs, epsilon: layer.epsilon))
    case .residual(let inner):
      return .residual(ResidualLayer(inputs: inputs, layers: try layers(inner, inputs: inputs)))
    #if !hasFeature(Embedded)
      case .custom:
        drawOrdinal += 1
        return .custom(customs.removeFirst())
    #endif
    }
  }

  private mutating func sparseLinear(_ layer: SparseLinear, inputs: Int) throws(TopologyError) -> SparseLinearLayer {
    let shape = LayerShape(outputs: layer.outputs, inputs: inputs)
    let stream = nextStream("sparse")
    var wiring = stream.split("pattern")
    let topology = layer.topology ?? topology
    let pattern = try topology.pattern(shape, count: counts[sparseOrdinal], random: &wiring, workers: site.workers)
    var drawing = stream.split("weights")
    let weights = initialization.weights(for: pattern, random: &drawing)
    defer { sparseOrdinal += 1 }
    return SparseLinearLayer(
      weight: SparseMatrix(pattern: pattern, values: weights),
      bias: layer.hasBias ? Vector(count: layer.outputs) : nil, ordinal: sparseOrdinal, locality: topology.locality)
  }

  private mutating func windowedLinear(
    _ layer: WindowedLinear, inputs: Int
  ) throws(TopologyError) -> WindowedLinearLayer {
    let sides = 1...Int(Int32.max)
    guard sides.contains(layer.outputs), sides.contains(inputs) else {
      throw .shape(layer: drawOrdinal, outputs: layer.outputs, inputs: inputs, kernel: [])
    }
    guard layer.fanIn <= min(inputs, layer.window) else {
      throw .fanIn(layer.fanIn, layer: drawOrdinal, columns: min(inputs, layer.window))
    }
    let shape = WindowShape(rows: layer.outputs, columns: inputs, fanIn: layer.fanIn, window: layer.window)
    let fanOut = Double(shape.count) / Double(inputs)
    return WindowedLinearLayer(
      weight: draw(
        shape, deviation: initialization.deviation(fanIn: layer.fanIn, fanOut: fanOut),
        random: nextStream("windowed")),
      bias: layer.hasBias ? Vector(count: layer.outputs) : nil)
  }

  private func draw(_ shape: WindowShape, deviation: Float, random: Random) -> WindowedMatrix {
    #if !hasFeature(Embedded)
      return WindowedMatrix(shape, deviation: deviation, random: random, workers: site.workers, in: site.file)
    #else
      return WindowedMatrix(shape, deviation: deviation, random: random, workers: site.workers)
    #endif
  }

  private mutating func linear(_ layer: Linear, inputs: Int) -> LinearLayer {
    var drawing = nextStream("dense").split("weights")
    return LinearLayer(
      weight: initialization.weights(outputs: layer.outputs, inputs: inputs, random: &drawing),
      bias: layer.hasBias ? Vector(count: layer.outputs) : nil)
  }

  private mutating func nextStream(_ kind: String) -> Random {
    defer { drawOrdinal += 1 }
    return random.split(kind).split(drawOrdinal)
  }
}
