// SPDX-License-Identifier: Apache-2.0
// Espalier: names that are fit for a terminal and a picture.

extension String {
  /// Whether a name from a file has no control characters.
  var isPlain: Bool { unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) } }
}
