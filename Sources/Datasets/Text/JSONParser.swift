// SPDX-License-Identifier: Apache-2.0
// Espalier: reading JSON that may be hostile.

/// Why bytes are not JSON, and where.
package struct JSONError: Error, Equatable, CustomStringConvertible {
  /// The byte at which reading stopped.
  package let offset: Int
  package let expected: String
  package let got: String

  package init(offset: Int, expected: String, got: String) {
    self.offset = offset
    self.expected = expected
    self.got = got
  }

  package var description: String { "byte \(offset): expected \(expected), got \(got)" }
}

/// How much a JSON text may ask for.
package struct JSONLimits: Sendable {
  /// Arrays and objects inside one another.
  package var depth = 64
  /// Values in all; one takes about 40 bytes of memory.
  package var values = 4_000_000
  /// The bytes of one number.
  package var numberBytes = 512

  package init() {}
}

extension JSONValue {
  /// Reads one JSON value (RFC 8259, strictly: no comments, no trailing commas, no repeated keys, valid UTF-8).
  ///
  /// - Complexity: O(*bytes*) time; memory within a fixed multiple of the bytes and within the limits.
  package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
    var parser = JSONParser(bytes: bytes, limits: limits)
    self = try parser.document()
  }

  /// Reads one JSON value from a text.
  package init(parsing text: String) throws(JSONError) {
    try self.init(parsing: Array(text.utf8))
  }
}

/// A recursive descent over bytes; every index is checked, recursion ends at the depth limit.
private struct JSONParser {
  let bytes: [UInt8]
  let limits: JSONLimits
  var position = 0
  var values = 0

  init(bytes: [UInt8], limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func document() throws(JSONError) -> JSONValue {
    skipSpace()
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw failure("the end of the text") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    values += 1
    guard values <= limits.values else {
      throw JSONError(
        offset: position, expected: "at most \(limits.values) values", got: "more of them")
    }
    switch peek {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"): return try number()
    default:
      guard digitIsNext else { throw failure("a value") }
      return try number()
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    try enter(depth)
    var members: [JSONValue.Member] = []
    var keys: Set<String> = []
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      guard peek == UInt8(ascii: "\"") else { throw failure("a key in quotes") }
      let start = position
      let key = try string()
      guard keys.insert(key).inserted else {
        throw JSONError(offset: start, expected: "each key once", got: "'\(key)' again")
      }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw failure("a colon") }
      skipSpace()
      members.append(JSONValue.Member(key, try value(depth: depth)))
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw failure("a comma or '}'") }
      skipSpace()
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    try enter(depth)
    var elements: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      elements.append(try value(depth: depth))
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw failure("a comma or ']'") }
      skipSpace()
    }
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    let negative = take(UInt8(ascii: "-"))
    var whole = true
    if take(UInt8(ascii: "0")) {
      if digitIsNext { throw failure("a number without leading zeros") }
    } else {
      try digits()
    }
    if take(UInt8(ascii: ".")) {
      whole = false
      try digits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      whole = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    guard position - start <= limits.numberBytes else {
      throw JSONError(
        offset: start, expected: "a number of at most \(limits.numberBytes) bytes",
        got: "\(position - start) bytes")
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if whole, let integer = Int(text), !(negative && integer == 0) { return .integer(integer) }
    guard let double = Double(text), double.isFinite else {
      throw JSONError(
        offset: start, expected: "a number below 1.8e308 in size", got: String(text.prefix(24)))
    }
    return .number(double)
  }

  private mutating func digits() throws(JSONError) {
    guard digitIsNext else { throw failure("a digit") }
    while digitIsNext { position += 1 }
  }

  private mutating func string() throws(JSONError) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while let byte = peek {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw JSONError(offset: start, expected: "a text in UTF-8", got: "other bytes")
        }
        return text
      case UInt8(ascii: "\\"): try escape(into: &content)
      case 0..<0x20:
        position -= 1
        throw failure("control characters only as escapes")
      default: content.append(byte)
      }
    }
    throw failure("a closing quote")
  }

  private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
    let start = position - 1
    guard let byte = peek else { throw failure("an escaped character") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code), take(UInt8(ascii: "\\")) {
        guard take(UInt8(ascii: "u")) else { throw failure("the second half of a surrogate pair") }
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else {
          throw JSONError(offset: start, expected: "a surrogate pair", got: "half of one")
        }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else {
        throw JSONError(offset: start, expected: "a surrogate pair", got: "half of one")
      }
      content.append(contentsOf: Array(String(Character(scalar)).utf8))
    default:
      position -= 1
      throw failure("one of \" \\ / b f n r t u after a backslash")
    }
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw failure("'\(word)'") }
    position += word.utf8.count
    return value
  }

  private mutating func enter(_ depth: Int) throws(JSONError) {
    guard depth <= limits.depth else {
      throw JSONError(
        offset: position, expected: "at most \(limits.depth) levels", got: "deeper nesting")
    }
    position += 1
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private var digitIsNext: Bool {
    guard let byte = peek else { return false }
    return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private func failure(_ expected: String) -> JSONError {
    guard let byte = peek else {
      return JSONError(offset: position, expected: expected, got: "the end")
    }
    let printable = byte > 0x20 && byte < 0x7F
    let code = String(byte, radix: 16, uppercase: true)
    let got =
      printable
      ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x" + (code.count < 2 ? "0" : "") + code
    return JSONError(offset: position, expected: expected, got: got)
  }
}
