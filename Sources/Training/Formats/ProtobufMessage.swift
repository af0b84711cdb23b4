// SPDX-License-Identifier: Apache-2.0
// Espalier: writing protocol buffers.

package import Datasets

/// A protocol-buffer message under construction.
///
/// Fields stand in the order they are added. Big tensor bodies stay in their own memory until the message is written,
/// so a message of many gigabytes costs only its small fields.
///
/// Source: Google, *Protocol Buffers: Encoding*.
package struct ProtobufMessage: Sendable {
  private enum Segment: Sendable {
    case bytes([UInt8])
    case body(TensorBody)
  }

  private var segments: [Segment] = []
  /// The bytes it takes.
  package private(set) var count = 0

  package init() {}

  /// Adds an unsigned integer, a Boolean or an enumeration.
  package mutating func varint(_ field: Int, _ value: UInt64) {
    append(Self.key(field, 0) + Self.varint(value))
  }

  /// Adds a signed integer (int64, two's complement).
  package mutating func integer(_ field: Int, _ value: Int) {
    varint(field, UInt64(bitPattern: Int64(value)))
  }

  /// Adds a float.
  package mutating func float(_ field: Int, _ value: Float) {
    append(Self.key(field, 5) + LittleEndian.bytes(value.bitPattern))
  }

  /// Adds a double.
  package mutating func double(_ field: Int, _ value: Double) {
    append(Self.key(field, 1) + LittleEndian.bytes(value.bitPattern))
  }

  /// Adds a text.
  package mutating func string(_ field: Int, _ value: String) {
    append(Self.key(field, 2) + Self.varint(UInt64(value.utf8.count)) + Array(value.utf8))
  }

  /// Adds a message inside this one.
  package mutating func message(_ field: Int, _ message: ProtobufMessage) {
    append(Self.key(field, 2) + Self.varint(UInt64(message.count)))
    for segment in message.segments {
      switch segment {
      case .bytes(let bytes): append(bytes)
      case .body(let body): append(body)
      }
    }
  }

  /// Adds a tensor's little-endian elements as one field of bytes, which is also how packed doubles are written.
  package mutating func body(_ field: Int, _ body: TensorBody) {
    append(Self.key(field, 2) + Self.varint(UInt64(body.byteCount)))
    append(body)
  }

  /// Writes the message.
  package func write(to file: OutputFile) throws(FileError) {
    for segment in segments {
      switch segment {
      case .bytes(let bytes): try file.write(bytes)
      case .body(let body):
        try body.forEachPiece { (piece) throws(FileError) in try file.write(piece) }
      }
    }
  }

  /// The message in memory.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    for segment in segments {
      switch segment {
      case .bytes(let more): bytes += more
      case .body(let body): body.forEachPiece { bytes.append(contentsOf: $0) }
      }
    }
    return bytes
  }

  static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private static func key(_ field: Int, _ wireType: UInt64) -> [UInt8] {
    varint(UInt64(field) << 3 | wireType)
  }

  private mutating func append(_ bytes: [UInt8]) {
    count += bytes.count
    if case .bytes(var last)? = segments.last {
      segments.removeLast()
      last += bytes
      segments.append(.bytes(last))
    } else {
      segments.append(.bytes(bytes))
    }
  }

  private mutating func append(_ body: TensorBody) {
    count += body.byteCount
    segments.append(.body(body))
  }
}
