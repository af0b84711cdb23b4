// SPDX-License-Identifier: Apache-2.0
// Espalier: applying a rewiring to everything that belongs to a layer.

public import SparseCore
public import SparseTopology

extension Network {
  /// Applies a rewiring to one sparse layer: its weights, its gradient and its optimizer slots.
  ///
  /// Survivors keep weight and slots; newborn connections start with weight 0, slots 0 and age 0.
  ///
  /// - Parameters:
  ///   - ordinal: which sparse layer, from 0.
  ///   - rewiring: what an ``Evolution`` proposed for this layer as it is now.
  /// - Returns: the new pattern and where each connection came from.
  /// - Complexity: O(connections of the layer).
  /// - Invariant: the layer has `count - dropped + grown` connections afterwards, each at most once.
  @discardableResult
  public mutating func rewire(
    _ ordinal: Int, by rewiring: Rewiring, workspace: NetworkWorkspace?, optimizer: inout OptimizerState,
    workers: Workers = Workers(threads: 1)
  ) -> RewiredPattern {
    var result: RewiredPattern?
    Self.changeSparse(&body, workspace?.body, ordinal) { layer, workspace in
      let rewired = rewiring.apply(to: layer.weight.pattern, workers: workers)
      let order = StorageOrder(rewired.pattern, workers: workers)
      let moves = StoredMoves(
        layer.weight.storedOrigins(
          of: rewired.pattern, in: order, origins: rewired.origins, newborn: StoredMoves.newborn))
      let stored = moves.carry(layer.weight.storedValues)
      layer.weight.replace(pattern: rewired.pattern, order: order, stored: stored, workers: workers)
      workspace?.resizeWeightGradient(to: rewired.pattern.count)
      optimizer.carry(sparse: ordinal, by: moves)
      result = rewired
    }
    guard let result else { preconditionFailure("this network has no sparse layer \(ordinal)") }
    return result
  }

  private static func changeSparse(
    _ body: inout LayerSequence, _ workspace: SequenceWorkspace?, _ ordinal: Int,
    _ change: (inout SparseLinearLayer, LayerWorkspace?) -> Void
  ) {
    for index in body.layers.indices {
      switch body.layers[index] {
      case .sparseLinear(var layer) where layer.ordinal == ordinal:
        body.layers[index] = .empty
        change(&layer, workspace?.layers[index])
        body.layers[index] = .sparseLinear(layer)
      case .residual(var block):
        body.layers[index] = .empty
        changeSparse(&block.body, workspace?.layers[index].inner, ordinal, change)
        body.layers[index] = .residual(block)
      default: break
      }
    }
  }
}

extension Network {
  /// Brings every sparse layer's copy of its weights up to date after they have changed.
  mutating func refreshForwardCopies(workers: Workers) {
    Self.refreshForwardCopies(&body, workers)
  }

  private static func refreshForwardCopies(_ body: inout LayerSequence, _ workers: Workers) {
    for index in body.layers.indices {
      switch body.layers[index] {
      case .sparseLinear(var layer):
        body.layers[index] = .empty
        layer.weight.refreshForwardCopy(workers: workers)
        body.layers[index] = .sparseLinear(layer)
      case .residual(var block):
        body.layers[index] = .empty
        refreshForwardCopies(&block.body, workers)
        body.layers[index] = .residual(block)
      default: break
      }
    }
  }
}
