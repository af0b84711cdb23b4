// SPDX-License-Identifier: Apache-2.0
// Espalier: writing safetensors.

package import Datasets
package import SparseCore

/// One named tensor on its way to a file.
package struct TensorEntry: Sendable {
  package let name: String
  /// Row-major; empty for a single number.
  package let shape: [Int]
  package let body: TensorBody

  /// Names numbers and gives them a shape, a single row unless stated.
  package init(_ name: String, shape: [Int]? = nil, _ body: TensorBody) {
    let shape = shape ?? [body.count]
    precondition(
      shape.allSatisfy { $0 >= 0 } && shape.reduce(1, *) == body.count,
      "tensor '\(name)': \(body.count) values for shape \(shape)")
    self.name = name
    self.shape = shape
    self.body = body
  }

  /// The connections of a sparse layer as three tensors: `name.row_start` I64 `[rows + 1]`, `name.column` I32
  /// `[count]`, `name.value` F32 `[count]` (absent without values).
  package static func csr(_ name: String, _ pattern: SparsityPattern, values: Vector? = nil) -> [TensorEntry] {
    precondition(
      values.map { $0.count == pattern.count } ?? true, "'\(name)': values must match the connections")
    var entries = [
      TensorEntry(name + ".row_start", .integers(pattern.rowStarts)),
      TensorEntry(name + ".column", .columns(pattern.columnIndices)),
    ]
    if let values { entries.append(TensorEntry(name + ".value", .floats(values))) }
    return entries
  }

  /// The metadata that lets other programs rebuild the matrix: its layout and its shape `[outputs, inputs]`.
  package static func csrMetadata(_ name: String, _ pattern: SparsityPattern) -> [(String, String)] {
    [(name + ".layout", "csr"), (name + ".shape", "[\(pattern.rows), \(pattern.columns)]")]
  }
}

/// Writes safetensors files: a JSON header, then the tensors' little-endian bytes without gaps.
///
/// The same entries give the same bytes. The header is known before the first tensor is touched, and bodies stream
/// from the memory they have, so writing needs O(*tensors*) memory beside the file's own buffer.
///
/// Source: Hugging Face, *safetensors*, README, section "Format".
package enum SafetensorsWriter {
  /// Writes a file in one step: it is there whole or not at all.
  package static func write(
    _ entries: [TensorEntry], metadata: [(String, String)] = [], to path: String
  ) throws(FileError) {
    let file = try OutputFile(path)
    try file.write(header(entries, metadata: metadata))
    for entry in entries {
      try entry.body.forEachPiece { (piece) throws(FileError) in try file.write(piece) }
    }
    try file.commit()
  }

  /// The file as bytes, for small tensors.
  package static func bytes(_ entries: [TensorEntry], metadata: [(String, String)] = []) -> [UInt8] {
    var bytes = header(entries, metadata: metadata)
    for entry in entries {
      entry.body.forEachPiece { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// The length of the header and the header, padded with spaces to a multiple of 8 bytes.
  static func header(_ entries: [TensorEntry], metadata: [(String, String)]) -> [UInt8] {
    precondition(
      Set(entries.map(\.name) + ["__metadata__"]).count == entries.count + 1,
      "tensor names must differ from one another and from '__metadata__'")
    precondition(Set(metadata.map(\.0)).count == metadata.count, "metadata keys must differ")
    var members: [JSONValue.Member] = []
    if !metadata.isEmpty {
      let texts = metadata.map { JSONValue.Member($0.0, .string($0.1)) }
      members.append(JSONValue.Member("__metadata__", .object(texts)))
    }
    var offset = 0
    for entry in entries {
      let end = offset + entry.body.byteCount
      let description: JSONValue = [
        "dtype": .string(entry.body.type.rawValue),
        "shape": .array(entry.shape.map { .integer($0) }),
        "data_offsets": [.integer(offset), .integer(end)],
      ]
      members.append(JSONValue.Member(entry.name, description))
      offset = end
    }
    var text = Array(JSONValue.object(members).text().utf8)
    text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
    return LittleEndian.bytes(UInt64(text.count)) + text
  }
}
