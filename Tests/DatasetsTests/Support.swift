// SPDX-License-Identifier: Apache-2.0
// Espalier: what the tests of Datasets share.

internal import SparseCore

@testable internal import Datasets

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The path of a golden file.
func golden(_ name: String) -> String { Paths.join(Paths.join(Paths.folder(of: #filePath), "Golden"), name) }

/// Runs with an empty folder that is removed afterwards, with its files.
func withFolder<Result>(_ name: String, _ body: (String) throws -> Result) throws -> Result {
  let root = Paths.environment("TMPDIR") ?? "/tmp"
  let folder = Paths.join(root, "espalier-\(name)-\(getpid())")
  try Paths.makeFolder(folder)
  defer { removeAll(folder) }
  return try body(folder)
}

private func removeAll(_ folder: String) {
  for name in Paths.list(folder) {
    let path = Paths.join(folder, name)
    if Paths.isFolder(path) { removeAll(path) } else { Paths.remove(path) }
  }
  rmdir(folder)
}

/// The error in words, or what came instead of one.
func words(_ body: () throws -> some Any) -> String {
  do {
    return "no error, but \(try body())"
  } catch {
    return "\(error)"
  }
}

/// A data set from text.
func table(_ text: String, _ options: ReadOptions = ReadOptions(), format: DataFormat = .csv) throws -> Dataset {
  try DatasetReader.read(bytes: Array(text.utf8), format: format, name: "t", options: options).train
}

/// The golden numbers: 4 rows of 3, row i, column j is 10 i + j.
let goldenValues: [Float] = [0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32]

extension Dataset {
  /// The class labels, empty when there are none.
  var labels: [Int32] { if case .classes(let labels, _) = targets { labels } else { [] } }
  /// The class names, empty when there are none.
  var classNames: [String] { if case .classes(_, let names) = targets { names } else { [] } }
}
