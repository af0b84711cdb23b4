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
  init?(_ network: Network) {
    guard let layers = list(network.layers, path: "") else { return nil }
    let architecture: JSONValue = .object([
      .init("inputs", .integer(network.inputs)), .init("layers", .array(layers)),
    ])
    metadata.append(("espalier.network", architecture.text()))
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
      entries += TensorEntry.csr(path + ".weight", sparse.weight.pattern)
      entries.append(TensorEntry(path + ".weight.value", .stored(sparse.weight.storedValues, sparse.weight)))
      metadata += TensorEntry.csrMetadata(path + ".weight", sparse.weight.pattern)
      add(sparse.bias, path + ".bias")
      fields.append(.init("bias", .bool(sparse.bias != nil)))
      if let locality = sparse.locality { fields.append(.init("locality", .integer(locality.window))) }
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

  private mutating func add(_ vector: Vector?, _ name: String) {
    if let vector { entries.append(TensorEntry(name, .floats(vector))) }
  }
}
