// SPDX-License-Identifier: Apache-2.0
// Espalier: the words of the interchange format.

internal import Datasets

/// Cuts a text of the interchange format into words and signs, and counts its lines.
struct BIFTokens {
  enum Token: Equatable {
    /// A name or a number; names may stand in quotes.
    case word(String)
    /// One of `{ } ( ) [ ] | , ;`.
    case sign(UInt8)
    case end

    /// The token in a message.
    var words: String {
      switch self {
      case .word(let text): "'\(text.prefix(40))'"
      case .sign(let byte): "'\(Character(Unicode.Scalar(byte)))'"
      case .end: "the end of the text"
      }
    }
  }

  let path: String
  /// What stands before a line in a message: "the text, " for a network inside a JSON file.
  let inside: String
  private let bytes: [UInt8]
  private var offset = 0
  private var nextLine = 1
  /// The line of the current token, from 1.
  private(set) var line = 1
  /// The token that comes next.
  private(set) var current = Token.end

  init(_ bytes: [UInt8], path: String, inside: String) throws(FileError) {
    (self.bytes, self.path, self.inside) = (bytes, path, inside)
    try advance()
  }

  /// Why the text is refused at the current token, or at an earlier line.
  func failure(_ expected: String, got: String? = nil, line: Int? = nil, advice: String = "") -> FileError {
    .format(
      path: path, expected: "\(expected) in \(inside)line \(line ?? self.line)", got: got ?? current.words,
      advice: advice)
  }

  /// Goes on to the next token.
  mutating func advance() throws(FileError) {
    try skipSpace()
    line = nextLine
    guard offset < bytes.count else {
      current = .end
      return
    }
    let byte = bytes[offset]
    if Self.isSign(byte) {
      offset += 1
      current = .sign(byte)
    } else if byte == UInt8(ascii: "\"") {
      current = .word(try quoted())
    } else {
      let start = offset
      while offset < bytes.count, !isBoundary(bytes[offset]) { offset += 1 }
      current = .word(try text(bytes[start..<offset]))
    }
  }

  /// Takes a sign.
  mutating func take(_ sign: Character, _ why: String = "") throws(FileError) {
    guard isNext(sign) else { throw failure("'\(sign)'" + (why.isEmpty ? "" : " " + why)) }
    try advance()
  }

  /// Whether a sign comes next.
  func isNext(_ sign: Character) -> Bool { sign.asciiValue.map { current == .sign($0) } ?? false }

  /// Takes a word.
  mutating func word(_ what: String) throws(FileError) -> String {
    guard case .word(let text) = current else { throw failure(what) }
    try advance()
    return text
  }

  /// Takes words up to a closing sign, commas between them or not; the sign is taken, too.
  mutating func words(_ what: String, until sign: Character, limit: Int) throws(FileError) -> [String] {
    var words: [String] = []
    while true {
      switch current {
      case .word(let text):
        guard words.count < limit else { throw failure("at most \(limit) of \(what)", got: "more") }
        words.append(text)
      case .sign(UInt8(ascii: ",")) where !words.isEmpty: break
      default:
        guard isNext(sign) else { throw failure("\(what), or '\(sign)'") }
        try advance()
        return words
      }
      try advance()
    }
  }

  /// Skips all up to the next semicolon that is not in quotes.
  mutating func skipProperty() throws(FileError) {
    let start = line
    while !isNext(";") {
      if current == .end { throw failure("a ';' after the property of line \(start)") }
      try advance()
    }
    try advance()
  }

  private mutating func skipSpace() throws(FileError) {
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte == 10 { nextLine += 1 }
      if byte <= 0x20 {
        offset += 1
      } else if startsComment(offset) {
        if bytes[offset + 1] == UInt8(ascii: "/") {
          while offset < bytes.count, bytes[offset] != 10 { offset += 1 }
        } else {
          try skipLongComment()
        }
      } else {
        return
      }
    }
  }

  private mutating func skipLongComment() throws(FileError) {
    let opened = nextLine
    offset += 2
    while offset + 1 < bytes.count, bytes[offset] != UInt8(ascii: "*") || bytes[offset + 1] != UInt8(ascii: "/") {
      if bytes[offset] == 10 { nextLine += 1 }
      offset += 1
    }
    guard offset + 1 < bytes.count else {
      throw failure("the end of the comment", got: "the end of the text", line: opened)
    }
    offset += 2
  }

  private mutating func quoted() throws(FileError) -> String {
    offset += 1
    let start = offset
    while offset < bytes.count, bytes[offset] != UInt8(ascii: "\"") {
      if bytes[offset] == 10 { nextLine += 1 }
      offset += 1
    }
    guard offset < bytes.count else { throw failure("a closing quote", got: "the end of the text", line: line) }
    offset += 1
    return try text(bytes[start..<offset - 1])
  }

  private func text(_ slice: ArraySlice<UInt8>) throws(FileError) -> String {
    guard slice.count <= 400 else { throw failure("a name or a number of at most 400 bytes", got: "\(slice.count)") }
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw failure("text in UTF-8", got: "other bytes")
    }
    guard text.isPlain else { throw failure("a name without control characters", got: "'\(text.prefix(40))'") }
    return text
  }

  private func startsComment(_ at: Int) -> Bool {
    bytes[at] == UInt8(ascii: "/") && at + 1 < bytes.count
      && (bytes[at + 1] == UInt8(ascii: "/") || bytes[at + 1] == UInt8(ascii: "*"))
  }

  private func isBoundary(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == UInt8(ascii: "\"") || Self.isSign(byte) || startsComment(offset)
  }

  private static func isSign(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["),
      UInt8(ascii: "]"),
      UInt8(ascii: "|"), UInt8(ascii: ","), UInt8(ascii: ";"):
      true
    default: false
    }
  }
}
