// SPDX-License-Identifier: Apache-2.0
// Espalier: a row of floats.

/// A fixed number of floats, 64-byte aligned, with value semantics.
///
/// Weights, biases, gradients and optimizer slots are vectors. A copy shares its memory until one side is written.
///
///     var bias = Vector(repeating: 0, count: 10)
///     bias[3] = 1
///
/// - Complexity: O(1) to copy, O(*count*) for the first write to a shared copy.
public struct Vector: Sendable {
  package private(set) var storage: AlignedStorage

  /// The number of elements.
  public var count: Int { storage.count }

  /// Makes a vector of equal elements.
  public init(repeating value: Float = 0, count: Int) {
    storage = AlignedStorage(count: count)
    if value != 0 { storage.base.update(repeating: value, count: count) }
  }

  /// Copies the elements of a collection.
  public init(_ elements: some Collection<Float>) {
    storage = AlignedStorage(count: elements.count)
    var next = storage.base
    for element in elements {
      next.pointee = element
      next += 1
    }
  }

  /// Takes memory that lies elsewhere, such as in a file.
  package init(storage: AlignedStorage) {
    self.storage = storage
  }

  /// Reads or writes one element; an index outside `0 ..< count` stops the program.
  public subscript(index: Int) -> Float {
    get {
      precondition(index >= 0 && index < count, "index \(index) of a vector of \(count)")
      return storage.base[index]
    }
    set {
      precondition(index >= 0 && index < count, "index \(index) of a vector of \(count)")
      makeUnique()
      storage.base[index] = newValue
    }
  }

  /// Lends the elements as a span.
  public func withSpan<Result, Failure: Error>(
    _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { extendLifetime(storage) }
    return try body(UnsafeBufferPointer(start: storage.base, count: count).span)
  }

  /// Lends the elements as a span to write to.
  public mutating func withMutableSpan<Result, Failure: Error>(
    _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    makeUnique()
    defer { extendLifetime(storage) }
    var span = UnsafeMutableBufferPointer(start: storage.base, count: count).mutableSpan
    return try body(&span)
  }

  /// The elements as an array (a copy).
  public var elements: [Float] {
    Array(UnsafeBufferPointer(start: storage.base, count: count))
  }

  /// Sets every element.
  public mutating func fill(_ value: Float) {
    makeUnique()
    storage.base.update(repeating: value, count: count)
  }

  /// Lends the elements for reading.
  ///
  /// Safety: the pointer is valid only inside `body`.
  package func read<Result, Failure: Error>(
    _ body: (UnsafePointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { extendLifetime(storage) }
    return try body(UnsafePointer(storage.base))
  }

  /// Lends the elements for writing, after making them this vector's own.
  ///
  /// Safety: the pointer is valid only inside `body`.
  package mutating func write<Result, Failure: Error>(
    _ body: (UnsafeMutablePointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    makeUnique()
    defer { extendLifetime(storage) }
    return try body(storage.base)
  }

  private mutating func makeUnique() {
    guard !isKnownUniquelyReferenced(&storage) else { return }
    let copy = AlignedStorage(count: count)
    copy.base.update(from: storage.base, count: count)
    storage = copy
  }
}

extension Vector: ExpressibleByArrayLiteral {
  /// Holds the given values.
  public init(arrayLiteral elements: Float...) {
    self.init(elements)
  }
}

extension Vector: Equatable {
  /// Whether both hold the same values.
  public static func == (left: Vector, right: Vector) -> Bool {
    guard left.count == right.count else { return false }
    return (0..<left.count).allSatisfy { left.storage.base[$0] == right.storage.base[$0] }
  }
}
