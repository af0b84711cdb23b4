// SPDX-License-Identifier: Apache-2.0
// Espalier: what a fuzzing program calls.

package import Datasets
internal import SparseCore

/// Ways into the readers of this room for hostile bytes: each reads all it can, and says whether it could.
package enum FormatFuzz {
  /// Opens a safetensors file and reads every tensor and every layer's connections.
  ///
  /// - Returns: The bytes of the tensors that could be read, at most the size of the input.
  /// - Throws: What opening the file throws.
  package static func safetensors(_ bytes: [UInt8]) throws(FileError) -> Int {
    let file = try SafetensorsFile(bytes: bytes, path: "fuzz")
    var read = 0
    for tensor in file.tensors {
      if let size = elementBytes(of: tensor, in: file) { read += size }
      let suffix = ".row_start"
      if tensor.name.hasSuffix(suffix) {
        let layer = String(tensor.name.dropLast(suffix.count))
        let shape = (try? file.csrShape(layer)) ?? (rows: tensor.count - 1, columns: Int(Int32.max))
        if let pattern = try? file.pattern(layer, rows: shape.rows, columns: shape.columns) {
          _ = try? file.values(layer, of: pattern)
        }
      }
    }
    return read
  }

  /// Walks through the records of a TensorBoard file; the number of whole ones.
  package static func tensorBoard(_ bytes: [UInt8]) -> Int {
    let ranges = TensorBoardRecords.ranges(in: bytes)
    for range in ranges {
      _ = TensorBoardRecords.step(ofEvent: bytes[range.lowerBound + 12..<range.upperBound - 4])
    }
    _ = TensorBoardRecords.step(ofEvent: bytes)
    return ranges.count
  }

  private static func elementBytes(of tensor: TensorInfo, in file: SafetensorsFile) -> Int? {
    let name = tensor.name
    switch tensor.type {
    case .float32: return (try? file.vector(name)).map { $0.count * 4 }
    case .float64: return (try? file.doubles(name)).map { $0.count * 8 }
    case .int64: return (try? file.integers(name)).map { $0.count * 8 }
    case .int32: return (try? file.int32(name)).map { $0.count * 4 }
    case .uint32: return (try? file.uint32(name)).map { $0.count * 4 }
    case .uint16: return (try? file.uint16(name)).map { $0.count * 2 }
    case .uint64: return (try? file.uint64(name)).map { $0.count * 8 }
    case .uint8, .bool: return (try? file.uint8(name)).map { $0.count }
    default: return nil
    }
  }
}
