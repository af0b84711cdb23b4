// SPDX-License-Identifier: Apache-2.0
// Espalier: how our charts look.

/// Colours and fonts of all charts: dark ink on warm white, muted colours that colour-blind readers can tell apart.
package enum ChartStyle {
  package static let background = "#fdfdfb"
  package static let ink = "#2b2f36"
  package static let quiet = "#6b717c"
  package static let grid = "#e6e6e1"
  package static let axis = "#b4b7bd"
  package static let column = "#f1f1ec"
  package static let fonts = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"

  /// Series colours, in order; a ninth series takes the first again.
  package static let palette = [
    "#3b6ea5", "#d0763c", "#4f8a5b", "#a8566b", "#7a68a6", "#8c7a4f", "#4a9aa3", "#77808c",
  ]

  package static func color(_ index: Int) -> String { palette[index % palette.count] }

  /// A colour between near-white and deep blue for a share of 0 to 1.
  package static func scale(_ share: Double) -> String {
    let stops: [(red: Double, green: Double, blue: Double)] = [
      (244, 246, 247), (189, 209, 226), (112, 157, 198), (51, 98, 153), (20, 45, 84),
    ]
    let position = (share.isFinite ? min(1, max(0, share)) : 0) * Double(stops.count - 1)
    let index = min(stops.count - 2, Int(position))
    let rest = position - Double(index)
    let (low, high) = (stops[index], stops[index + 1])
    return "#" + hexadecimal(low.red + rest * (high.red - low.red))
      + hexadecimal(low.green + rest * (high.green - low.green))
      + hexadecimal(low.blue + rest * (high.blue - low.blue))
  }

  private static func hexadecimal(_ value: Double) -> String {
    let digits = String(Int(value.rounded()), radix: 16)
    return digits.count < 2 ? "0" + digits : digits
  }
}
