// SPDX-License-Identifier: Apache-2.0
// Espalier: the number types of array files.

internal import SparseCore

/// How an array file stores one number.
enum NumberType: Equatable {
  case float16, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64, boolean

  /// Bytes of one number.
  var size: Int {
    switch self {
    case .int8, .uint8, .boolean: 1
    case .float16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    }
  }
}

/// A table of numbers inside bytes: where each lies and how it is stored.
///
/// - Invariant: `offset + rows * columns * type.size` is inside the bytes; who makes it has checked that.
struct NumberTable {
  let bytes: [UInt8]
  let offset: Int
  let type: NumberType
  let bigEndian: Bool
  let rows: Int
  let columns: Int
  /// Elements from one row to the next.
  let rowStride: Int
  /// Elements from a row's first element to that of each column.
  let columnOffsets: [Int]

  /// The table as floats, `[rows, columns]`.
  func matrix() -> Matrix {
    var matrix = Matrix(rows: rows, columns: columns)
    // Safety: `each` visits `rows * columns` positions, each inside the bytes by the invariant.
    matrix.values.write { target in
      bytes.withUnsafeBytes { raw in
        let start = UnsafeRawBufferPointer(rebasing: raw[offset...])
        switch (type, bigEndian) {
        case (.float16, _): each { target[$0] = HalfPrecision.value(word(start, $1, UInt16.self)) }
        case (.float32, _): each { target[$0] = Float(bitPattern: word(start, $1, UInt32.self)) }
        case (.float64, _): each { target[$0] = Float(Double(bitPattern: word(start, $1, UInt64.self))) }
        case (.int8, _): each { target[$0] = Float(Int8(bitPattern: start[$1])) }
        case (.uint8, _): each { target[$0] = Float(start[$1]) }
        case (.boolean, _): each { target[$0] = start[$1] == 0 ? 0 : 1 }
        case (.int16, _): each { target[$0] = Float(word(start, $1, Int16.self)) }
        case (.uint16, _): each { target[$0] = Float(word(start, $1, UInt16.self)) }
        case (.int32, _): each { target[$0] = Float(word(start, $1, Int32.self)) }
        case (.uint32, _): each { target[$0] = Float(word(start, $1, UInt32.self)) }
        case (.int64, _): each { target[$0] = Float(word(start, $1, Int64.self)) }
        case (.uint64, _): each { target[$0] = Float(word(start, $1, UInt64.self)) }
        }
      }
    }
    return matrix
  }

  /// The first column as whole numbers; nil at the first that is not one.
  func integers() -> [Int64]? {
    var values: [Int64] = []
    values.reserveCapacity(rows)
    for row in 0..<rows {
      guard
        let value = bytes.withUnsafeBytes({ raw in
          integer(UnsafeRawBufferPointer(rebasing: raw[offset...]), (row * rowStride) * type.size)
        })
      else { return nil }
      values.append(value)
    }
    return values
  }

  private func integer(_ start: UnsafeRawBufferPointer, _ at: Int) -> Int64? {
    switch type {
    case .float16: Int64(exactly: HalfPrecision.value(word(start, at, UInt16.self)))
    case .float32: Int64(exactly: Float(bitPattern: word(start, at, UInt32.self)))
    case .float64: Int64(exactly: Double(bitPattern: word(start, at, UInt64.self)))
    case .int8: Int64(Int8(bitPattern: start[at]))
    case .uint8: Int64(start[at])
    case .boolean: start[at] == 0 ? 0 : 1
    case .int16: Int64(word(start, at, Int16.self))
    case .uint16: Int64(word(start, at, UInt16.self))
    case .int32: Int64(word(start, at, Int32.self))
    case .uint32: Int64(word(start, at, UInt32.self))
    case .int64: word(start, at, Int64.self)
    case .uint64: Int64(exactly: word(start, at, UInt64.self))
    }
  }

  @inline(__always)
  private func each(_ visit: (_ element: Int, _ byte: Int) -> Void) {
    var element = 0
    for row in 0..<rows {
      let start = row * rowStride
      for column in 0..<columns {
        visit(element, (start + columnOffsets[column]) * type.size)
        element += 1
      }
    }
  }

  @inline(__always)
  private func word<Word: FixedWidthInteger>(_ start: UnsafeRawBufferPointer, _ at: Int, _: Word.Type) -> Word {
    let stored = start.loadUnaligned(fromByteOffset: at, as: Word.self)
    return bigEndian ? Word(bigEndian: stored) : Word(littleEndian: stored)
  }
}
