// SPDX-License-Identifier: Apache-2.0
// Espalier: a network as named tensors.

internal import Datasets
internal import NeuralNetworks
internal import SparseCore
internal import SparseTopology

/// Lists a network's layers as JSON and its numbers as tensors named by the layer's place, and builds it again.
///
/// Layer 3's sparse weight is `3.weight.row_start`, `3.weight.column`, `3.weight.value`; its bias is `3.bias`; a layer
/// inside residual block 2 is `2.0.weight...`. A windowed weight is `3.weight.offset` and `3.weight.value`, both
/// `[outputs, fan-in]`.
struct NetworkTensors {
  private(set) var entries: [TensorEntry] = []
  private(set) var metadata: [(String, String)] = []

  /// Lists a network; nil for a network with custom layers, which only their own code can build again.
  ///
  /// - Parameter prefix: stands before every name, where one file holds several networks.
  init?(_ network: Network, prefix: String = "") {
    guard let layers = list(network.layers, path: prefix) else { return nil }
    let architecture: JSONValue = .object([
      .init("inputs", .integer(network.inputs)), .init("layers", .array(layers)),
    ])
    metadata.append((prefix + "espalier.network", architecture.text()))
  }

  private mutating func list(_ layers: [BuiltLayer], path: String) -> [JSONValue]? {
    var list: [JSONValue] = []
    for (index, layer) in layers.enumerated() {
      guard let value = describe(layer, path: path + String(index)) else { return nil }
      list.append(value)
    }
    return list
  }

  private mutating func describe(_ layer: BuiltLayer, path: String) -> JSONValue? {
    var fields: [JSONValue.Member] = [
      .init("kind", .string(layer.kind)), .init("inputs", .integer(layer.inputs)),
      .init("outputs", .integer(layer.outputs)),
    ]
    switch layer {
    case .sparseLinear(let sparse):
      fields += sparseFields(sparse.weight, sparse.bias, sparse.locality, path)
    case .sparseConvolution(let sparse):
      fields += Self.mapFields(sparse.map, sparse.window)
      fields.append(.init("groups", .integer(sparse.groups)))
      fields += sparseFields(sparse.weight, sparse.bias, sparse.locality, path)
    case .pooling(let pooling): fields += Self.mapFields(pooling.map, pooling.window)
    case .channelsLast(let layer): fields.append(.init("map", Self.list(layer.map)))
    case .recurrent(let sparse):
      fields.append(.init("steps", .integer(sparse.steps)))
      fields.append(.init("hidden", .integer(sparse.hidden)))
      fields.append(.init("returns", .string(sparse.returned.rawValue)))
      fields += sparseFields(sparse.weight, sparse.bias, sparse.locality, path)
    case .windowedLinear(let windowed):
      let shape = [windowed.weight.rows, windowed.weight.shape.fanIn]
      entries.append(TensorEntry(path + ".weight.offset", shape: shape, .offsets(windowed.weight.offsets)))
      entries.append(TensorEntry(path + ".weight.value", shape: shape, .floats(windowed.weight.values)))
      add(windowed.bias, path + ".bias")
      fields.append(.init("fan_in", .integer(windowed.weight.shape.fanIn)))
      fields.append(.init("window", .integer(windowed.weight.shape.window)))
      fields.append(.init("bias", .bool(windowed.bias != nil)))
    case .linear(let linear):
      let shape = [linear.weight.rows, linear.weight.columns]
      entries.append(TensorEntry(path + ".weight", shape: shape, .floats(linear.weight.values)))
      add(linear.bias, path + ".bias")
      fields.append(.init("bias", .bool(linear.bias != nil)))
    case .activation(let activation):
      if case .leakyReLU(let slope) = activation.function { fields.append(.init("slope", .number(Double(slope)))) }
    case .srelu(let srelu):
      add(srelu.shape.left, path + ".left")
      add(srelu.shape.leftSlope, path + ".left_slope")
      add(srelu.shape.right, path + ".right")
      add(srelu.shape.rightSlope, path + ".right_slope")
    case .dropout(let dropout):
      fields.append(.init("rate", .number(Double(dropout.rate))))
      fields.append(.init("ordinal", .integer(dropout.ordinal)))
    case .batchNorm(let norm):
      add(norm.scale, path + ".scale")
      add(norm.shift, path + ".shift")
      add(norm.runningMean, path + ".running_mean")
      add(norm.runningVariance, path + ".running_variance")
      fields.append(.init("momentum", .number(Double(norm.momentum))))
      fields.append(.init("epsilon", .number(Double(norm.epsilon))))
    case .layerNorm(let norm):
      add(norm.scale, path + ".scale")
      add(norm.shift, path + ".shift")
      fields.append(.init("epsilon", .number(Double(norm.epsilon))))
    case .residual(let block):
      guard let inner = list(block.layers, path: path + ".") else { return nil }
      fields.append(.init("layers", .array(inner)))
    case .custom, .empty:
      return nil
    }
    return .object(fields)
  }

  /// The tensors of a sparse weight and its bias, and what the layer's description says of them.
  private mutating func sparseFields(
    _ weight: SparseMatrix, _ bias: Vector?, _ locality: Locality?, _ path: String
  ) -> [JSONValue.Member] {
    entries += TensorEntry.csr(path + ".weight", weight.pattern)
    entries.append(TensorEntry(path + ".weight.value", .stored(weight.storedValues, weight)))
    metadata += TensorEntry.csrMetadata(path + ".weight", weight.pattern)
    add(bias, path + ".bias")
    return [.init("bias", .bool(bias != nil))] + (locality.map { [.init("locality", .integer($0.window))] } ?? [])
  }

  private static func mapFields(_ map: FeatureMap, _ window: MapWindow) -> [JSONValue.Member] {
    [
      .init("map", list(map)), .init("window", .array([.integer(window.height), .integer(window.width)])),
      .init("strides", .array([.integer(window.strideDown), .integer(window.strideAcross)])),
      .init("padding", .array([.integer(window.paddingDown), .integer(window.paddingAcross)])),
    ]
  }

  private static func list(_ map: FeatureMap) -> JSONValue {
    .array([.integer(map.height), .integer(map.width), .integer(map.channels)])
  }

  private mutating func add(_ vector: Vector?, _ name: String) {
    if let vector { entries.append(TensorEntry(name, .floats(vector))) }
  }
}
