// SPDX-License-Identifier: Apache-2.0
// Espalier: JSON values as text.

extension JSONValue {
  /// How a value is laid out.
  package enum Layout: Sendable {
    /// One line without spaces.
    case compact
    /// Two spaces a level, one member a line.
    case pretty
  }

  /// The value as JSON text, in the order its keys have.
  ///
  /// Numbers take the shortest form that reads back as the same `Double`; what is not finite becomes null, since JSON
  /// has no word for it. A pretty text ends with a line break.
  package func text(_ layout: Layout = .compact) -> String {
    var text = ""
    write(to: &text, layout: layout, level: 0)
    if layout == .pretty { text += "\n" }
    return text
  }

  private func write(to text: inout String, layout: Layout, level: Int) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value): text += value.isFinite ? value.description : "null"
    case .string(let value): Self.quote(value, to: &text)
    case .array(let elements):
      Self.writeList(elements, "[", "]", to: &text, layout: layout, level: level) {
        element, text in
        element.write(to: &text, layout: layout, level: level + 1)
      }
    case .object(let members):
      Self.writeList(members, "{", "}", to: &text, layout: layout, level: level) { member, text in
        Self.quote(member.key, to: &text)
        text += layout == .pretty ? ": " : ":"
        member.value.write(to: &text, layout: layout, level: level + 1)
      }
    }
  }

  private static func writeList<Element>(
    _ elements: [Element], _ open: String, _ close: String, to text: inout String, layout: Layout,
    level: Int, body: (Element, inout String) -> Void
  ) {
    text += open
    for (index, element) in elements.enumerated() {
      if index > 0 { text += "," }
      if layout == .pretty { breakLine(&text, level: level + 1) }
      body(element, &text)
    }
    if layout == .pretty && !elements.isEmpty { breakLine(&text, level: level) }
    text += close
  }

  private static func breakLine(_ text: inout String, level: Int) {
    text += "\n" + String(repeating: "  ", count: level)
  }

  private static func quote(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{08}": text += "\\b"
      case "\u{0C}": text += "\\f"
      case "\u{00}"..."\u{1F}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
