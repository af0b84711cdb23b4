// SPDX-License-Identifier: Apache-2.0
// Espalier: windowed layers as sparse ones, for what reads compressed sparse rows.

internal import NeuralNetworks
internal import SparseCore

extension Network {
  /// The most connections of windowed layers that are written out in rows: they take 2 GiB there.
  static let sparseRowsLimit = 1 << 28

  /// Connections of all windowed layers, those in residual blocks included.
  var windowedConnections: Int {
    placedLayers.reduce(0) { sum, placed in
      if case .windowedLinear(let windowed) = placed.layer { sum + windowed.weight.count } else { sum }
    }
  }

  /// The same network with every windowed layer as a sparse one; nil when they have too many connections for that.
  ///
  /// - Complexity: O(1) without windowed layers, else 12 bytes a connection of theirs.
  func inSparseRows(limit: Int = sparseRowsLimit) -> Network? {
    let connections = windowedConnections
    guard connections > 0 else { return self }
    guard connections <= limit else { return nil }
    return Network(inputs: inputs, builtLayers: Self.inSparseRows(layers))
  }

  private static func inSparseRows(_ layers: [BuiltLayer]) -> [BuiltLayer] {
    layers.map { layer in
      switch layer {
      case .windowedLinear(let windowed):
        .sparseLinear(SparseLinearLayer(weight: windowed.weight.sparseMatrix(), bias: windowed.bias))
      case .residual(let block): .residual(ResidualLayer(inputs: block.inputs, layers: inSparseRows(block.layers)))
      default: layer
      }
    }
  }
}
