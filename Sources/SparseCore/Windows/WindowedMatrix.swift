// SPDX-License-Identifier: Apache-2.0
// Espalier: very many neurons with a few inputs each.

/// The connections and weights of a windowed layer: 6 bytes a connection, without row starts or column numbers.
///
/// For layers of up to billions of connections: each neuron has the same small number of inputs, chosen inside a window
/// around its own place, so that a connection is a 16-bit offset and a 32-bit weight. The connections do not change.
///
///     let shape = WindowShape(rows: 1_000_000, columns: 1_000_000, fanIn: 2, window: 4096)
///     let weight = WindowedMatrix(shape, deviation: 1, random: Random(seed: 1), workers: Workers())
///     weight.column(row: 0, slot: 1)
public struct WindowedMatrix: Sendable {
  /// Sizes, fan-in and window.
  public let shape: WindowShape
  /// The weights, `[rows, fanIn]`, neuron after neuron; writing through it is in place.
  public var values: Vector {
    get { weights }
    _modify {
      // A `didSet` would copy all values for each write from another module.
      defer { precondition(weights.count == shape.count, "values must match the connections") }
      yield &weights
    }
  }
  private var weights: Vector
  package let offsets: WindowOffsets

  init(shape: WindowShape, offsets: WindowOffsets, values: Vector) {
    precondition(offsets.count == shape.count && values.count == shape.count, "values must match the connections")
    self.shape = shape
    self.offsets = offsets
    weights = values
  }

  /// Checks and takes connections from outside.
  ///
  /// - Parameters:
  ///   - offsets: for each neuron its inputs, counted from the start of its window, rising strictly.
  ///   - values: one weight a connection.
  /// - Throws: ``WindowError`` that says where the first fault is.
  /// - Complexity: O(connections).
  public init(_ shape: WindowShape, offsets: [UInt16], values: Vector) throws(WindowError) {
    let taken = WindowOffsets(count: offsets.count)
    for (index, offset) in offsets.enumerated() { taken.base[index] = offset }
    try self.init(shape, checking: taken, values: values)
  }

  /// Checks and takes connections that nobody else holds.
  package init(_ shape: WindowShape, checking offsets: WindowOffsets, values: Vector) throws(WindowError) {
    guard offsets.count == shape.count else { throw .count(expected: shape.count, got: offsets.count) }
    guard values.count == shape.count else { throw .count(expected: shape.count, got: values.count) }
    for row in 0..<shape.rows {
      for position in (row * shape.fanIn)..<((row + 1) * shape.fanIn) {
        let offset = offsets[position]
        guard offset < shape.window else { throw .offset(row: row, offset: offset, window: shape.window) }
        if position > row * shape.fanIn && offsets[position - 1] >= offset { throw .order(row: row) }
      }
    }
    self.init(shape: shape, offsets: offsets, values: values)
  }

  /// Output neurons.
  public var rows: Int { shape.rows }
  /// Input neurons.
  public var columns: Int { shape.columns }
  /// The number of connections.
  public var count: Int { shape.count }
  #if !hasFeature(Embedded)
    /// Whether the weights lie in a file.
    package var isInFile: Bool { weights.storage.part != nil }
  #endif

  /// Memory of the connections and weights: 6 bytes a connection.
  public var bytes: Int { 6 * count }

  /// The input of a connection: the `slot`-th of neuron `row`, in rising order.
  public func column(row: Int, slot: Int) -> Int {
    precondition(row >= 0 && row < rows && slot >= 0 && slot < shape.fanIn, "connection \(slot) of neuron \(row)")
    return shape.windowStart(ofRow: row) + offsets[row * shape.fanIn + slot]
  }

  /// The same connections and weights in compressed sparse rows, for export and for tests.
  ///
  /// - Complexity: O(connections) time, 8 bytes a connection and 8 a neuron.
  public func sparseMatrix() -> SparseMatrix {
    var columns: [UInt32] = []
    columns.reserveCapacity(count)
    for row in 0..<rows {
      let start = shape.windowStart(ofRow: row)
      for slot in 0..<shape.fanIn { columns.append(UInt32(start + offsets[row * shape.fanIn + slot])) }
    }
    let pattern = SparsityPattern(
      trustedRows: rows, columns: shape.columns, rowStarts: (0...rows).map { $0 * shape.fanIn }, columnIndices: columns)
    return SparseMatrix(pattern: pattern, values: values)
  }
}

extension WindowedMatrix: Equatable {
  /// Whether both hold the same connections and weights.
  public static func == (left: WindowedMatrix, right: WindowedMatrix) -> Bool {
    guard left.shape == right.shape, left.values == right.values else { return false }
    return left.offsets === right.offsets || (0..<left.count).allSatisfy { left.offsets[$0] == right.offsets[$0] }
  }
}
