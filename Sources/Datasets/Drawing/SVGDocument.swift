// SPDX-License-Identifier: Apache-2.0
// Espalier: drawings as text.

/// An SVG drawing: shapes are appended, `text` closes it.
///
/// Coordinates are written with at most two decimals and texts are escaped, so that the same drawing is the same text
/// everywhere. It scales to the width of whatever holds it.
package struct SVGDocument: Sendable {
  package let width: Double
  package let height: Double
  private var body = ""

  /// Starts a drawing with a light background and an accessible title.
  package init(width: Double, height: Double, title: String) {
    self.width = width
    self.height = height
    body += "<title>\(Self.escaped(title))</title>\n"
    rectangle(x: 0, y: 0, width: width, height: height, fill: ChartStyle.background)
  }

  /// Where a text is anchored.
  package enum Anchor: String, Sendable { case start, middle, end }

  /// Adds a filled rectangle, with a tooltip where one is given.
  package mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, fill: String, radius: Double = 0, tooltip: String? = nil,
    stroke: String? = nil, opacity: Double = 1
  ) {
    let corner = radius > 0 ? " rx=\"\(Self.number(radius))\"" : ""
    let outline =
      (stroke.map { " stroke=\"\($0)\"" } ?? "") + (opacity < 1 ? " fill-opacity=\"\(Self.number(opacity))\"" : "")
    let head =
      "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" "
      + "height=\"\(Self.number(height))\"\(corner) fill=\"\(fill)\"\(outline)"
    body += tooltip.map { head + "><title>\(Self.escaped($0))</title></rect>\n" } ?? head + "/>\n"
  }

  /// Adds a straight line.
  package mutating func line(
    x1: Double, y1: Double, x2: Double, y2: Double, stroke: String, width: Double = 1
  ) {
    body +=
      "<line x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\" x2=\"\(Self.number(x2))\" "
      + "y2=\"\(Self.number(y2))\" stroke=\"\(stroke)\" stroke-width=\"\(Self.number(width))\"/>\n"
  }

  /// Adds a line through points.
  package mutating func polyline(_ points: [(x: Double, y: Double)], stroke: String, width: Double = 2) {
    body +=
      "<polyline points=\"\(Self.list(points))\" fill=\"none\" stroke=\"\(stroke)\" "
      + "stroke-width=\"\(Self.number(width))\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n"
  }

  /// Adds a filled outline.
  package mutating func polygon(_ points: [(x: Double, y: Double)], fill: String, opacity: Double = 1) {
    body +=
      "<polygon points=\"\(Self.list(points))\" fill=\"\(fill)\" fill-opacity=\"\(Self.number(opacity))\"/>\n"
  }

  /// Adds a dot.
  package mutating func circle(x: Double, y: Double, radius: Double, fill: String) {
    body +=
      "<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"\(Self.number(radius))\" fill=\"\(fill)\"/>\n"
  }

  /// Adds a text whose baseline starts, is centred or ends at a point.
  package mutating func label(
    _ text: String, x: Double, y: Double, size: Double = 12, anchor: Anchor = .start,
    fill: String = ChartStyle.ink, bold: Bool = false, turned: Bool = false
  ) {
    let turn = turned ? " transform=\"rotate(-90 \(Self.number(x)) \(Self.number(y)))\"" : ""
    body +=
      "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" font-size=\"\(Self.number(size))\" "
      + "text-anchor=\"\(anchor.rawValue)\" fill=\"\(fill)\"\(bold ? " font-weight=\"600\"" : "")\(turn)>"
      + "\(Self.escaped(text))</text>\n"
  }

  /// The drawing as a whole file.
  package var text: String {
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.number(width)) \(Self.number(height))\" "
      + "width=\"100%\" role=\"img\" font-family=\"\(ChartStyle.fonts)\">\n" + body + "</svg>\n"
  }

  /// A text that XML takes as it is; characters that XML 1.0 forbids become U+FFFD.
  package static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
      case "\u{00}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A coordinate with at most two decimals; what is not finite becomes 0.
  package static func number(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let hundredths = (value * 100).rounded() / 100
    return NumberText.shortest(hundredths == 0 ? 0 : hundredths)
  }

  private static func list(_ points: [(x: Double, y: Double)]) -> String {
    points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
  }
}
