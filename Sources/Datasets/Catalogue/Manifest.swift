// SPDX-License-Identifier: Apache-2.0
// Espalier: what was fetched, to know it again.

/// The list of a fetched data set's files: `sha256 size name`, one a line, in `manifest.txt` beside them.
struct Manifest: Equatable {
  /// One file as it was when it came.
  struct Line: Equatable {
    var checksum: String
    var size: Int
    var name: String
  }

  static let name = "manifest.txt"
  var lines: [Line] = []

  init() {}

  /// Reads the manifest of a folder; empty when there is none.
  init(folder: String) throws(FileError) {
    let path = Paths.join(folder, Self.name)
    guard Paths.exists(path) else { return }
    let text = String(decoding: try InputFile.contents(of: path, limit: 1 << 20), as: UTF8.self)
    for (number, line) in text.split(separator: "\n").enumerated() {
      let parts = line.split(separator: " ", maxSplits: 2)
      guard parts.count == 3, let size = Int(parts[1]) else {
        throw .format(
          path: path, expected: "'checksum size name' in line \(number + 1)", got: String(line.prefix(60)),
          advice: "remove the folder and fetch again")
      }
      lines.append(Line(checksum: String(parts[0]), size: size, name: String(parts[2])))
    }
  }

  subscript(name: String) -> Line? { lines.first { $0.name == name } }

  /// Records a file, in place of an older record of it.
  mutating func record(_ name: String, _ bytes: [UInt8]) {
    lines.removeAll { $0.name == name }
    lines.append(Line(checksum: SHA256.checksum(bytes), size: bytes.count, name: name))
  }

  func write(folder: String) throws(FileError) {
    let text = lines.map { "\($0.checksum) \($0.size) \($0.name)\n" }.joined()
    try OutputFile.write(text, to: Paths.join(folder, Self.name))
  }
}
