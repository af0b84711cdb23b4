// SPDX-License-Identifier: Apache-2.0
// Espalier: connections and their weights.

/// A sparsity pattern and one value a connection, laid out for the kernels.
///
/// It alone knows how the connections lie in memory, and chooses that by shape and density when it gets its pattern:
/// layers whose rows have enough connections are cut into tiles with 16-bit indices, N:M patterns into tiles of equal
/// rows with 8 and 16-bit indices, huge or ultra-sparse ones are plain lists with 32-bit indices (``layout`` tells). Either way the values are stored input by input, as the backward pass
/// walks them; `values` shows them in the pattern's row-major order.
///
/// - Complexity: memory of 4 bytes a connection for the pattern and 4 for the values; tiles take 8 and a copy of the
///   values in the order of the forward pass 4; groups 3; lists take 6 (8 when an input has more than 65,536 connections) and 8 an
///   input.
public struct SparseMatrix: Sendable {
  /// Which connections exist, `[outputs, inputs]`.
  public private(set) var pattern: SparsityPattern
  /// How the connections lie in memory.
  package private(set) var order: StorageOrder
  var stored: Vector
  /// The values in forward order, for tiles; what it holds counts only while it is fresh.
  private(set) var forwardCopy: Vector
  private(set) var isCopyFresh = false
  /// The connections in the order of a forward pass of one sample, once asked for.
  package private(set) var acting: ActingOrder?
  /// The values in that order; what it holds counts only while it is fresh.
  private(set) var actingCopy: Vector
  private(set) var isActingFresh = false
  /// Whether the pattern has no such order, so that it need not be looked for again.
  private var cannotAct = false

  /// Joins a pattern and its values.
  ///
  /// - Parameters:
  ///   - pattern: which connections exist.
  ///   - values: one value a connection, in the pattern's order.
  ///   - workers: who lays them out.
  /// - Complexity: O(*rows* + *columns* + *count*).
  public init(pattern: SparsityPattern, values: Vector, workers: Workers = Workers(threads: 1)) {
    precondition(
      values.count == pattern.count, "\(values.count) values for \(pattern.count) connections")
    self.init(pattern: pattern, order: StorageOrder(pattern, workers: workers), values: values, workers: workers)
  }

  /// Joins a pattern, a layout of one's choice and values in the pattern's order.
  package init(pattern: SparsityPattern, order: StorageOrder, values: Vector, workers: Workers) {
    self.pattern = pattern
    self.order = order
    stored = Vector(count: 0)
    forwardCopy = Vector(count: 0)
    actingCopy = Vector(count: 0)
    stored = inStoredOrder(values)
    refreshForwardCopy(workers: workers)
  }

  /// Output neurons.
  public var rows: Int { pattern.rows }
  /// Input neurons.
  public var columns: Int { pattern.columns }
  /// The number of connections.
  public var count: Int { pattern.count }

  /// The value of each connection, in the pattern's order.
  ///
  /// - Complexity: O(*count*) to read and to write, since the values are stored in another order.
  public var values: Vector {
    get { inPatternOrder(stored) }
    set {
      precondition(newValue.count == pattern.count, "values must match the connections")
      stored = inStoredOrder(newValue)
      markCopiesStale()
    }
  }

  /// The value of each connection as stored; writing through it is in place.
  package var storedValues: Vector {
    get { stored }
    _modify {
      // A `didSet` would copy all values for each write from another module.
      defer {
        precondition(stored.count == pattern.count, "values must match the connections")
        markCopiesStale()
      }
      yield &stored
    }
  }

  /// Memory of the connections and their orders.
  public var bytes: Int {
    8 * count + 8 * pattern.rowStarts.count + 4 * forwardCopy.count + order.bytes
      + 4 * actingCopy.count + (acting?.bytes ?? 0)
  }

  /// How the connections lie in memory: "tiles of 192 x 192, 16-bit" or "lists, 32-bit".
  public var layout: String {
    switch order {
    case .tiled(let tiles):
      "tiles of \(tiles.shape.rows) x \(tiles.shape.columns)\(tiles.shape.sorts ? ", sorted" : ""), 16-bit"
    case .grouped(let groups): "groups of \(groups.shape.rows) x \(groups.shape.columns), 16 and 8-bit"
    case .listed: "lists, 32-bit"
    }
  }

  /// Takes a new pattern with values already carried over to it.
  public mutating func replace(pattern: SparsityPattern, values: Vector, workers: Workers = Workers(threads: 1)) {
    self = SparseMatrix(pattern: pattern, values: values, workers: workers)
  }

  /// Takes a new pattern and its layout with values already stored in it.
  package mutating func replace(pattern: SparsityPattern, order: StorageOrder, stored: Vector, workers: Workers) {
    precondition(stored.count == pattern.count, "\(stored.count) values for \(pattern.count) connections")
    self.pattern = pattern
    self.order = order
    self.stored = stored
    acting = nil
    cannotAct = false
    actingCopy = Vector(count: 0)
    markCopiesStale()
    refreshForwardCopy(workers: workers)
  }

  /// Reads the stored values and, when they are up to date, the copy in forward order.
  func readStored<Result>(_ body: (UnsafePointer<Float>, _ copy: UnsafePointer<Float>?) -> Result) -> Result {
    stored.read { stored in
      guard isCopyFresh else { return body(stored, nil) }
      return forwardCopy.read { body(stored, $0) }
    }
  }

  /// Brings the copy of the values in forward order up to date; without it forward passes are slower, but right.
  package mutating func refreshForwardCopy(workers: Workers) {
    guard case .tiled(let tiles) = order, !isCopyFresh || forwardCopy.count != count else { return }
    if forwardCopy.count != count { forwardCopy = Vector(count: count) }
    tiles.copyForward(from: stored, to: &forwardCopy, workers: workers)
    isCopyFresh = true
  }

  /// Says that the stored values have changed.
  mutating func markCopiesStale() {
    isCopyFresh = false
    isActingFresh = false
  }

  /// Makes forward passes of one sample use a copy of the weights with outputs side by side, until a weight changes.
  ///
  /// The order is made once for a pattern, and its memory kept; after that a call costs one copy of changed values, and
  /// nothing while none has changed. Sums are then added in another order: results differ by rounding.
  ///
  /// - Returns: whether the layer has such an order, see ``ActingOrder``; without it nothing changes.
  /// - Complexity: O(*count*), and O(*rows* x *columns* / 16) the first time.
  @discardableResult
  package mutating func prepareForActing() -> Bool {
    if isActingFresh { return true }
    if acting == nil {
      guard !cannotAct, let made = ActingOrder(pattern, order: order) else {
        cannotAct = true
        return false
      }
      acting = made
      actingCopy = Vector(count: made.valueCount)
    }
    acting?.copy(from: stored, to: &actingCopy)
    isActingFresh = true
    return true
  }

  /// Lends the order for one sample and its values, nil unless they are up to date.
  func readActing<Result>(_ body: (ActingOrder, UnsafePointer<Float>) -> Result) -> Result? {
    guard isActingFresh, let acting else { return nil }
    return actingCopy.read { body(acting, $0) }
  }
}

extension SparseMatrix: Equatable {
  /// Whether both have the same connections and values.
  public static func == (left: SparseMatrix, right: SparseMatrix) -> Bool {
    left.pattern == right.pattern && left.values == right.values
  }
}

extension SparseMatrix {
  /// Brings one number a connection from the stored order into the pattern's.
  ///
  /// - Complexity: O(*count*).
  package func inPatternOrder(_ stored: Vector) -> Vector {
    precondition(stored.count == count, "\(stored.count) values for \(count) connections")
    var result = Vector(count: count)
    result.write { result in
      stored.read { stored in
        order.forEachPlace(pattern) { position, place in result[position] = stored[place] }
      }
    }
    return result
  }

  /// Brings one number a connection from the pattern's order into the stored one.
  ///
  /// - Complexity: O(*count*).
  package func inStoredOrder(_ values: Vector) -> Vector {
    precondition(values.count == count, "\(values.count) values for \(count) connections")
    var result = Vector(count: count)
    result.write { result in
      values.read { values in
        order.forEachPlace(pattern) { position, place in result[place] = values[position] }
      }
    }
    return result
  }

  /// As ``inStoredOrder(_:)-(Vector)``, for other numbers.
  package func inStoredOrder(_ values: [UInt16]) -> [UInt16] {
    var result = [UInt16](repeating: 0, count: count)
    order.forEachPlace(pattern) { position, place in result[place] = values[position] }
    return result
  }

  /// For each place of a new layout, where the same connection is stored now, or `newborn`.
  ///
  /// - Parameter origins: for each position of the new pattern the position in this one, or `newborn`.
  /// - Complexity: O(*count*); 8 bytes a connection.
  package func storedOrigins(
    of newPattern: SparsityPattern, in newOrder: StorageOrder, origins: [UInt32], newborn: UInt32
  ) -> [UInt32] {
    let places = IndexBuffer<UInt32>(count: count)
    order.forEachPlace(pattern) { position, place in places.base[position] = UInt32(truncatingIfNeeded: place) }
    return [UInt32](unsafeUninitializedCapacity: newPattern.count) { moves, written in
      origins.withUnsafeBufferPointer { origins in
        newOrder.forEachPlace(newPattern) { position, place in
          let origin = origins[position]
          moves[place] = origin == newborn ? newborn : places.base[Int(origin)]
        }
      }
      written = newPattern.count
    }
  }
}
