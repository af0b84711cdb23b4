// SPDX-License-Identifier: Apache-2.0
// Espalier: a trained network brought to an N:M pattern.

public import NeuralNetworks
public import SparseCore
public import SparseTopology

/// Brings the weights of a trained network to an N:M pattern, with little training or none.
///
///     let conversion = PatternConversion(pattern: try TilePattern("2:4", isTransposable: true))
///     let masked = try conversion.masked(network, workers: workers)
///     let adapted = conversion.adapted(masked, to: network, samples: features, workers: workers)
///
/// Dense layers become sparse ones with the mask of their magnitudes, N in each row (and column) of a tile. Sparse layers lose
/// the connections that their pattern has no room for: the mask is at most N, over the connections that exist. The last
/// layer of weights stays as it is unless asked for; so do windowed layers, convolutions, recurrent layers and those of
/// one's own, see ``leftAlone(in:)``.
///
/// Source: I. Hubara et al., *Accelerated sparse neural training*, NeurIPS 2021, section 5 (AdaPrune), arXiv:2102.08124.
public struct PatternConversion: Sendable, Equatable {
  /// The pattern.
  public var pattern: TilePattern
  /// Whether the last layer of weights is converted too.
  public var convertsLast = false
  /// How strongly ``adapted(_:to:samples:workers:)`` holds on to the weights, see ``RestrictedLeastSquares``.
  public var ridge = 1e-3

  /// Describes a conversion.
  public init(pattern: TilePattern) {
    self.pattern = pattern
  }

  /// The network with its weights cut to the pattern, otherwise unchanged.
  ///
  /// - Throws: ``MaskError/notFinite(row:column:)`` for weights that are NaN or infinite.
  /// - Complexity: O(weights) and a solution a tile; no more than M rows of a sparse layer at a time.
  public func masked(_ network: Network, workers: Workers) throws(MaskError) -> Network {
    var left = Self.weightLayers(network.layers) - (convertsLast ? 0 : 1)
    let layers = try masked(network.layers, &left, workers)
    return Network(inputs: network.inputs, builtLayers: layers)
  }

  /// Whether a network has a layer that is converted.
  public func converts(_ network: Network) -> Bool {
    var left = Self.weightLayers(network.layers) - (convertsLast ? 0 : 1)
    func look(_ layers: [BuiltLayer]) -> Bool {
      for layer in layers {
        switch layer {
        case .linear, .sparseLinear: if left > 0 { return true }
        case .residual(let block): if look(block.layers) { return true }
        default: break
        }
        if Self.hasWeights(layer) { left -= 1 }
      }
      return false
    }
    return look(network.layers)
  }

  /// The kinds of the layers with weights that are never converted, each once.
  public static func leftAlone(in network: Network) -> [String] {
    var kinds: [String] = []
    func look(_ layers: [BuiltLayer]) {
      for layer in layers {
        switch layer {
        case .windowedLinear, .sparseConvolution, .recurrent:
          if !kinds.contains(layer.kind) { kinds.append(layer.kind) }
        case .residual(let block): look(block.layers)
        default: break
        }
      }
    }
    look(network.layers)
    return kinds
  }

  private func masked(
    _ layers: [BuiltLayer], _ left: inout Int, _ workers: Workers
  ) throws(MaskError) -> [BuiltLayer] {
    var result: [BuiltLayer] = []
    for layer in layers {
      switch layer {
      case .linear(let linear) where left > 0: result.append(.sparseLinear(try masked(linear, workers)))
      case .sparseLinear(let sparse) where left > 0: result.append(.sparseLinear(try masked(sparse, workers)))
      case .residual(let block):
        let inner = try masked(block.layers, &left, workers)
        result.append(.residual(ResidualLayer(inputs: block.inputs, layers: inner)))
      default: result.append(layer)
      }
      if Self.hasWeights(layer) { left -= 1 }
    }
    return result
  }

  private func masked(_ layer: LinearLayer, _ workers: Workers) throws(MaskError) -> SparseLinearLayer {
    let kept = try TileMasks.solve(layer.weight, pattern: pattern, workers: workers).sparsityPattern()
    var values = Vector(count: kept.count)
    for row in 0..<kept.rows {
      for position in kept.positions(ofRow: row) {
        values[position] = layer.weight[row, Int(kept.columnIndices[position])]
      }
    }
    return SparseLinearLayer(weight: SparseMatrix(pattern: kept, values: values, workers: workers), bias: layer.bias)
  }

  private func masked(_ layer: SparseLinearLayer, _ workers: Workers) throws(MaskError) -> SparseLinearLayer {
    let (old, values) = (layer.weight.pattern, layer.weight.values)
    let masks = try TileMasks.solve(
      rows: old.rows, columns: old.columns, pattern: pattern, form: .atMost, workers: workers
    ) { row, target in
      for position in old.positions(ofRow: row) {
        target[Int(old.columnIndices[position])] = values[position].magnitude
      }
    }
    var starts = [0]
    var columns: [UInt32] = []
    var kept: [Float] = []
    for row in 0..<old.rows {
      for position in old.positions(ofRow: row) {
        let column = old.columnIndices[position]
        guard masks.contains(row: row, column: Int(column)) else { continue }
        columns.append(column)
        kept.append(values[position])
      }
      starts.append(columns.count)
    }
    let new = SparsityPattern(trustedRows: old.rows, columns: old.columns, rowStarts: starts, columnIndices: columns)
    return SparseLinearLayer(
      weight: SparseMatrix(pattern: new, values: Vector(kept), workers: workers), bias: layer.bias,
      locality: layer.locality)
  }

  /// Layers of weights, those in residual blocks included.
  private static func weightLayers(_ layers: [BuiltLayer]) -> Int {
    layers.reduce(0) { count, layer in
      if case .residual(let block) = layer { return count + weightLayers(block.layers) }
      return count + (hasWeights(layer) ? 1 : 0)
    }
  }

  private static func hasWeights(_ layer: BuiltLayer) -> Bool {
    switch layer {
    case .linear, .sparseLinear, .windowedLinear: true
    default: false
    }
  }
}
