// SPDX-License-Identifier: Apache-2.0
// Espalier: sizes as people write them.

/// Reads sizes such as `20G`, `1.5 GiB`, `512M` or plain bytes; prefixes are powers of 1024.
enum ByteSize {
  /// The bytes of a size above 0; nil for what is none.
  static func bytes(_ text: String) -> Int? {
    let text = text.lowercased().filter { $0 != " " }
    if let bytes = Int(text) { return bytes > 0 ? bytes : nil }
    for (power, letter) in ["k", "m", "g", "t"].enumerated() {
      for ending in [letter + "ib", letter] where text.hasSuffix(ending) {
        guard let number = Double(text.dropLast(ending.count)), number > 0 else { return nil }
        let bytes = (number * Double(1 << (10 * (power + 1)))).rounded()
        return bytes >= 1 && bytes < 0x1p62 ? Int(bytes) : nil
      }
    }
    return nil
  }
}
