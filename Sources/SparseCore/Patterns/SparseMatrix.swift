// SPDX-License-Identifier: Apache-2.0
// Espalier: connections and their weights.

/// A sparsity pattern and one value a connection, with the orders its kernels need.
///
/// It alone knows how the connections are laid out for the kernels; callers see `values` in the pattern's row-major
/// order. Up to `transposedLimit` connections it also keeps the input-major order, for a backward pass without
/// scattered stores, at 8 bytes a connection; larger layers do without.
public struct SparseMatrix: Sendable, Equatable {
  /// Which connections exist, `[outputs, inputs]`.
  public private(set) var pattern: SparsityPattern
  /// The value of each connection, in the pattern's order; writing through it is in place.
  public var values: Vector {
    get { weights }
    _modify {
      // A `didSet` would copy all values for each write from another module.
      defer { precondition(weights.count == pattern.count, "values must match the connections") }
      yield &weights
    }
  }
  private var weights: Vector
  /// The input-major order, nil for layers that do without.
  package private(set) var transposed: TransposedOrder?

  /// The most connections for which the input-major order is kept.
  public static let transposedLimit = 2_000_000

  /// Joins a pattern and its values.
  public init(pattern: SparsityPattern, values: Vector) {
    precondition(
      values.count == pattern.count, "\(values.count) values for \(pattern.count) connections")
    self.pattern = pattern
    weights = values
    transposed = pattern.count <= Self.transposedLimit ? TransposedOrder(pattern) : nil
  }

  /// Output neurons.
  public var rows: Int { pattern.rows }
  /// Input neurons.
  public var columns: Int { pattern.columns }
  /// The number of connections.
  public var count: Int { pattern.count }

  /// Memory of the connections and their orders.
  public var bytes: Int {
    let order = transposed.map { 8 * $0.rowIndices.count + 8 * $0.columnStarts.count } ?? 0
    return 8 * count + 8 * pattern.rowStarts.count + order
  }

  /// Takes a new pattern with values already carried over to it.
  public mutating func replace(pattern: SparsityPattern, values: Vector) {
    self = SparseMatrix(pattern: pattern, values: values)
  }
}
