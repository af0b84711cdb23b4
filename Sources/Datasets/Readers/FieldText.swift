// SPDX-License-Identifier: Apache-2.0
// Espalier: numbers out of text.

/// What the field of a table says, in UTF-8 bytes.
package enum FieldText {
  /// The number that the bytes are, spaces around it apart; nil when they are anything else.
  ///
  /// Up to 15 digits with a small exponent are converted at once, exactly; the rest goes through the standard library.
  package static func number(_ bytes: ArraySlice<UInt8>) -> Double? {
    let text = trimmed(bytes)
    guard let first = text.first, !text.isEmpty else { return nil }
    var position = text.startIndex
    let negative = first == UInt8(ascii: "-")
    if negative || first == UInt8(ascii: "+") { position += 1 }
    var mantissa: UInt64 = 0
    var digits = 0
    var exponent = 0
    var pointed = false
    while position < text.endIndex {
      let byte = text[position]
      if byte >= 48 && byte <= 57 {
        mantissa = mantissa &* 10 &+ UInt64(byte - 48)
        digits += 1
        if pointed { exponent -= 1 }
      } else if byte == UInt8(ascii: ".") && !pointed {
        pointed = true
      } else {
        break
      }
      position += 1
    }
    if position == text.endIndex && digits > 0 && digits <= 15 && exponent >= -15 {
      let value = Double(mantissa) / powers[-exponent]
      return negative ? -value : value
    }
    guard text.allSatisfy({ $0 > 32 && $0 < 127 }), text.count <= 400 else { return nil }
    guard !text.contains(where: { $0 == UInt8(ascii: "x") || $0 == UInt8(ascii: "X") }) else { return nil }
    return Double(String(decoding: text, as: UTF8.self))
  }

  /// The whole number that the bytes are; nil when they are anything else.
  static func integer(_ bytes: ArraySlice<UInt8>) -> Int? {
    let text = trimmed(bytes)
    guard !text.isEmpty, text.count <= 20 else { return nil }
    return Int(String(decoding: text, as: UTF8.self))
  }

  /// Whether the bytes say that there is no value.
  package static func isMissing(_ bytes: ArraySlice<UInt8>) -> Bool {
    let text = trimmed(bytes)
    guard text.count <= 4 else { return false }
    return missing.contains(String(decoding: text, as: UTF8.self).lowercased())
  }

  /// The bytes without the spaces and tabs around them.
  static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var text = bytes
    while let first = text.first, first == 32 || first == 9 { text.removeFirst() }
    while let last = text.last, last == 32 || last == 9 { text.removeLast() }
    return text
  }

  private static let missing: Set<String> = ["", "?", "na", "nan", "n/a", "null"]

  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]
}
