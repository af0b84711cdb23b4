// SPDX-License-Identifier: Apache-2.0
// Espalier: matrices in files, and masks into files.

internal import ArgumentParser
internal import Datasets
internal import SparseCore
internal import SparseTopology
internal import Training

/// A file of named arrays.
enum WeightsFile {
  case npz(NPZTables)
  case safetensors(SafetensorsFile)

  /// Opens a file by what it holds: `.npz` by its name, anything else as safetensors.
  init(_ path: String) throws(FileError) {
    switch MaskArchive.Form(path: path) {
    case .npz: self = .npz(try NPZTables(path))
    case .safetensors, nil: self = .safetensors(try SafetensorsFile(path))
    }
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      throw .format(path: path, expected: "arrays of different names", got: "'\(name)' twice")
    }
  }

  /// Refuses to write over what is read.
  static func check(out: String, isNot input: String) throws {
    guard Paths.isSame(out, input) else { return }
    throw ValidationError("--out: expected another file than the one that is read, got '\(out)'")
  }

  /// The arrays' names, in the file's order.
  var names: [String] {
    switch self {
    case .npz(let tables): tables.entries.map(\.name)
    case .safetensors(let file): file.tensors.map(\.name)
    }
  }

  /// A matrix of real numbers; nil for an array of another kind.
  func matrix(_ name: String) throws(FileError) -> Matrix? {
    switch self {
    case .npz(let tables):
      guard let entry = tables.entries.first(where: { $0.name == name }) else { return nil }
      return try tables.matrix(entry)
    case .safetensors(let file):
      guard let info = file.info(name), info.shape.count == 2, info.count > 0 else { return nil }
      switch info.type {
      case .float16, .bfloat16, .float32, .float64: break
      default: return nil
      }
      return Matrix(rows: info.shape[0], columns: info.shape[1], values: try file.floats(name))
    }
  }
}

/// Masks on their way to a file, a Boolean array each.
struct MaskArchive: ~Copyable {
  /// The forms of a file.
  enum Form: String {
    case npz, safetensors

    /// The form that a name's ending asks for.
    init?(path: String) {
      let ending = path.lowercased().split(separator: ".").last.map(String.init) ?? ""
      self.init(rawValue: ending)
    }
  }

  private var writer: NPZWriter?
  private var entries: [TensorEntry] = []
  private let path: String

  /// Begins a file; what it replaces stays until `commit`.
  init(_ path: String) throws(FileError) {
    self.path = path
    writer = Form(path: path) == .npz ? try NPZWriter(path) : nil
  }

  /// Adds the masks of an array under its name.
  mutating func add(_ name: String, _ masks: borrowing TileMasks) throws(FileError) {
    var bits = [Bool](repeating: false, count: masks.rows * masks.columns)
    for row in 0..<masks.rows { masks.forEachColumn(ofRow: row) { bits[row * masks.columns + $0] = true } }
    let shape = [masks.rows, masks.columns]
    if writer != nil {
      try writer?.add(name, bits, shape: shape)
    } else {
      entries.append(TensorEntry(name, shape: shape, .bools(bits)))
    }
  }

  /// Puts the file in its place.
  consuming func commit() throws(FileError) {
    if let writer {
      try writer.commit()
    } else {
      try SafetensorsWriter.write(entries, metadata: [("format", "espalier-masks")], to: path)
    }
  }
}
