// SPDX-License-Identifier: Apache-2.0
// Espalier: the slow copy of a network.

internal import NeuralNetworks
internal import SparseCore
internal import SparseTopology
internal import Training

/// A copy of an online network that follows it slowly, for targets that do not run away.
///
/// - Invariant: every sparse layer has as many connections as that of the online network; with ``TargetTopology/online`` the same
///   ones.
final class TargetNetwork {
  let topology: TargetTopology
  private(set) var network: Network
  private var workspace: NetworkWorkspace
  private var scratch: [Vector] = []
  private let workers: Workers

  /// Copies an online network and follows its rewirings from then on.
  init(of online: NetworkLearner, topology: TargetTopology, batch: Int, workers: Workers) {
    self.topology = topology
    self.workers = workers
    network = online.network
    workspace = online.network.makeWorkspace(batch: batch, training: false)
    guard topology == .online else { return }
    online.onRewiring = { [weak self] ordinal, rewiring in self?.rewire(ordinal, rewiring) }
  }

  /// Where the batch goes, `[inputs, samples]`.
  var input: Activations { workspace.input }

  /// The outputs for the batch in ``input``.
  func forward() -> Activations { network.forward(workspace, pass: .inference(workers)) }

  /// Moves towards the online network: w += share (online - w).
  func follow(_ online: NetworkLearner, by share: Float) {
    let isAlike = topology == .online || network.hasPatterns(of: online.network)
    if share >= 1 && !isAlike {
      network = online.network
      return
    }
    network.approach(&online.network, by: share, skipsSparse: !isAlike, scratch: &scratch, workers: workers)
    if !isAlike { averageSparse(online.network, share) }
  }

  /// Takes up a saved copy.
  func restore(_ saved: Network) { network = saved }

  private func rewire(_ ordinal: Int, _ rewiring: Rewiring) {
    var none = OptimizerState(.sgd(momentum: 0), for: network)
    network.rewire(ordinal, by: rewiring, workspace: nil, optimizer: &none, workers: workers)
  }

  /// Averages over the union of both patterns and leaves as many connections as the online layer has: the strongest.
  private func averageSparse(_ online: Network, _ share: Float) {
    for (mine, theirs) in zip(network.sparseLayers, online.sparseLayers) {
      var union = PatternUnion(mine.weight, theirs.weight, share: share)
      let (pattern, values) = union.strongest(theirs.weight.count, workers: workers)
      network.replaceSparseWeight(mine.ordinal, pattern: pattern, values: values)
    }
  }
}

extension Network {
  /// Whether all sparse layers have the connections of another network's.
  ///
  /// - Complexity: O(1) a layer while both share their memory, else O(connections).
  func hasPatterns(of other: Network) -> Bool {
    zip(sparseLayers, other.sparseLayers).allSatisfy { $0.weight.pattern == $1.weight.pattern }
  }
}

/// The average of two sparse matrices of one shape over all connections that either has.
struct PatternUnion {
  private let rows: Int
  private let columns: Int
  private var rowStarts = [0]
  private var columnIndices: [UInt32] = []
  private var values: [Float] = []

  /// (1 - share) x first + share x second.
  init(_ first: SparseMatrix, _ second: SparseMatrix, share: Float) {
    precondition(first.rows == second.rows && first.columns == second.columns, "matrices of two shapes")
    rows = first.rows
    columns = first.columns
    let (mine, theirs) = (first.values, second.values)
    for row in 0..<rows {
      var left = first.pattern.positions(ofRow: row)
      var right = second.pattern.positions(ofRow: row)
      while !left.isEmpty || !right.isEmpty {
        let leftColumn = left.first.map { first.pattern.columnIndices[$0] } ?? .max
        let rightColumn = right.first.map { second.pattern.columnIndices[$0] } ?? .max
        var value: Float = 0
        if leftColumn <= rightColumn {
          value += (1 - share) * mine[left.removeFirst()]
        }
        if rightColumn <= leftColumn {
          value += share * theirs[right.removeFirst()]
        }
        columnIndices.append(min(leftColumn, rightColumn))
        values.append(value)
      }
      rowStarts.append(columnIndices.count)
    }
  }

  /// The `count` entries of largest magnitude as a pattern and its values; ties go to the later position.
  mutating func strongest(_ count: Int, workers: Workers) -> (SparsityPattern, Vector) {
    let vector = Vector(values)
    let dropped = Pruning.smallest(values.count - count, of: vector, workers: workers)
    var goes = [Bool](repeating: false, count: values.count)
    for position in dropped { goes[position] = true }
    var starts = [0]
    var keptColumns: [UInt32] = []
    var kept: [Float] = []
    for row in 0..<rows {
      for position in rowStarts[row]..<rowStarts[row + 1] where !goes[position] {
        keptColumns.append(columnIndices[position])
        kept.append(values[position])
      }
      starts.append(keptColumns.count)
    }
    let pattern = SparsityPattern(trustedRows: rows, columns: columns, rowStarts: starts, columnIndices: keptColumns)
    return (pattern, Vector(kept))
  }
}
