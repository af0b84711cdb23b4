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
    rewire(
      ordinal, by: rewiring, workspace: workspace, optimizer: &optimizer, newborn: .zero, random: Random(seed: 0),
      workers: workers
    ) { _ in }
  }

  /// As ``rewire(_:by:workspace:optimizer:workers:)``, with newborn weights of one's choice.
  ///
  /// - Parameters:
  ///   - newborn: the first weights, drawn from `random`.
  ///   - carrying: is told where connections have moved.
  @discardableResult
  mutating func rewire(
    _ ordinal: Int, by rewiring: Rewiring, workspace: NetworkWorkspace?, optimizer: inout OptimizerState,
    newborn: NewbornWeight, random: Random, workers: Workers, carrying: (StoredMoves) -> Void
  ) -> RewiredPattern {
    var result: RewiredPattern?
    Self.changeSparse(&body, workspace?.body, ordinal) { weight, workspace in
      let rewired = rewiring.apply(to: weight.pattern, workers: workers)
      let order = StorageOrder(rewired.pattern, workers: workers)
      let moves = StoredMoves(
        weight.storedOrigins(
          of: rewired.pattern, in: order, origins: rewired.origins, newborn: StoredMoves.newborn))
      var stored = moves.carry(weight.storedValues)
      if case .normal(let scale) = newborn {
        let fanIn = max(1, Double(rewired.pattern.count) / Double(max(1, rewired.pattern.rows)))
        moves.drawNewborn(&stored, deviation: scale * Float((2 / fanIn).squareRoot()), random: random)
      }
      weight.replace(pattern: rewired.pattern, order: order, stored: stored, workers: workers)
      workspace?.resizeWeightGradient(to: rewired.pattern.count)
      optimizer.carry(sparse: ordinal, by: moves)
      carrying(moves)
      result = rewired
    }
    guard let result else { preconditionFailure("this network has no sparse layer \(ordinal)") }
    return result
  }

  /// Fits a workspace to the connections as they are, after another network of the same layers has taken this one's place.
  package mutating func fit(_ workspace: NetworkWorkspace) {
    for ordinal in sparseLayers.indices {
      Self.changeSparse(&body, workspace.body, ordinal) { $1?.resizeWeightGradient(to: $0.count) }
    }
  }

  static func changeSparse(
    _ body: inout LayerSequence, _ workspace: SequenceWorkspace?, _ ordinal: Int,
    _ change: (inout SparseMatrix, LayerWorkspace?) -> Void
  ) {
    for index in body.layers.indices {
      switch body.layers[index] {
      case .sparseLinear(var layer) where layer.ordinal == ordinal:
        body.layers[index] = .empty
        change(&layer.weight, workspace?.layers[index])
        body.layers[index] = .sparseLinear(layer)
      case .sparseConvolution(var layer) where layer.ordinal == ordinal:
        body.layers[index] = .empty
        change(&layer.weight, workspace?.layers[index])
        body.layers[index] = .sparseConvolution(layer)
      case .recurrent(var layer) where layer.ordinal == ordinal:
        body.layers[index] = .empty
        change(&layer.weight, workspace?.layers[index])
        body.layers[index] = .recurrent(layer)
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
  /// Changes the weights of every sparse layer in place, in stored order.
  mutating func changeSparseWeights(_ change: (_ ordinal: Int, inout Vector) -> Void) {
    var ordinal = 0
    visitParameters(nil) { _, parameter in
      guard parameter.isSparse else { return }
      change(ordinal, &parameter.values)
      ordinal += 1
    }
  }

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

  /// Makes forward passes of one sample, or of up to eight, fast, for agents that act: sparse linear layers that can keep a
  /// second copy of their weights, laid out for it.
  ///
  /// Layers with N:M patterns or with about equally many connections in each row can. The copy serves workspaces of
  /// `batch: 1`, with N:M patterns and AVX-512 also those of up to 8 (16, while they hold up to 8 samples), until a weight
  /// or a connection changes; call it again then. After the first call for a pattern it costs
  /// one copy of the changed weights and allocates nothing. Results differ by rounding from those without it; inputs that are not finite
  /// may reach neurons that they are not connected to.
  ///
  /// - Returns: how many layers have such a copy.
  /// - Complexity: O(*connections*), and O(*outputs* x *inputs* / 16) for each new pattern.
  @discardableResult
  public mutating func prepareForActing() -> Int {
    Self.prepareForActing(&body)
  }

  private static func prepareForActing(_ body: inout LayerSequence) -> Int {
    var prepared = 0
    for index in body.layers.indices {
      switch body.layers[index] {
      case .sparseLinear(var layer):
        body.layers[index] = .empty
        if layer.weight.prepareForActing() { prepared += 1 }
        body.layers[index] = .sparseLinear(layer)
      case .residual(var block):
        body.layers[index] = .empty
        prepared += prepareForActing(&block.body)
        body.layers[index] = .residual(block)
      default: break
      }
    }
    return prepared
  }
}
