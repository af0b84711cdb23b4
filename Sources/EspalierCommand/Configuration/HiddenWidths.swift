// SPDX-License-Identifier: Apache-2.0
// Espalier: widths of layers, and how they are written.

/// The widths that one entry of a list stands for: `256`, or `256x3` for three of them.
struct HiddenWidths {
  let widths: [Int]

  /// The most layers that one entry may stand for.
  static let most = 1000

  /// Reads an entry; nil when it is none.
  init?(_ value: SettingValue) {
    let parts = value.asText?.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard let width = value.asInteger ?? (parts?.count == 2 ? parts?[0] : nil), (1...Int(Int32.max)).contains(width)
    else { return nil }
    guard let parts, parts.count == 2 else {
      widths = [width]
      return
    }
    guard let times = parts[1], (1...Self.most).contains(times) else { return nil }
    widths = [Int](repeating: width, count: times)
  }
}
