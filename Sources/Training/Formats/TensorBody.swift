// SPDX-License-Identifier: Apache-2.0
// Espalier: the numbers of a tensor on their way to a file.

package import SparseCore

/// The element types that our files hold, by their safetensors names.
package enum TensorType: String, Sendable, CaseIterable {
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case uint16 = "U16"
  case int16 = "I16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case uint32 = "U32"
  case int32 = "I32"
  case float32 = "F32"
  case uint64 = "U64"
  case int64 = "I64"
  case float64 = "F64"

  /// The bytes of one element.
  package var size: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    }
  }
}

/// The numbers of a tensor, in the memory they already have: writing streams them and copies no big array.
///
/// Numbers of connections go from the order of the storage into that of the pattern through a buffer of 2²⁰ of them, or
/// of a layer's longest row.
package enum TensorBody: Sendable {
  case floats(Vector)
  /// One float a connection, as a sparse layer stores it; written in the pattern's order.
  case stored(Vector, SparseMatrix)
  /// The same for clocks.
  case storedClocks([UInt16], SparseMatrix)
  case doubles([Double])
  /// Written as 64-bit integers.
  case integers([Int])
  case int32([Int32])
  /// Column indices, below 2³¹, written as signed 32-bit integers since more programs read those.
  case columns([UInt32])
  case uint8([UInt8])
  case uint16([UInt16])
  /// Places inside windows, written as unsigned 16-bit integers.
  case offsets(WindowOffsets)
  case uint32([UInt32])
  case uint64([UInt64])
  case bools([Bool])

  /// The element type in the file.
  package var type: TensorType {
    switch self {
    case .floats, .stored: .float32
    case .doubles: .float64
    case .integers: .int64
    case .int32, .columns: .int32
    case .uint8: .uint8
    case .uint16, .offsets, .storedClocks: .uint16
    case .uint32: .uint32
    case .uint64: .uint64
    case .bools: .bool
    }
  }

  /// The number of elements.
  package var count: Int {
    switch self {
    case .floats(let values), .stored(let values, _): values.count
    case .doubles(let values): values.count
    case .integers(let values): values.count
    case .int32(let values): values.count
    case .columns(let values), .uint32(let values): values.count
    case .uint8(let values): values.count
    case .uint16(let values), .storedClocks(let values, _): values.count
    case .offsets(let values): values.count
    case .uint64(let values): values.count
    case .bools(let values): values.count
    }
  }

  /// The bytes in the file.
  package var byteCount: Int { count * type.size }

  /// Lends the little-endian bytes in order, in one piece where memory already has that form.
  package func forEachPiece<Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    switch self {
    case .floats(let values):
      try values.read { (base: UnsafePointer<Float>) throws(Failure) in
        let words = UnsafeRawBufferPointer(start: base, count: values.count * 4)
        try Self.lend(words, width: 4, body)
      }
    case .stored(let values, let weight):
      try values.read { (base: UnsafePointer<Float>) throws(Failure) in
        try weight.forEachPiece(of: base) { (piece) throws(Failure) in
          try Self.lend(UnsafeRawBufferPointer(piece), width: 4, body)
        }
      }
    case .storedClocks(let values, let weight):
      try values.withUnsafeBufferPointer { (buffer) throws(Failure) in
        guard let base = buffer.baseAddress else { return }
        try weight.forEachPiece(of: base) { (piece) throws(Failure) in
          try Self.lend(UnsafeRawBufferPointer(piece), width: 2, body)
        }
      }
    case .doubles(let values): try Self.lend(values, width: 8, body)
    case .integers(let values):
      if MemoryLayout<Int>.size == 8 {
        try Self.lend(values, width: 8, body)
      } else {
        try Self.lend(values.map { Int64($0) }, width: 8, body)
      }
    case .int32(let values): try Self.lend(values, width: 4, body)
    case .columns(let values), .uint32(let values): try Self.lend(values, width: 4, body)
    case .uint8(let values): try Self.lend(values, width: 1, body)
    case .uint16(let values): try Self.lend(values, width: 2, body)
    case .offsets(let values):
      defer { extendLifetime(values) }
      try Self.lend(UnsafeRawBufferPointer(start: values.base, count: values.count * 2), width: 2, body)
    case .uint64(let values): try Self.lend(values, width: 8, body)
    case .bools(let values): try Self.lend(values, width: 1, body)
    }
  }

  private static func lend<Element: BitwiseCopyable, Failure: Error>(
    _ values: [Element], width: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    try values.withUnsafeBufferPointer { (buffer) throws(Failure) in
      try lend(UnsafeRawBufferPointer(buffer), width: width, body)
    }
  }

  private static func lend<Failure: Error>(
    _ raw: UnsafeRawBufferPointer, width: Int,
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    guard raw.count > 0 else { return }
    #if _endian(little)
      try body(raw)
    #else
      let piece = 1 << 16
      for start in stride(from: 0, to: raw.count, by: piece) {
        var copy = Array(raw[start..<min(raw.count, start + piece)])
        ByteOrder.swap(&copy, width: width)
        try copy.withUnsafeBufferPointer { (buffer) throws(Failure) in
          try body(UnsafeRawBufferPointer(buffer))
        }
      }
    #endif
  }
}

/// Bytes of words turned around, for hosts that store the high byte first.
enum ByteOrder {
  static func swap(_ bytes: inout [UInt8], width: Int) {
    for start in stride(from: 0, to: bytes.count - width + 1, by: width) {
      bytes[start..<start + width].reverse()
    }
  }
}
