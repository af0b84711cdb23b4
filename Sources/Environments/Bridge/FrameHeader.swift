// SPDX-License-Identifier: Apache-2.0
// Espalier: the first sixteen bytes of every message of AWP/1.

/// What a message of the bridge is.
package enum FrameKind: UInt16, Sendable {
  case hello = 1
  case helloOK
  case make
  case specification
  case reset
  case step
  case state
  case render
  case picture
  case close
  case closed
  case ping
  case pong
  case error

  /// What is asked for, in words.
  var words: String {
    switch self {
    case .hello, .helloOK: "a greeting"
    case .make, .specification: "make"
    case .reset: "reset"
    case .step, .state: "step"
    case .render, .picture: "render"
    case .close, .closed: "close"
    case .ping, .pong: "ping"
    case .error: "an error"
    }
  }
}

/// The header of a frame: magic, kind, flags, sequence and length of the payload, little-endian.
struct FrameHeader: Sendable, Equatable {
  /// Bytes of a header.
  static let byteCount = 16
  /// The bytes "AWP1".
  static let magic: UInt32 = 0x3150_5741
  /// Bytes of a payload, at most.
  static let mostBytes = 64 << 20

  var kind: UInt16
  var flags: UInt16 = 0
  var sequence: UInt32
  var length: Int

  init(_ kind: FrameKind, flags: UInt16 = 0, sequence: UInt32, length: Int) {
    self.kind = kind.rawValue
    self.flags = flags
    self.sequence = sequence
    self.length = length
  }

  /// Reads the first bytes of a message.
  ///
  /// - Precondition: sixteen bytes at least.
  init(reading bytes: [UInt8]) throws(BridgeFault) {
    let magic: UInt32 = Self.number(bytes, 0)
    guard magic == Self.magic else {
      throw .broken(expected: "a frame that begins with 'AWP1'", got: "the bytes \(bytes.prefix(4).map { $0 })")
    }
    kind = Self.number(bytes, 4)
    flags = Self.number(bytes, 6)
    sequence = Self.number(bytes, 8)
    let size: UInt32 = Self.number(bytes, 12)
    length = Int(size)
    guard length <= Self.mostBytes else {
      throw .broken(expected: "a frame of at most \(Self.mostBytes) bytes", got: "\(length) bytes")
    }
  }

  /// Overwrites the first sixteen bytes of a message.
  func write(to bytes: inout [UInt8]) {
    Self.put(Self.magic, into: &bytes, at: 0)
    Self.put(kind, into: &bytes, at: 4)
    Self.put(flags, into: &bytes, at: 6)
    Self.put(sequence, into: &bytes, at: 8)
    Self.put(UInt32(length), into: &bytes, at: 12)
  }

  /// A little-endian number.
  static func number<Number: FixedWidthInteger>(_ bytes: [UInt8], _ offset: Int) -> Number {
    var number: Number = 0
    for index in 0..<MemoryLayout<Number>.size {
      number |= Number(truncatingIfNeeded: bytes[offset + index]) << Number(truncatingIfNeeded: 8 * index)
    }
    return number
  }

  private static func put(_ number: some FixedWidthInteger, into bytes: inout [UInt8], at offset: Int) {
    for index in 0..<number.bitWidth / 8 { bytes[offset + index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
  }
}
