// SPDX-License-Identifier: Apache-2.0
// Espalier: the tensors of a safetensors file.

package import Datasets
package import SparseCore

extension SafetensorsFile {
  /// Reads an F32 tensor straight into a vector.
  ///
  /// - Throws: ``FileError/format(path:expected:got:advice:)`` when it is missing, of another type, or, where a shape is
  ///   asked for, of another shape; the same for the other readers.
  package func vector(_ name: String, shape: [Int]? = nil) throws(FileError) -> Vector {
    let info = try expect(name, [.float32], shape: shape)
    var vector = Vector(count: info.count)
    try vector.write { (base: UnsafeMutablePointer<Float>) throws(FileError) in
      try fill(UnsafeMutableRawBufferPointer(start: base, count: info.range.count), from: info)
    }
    return vector
  }

  /// Reads a tensor of real numbers of any width as floats; F64 is rounded.
  package func floats(_ name: String) throws(FileError) -> Vector {
    let info = try expect(name, [.float32, .float64, .float16, .bfloat16], shape: nil)
    switch info.type {
    case .float64:
      let wide: [Double] = try array(info)
      return Vector(wide.map { Float($0) })
    case .float16:
      let bits: [UInt16] = try array(info)
      return Vector(bits.map { HalfPrecision.value($0) })
    case .bfloat16:
      let bits: [UInt16] = try array(info)
      return Vector(bits.map { Float(bitPattern: UInt32($0) << 16) })
    default: return try vector(name)
    }
  }

  /// Reads an F64 tensor.
  package func doubles(_ name: String, shape: [Int]? = nil) throws(FileError) -> [Double] {
    try array(expect(name, [.float64], shape: shape))
  }

  /// Reads an I64 tensor.
  package func integers(_ name: String, shape: [Int]? = nil) throws(FileError) -> [Int] {
    let info = try expect(name, [.int64], shape: shape)
    guard MemoryLayout<Int>.size != 8 else { return try array(info) }
    let wide: [Int64] = try array(info)
    return wide.map { Int(clamping: $0) }
  }

  /// Reads an I32 tensor.
  package func int32(_ name: String, shape: [Int]? = nil) throws(FileError) -> [Int32] {
    try array(expect(name, [.int32], shape: shape))
  }

  /// Reads the bits of an I32 or U32 tensor; a negative number becomes one of 2³¹ and more.
  package func uint32(_ name: String, shape: [Int]? = nil) throws(FileError) -> [UInt32] {
    try array(expect(name, [.int32, .uint32], shape: shape))
  }

  /// Reads a U16 tensor.
  package func uint16(_ name: String, shape: [Int]? = nil) throws(FileError) -> [UInt16] {
    try array(expect(name, [.uint16], shape: shape))
  }

  /// Reads a U16 tensor straight into the offsets of a windowed layer.
  package func offsets(_ name: String, shape: [Int]) throws(FileError) -> WindowOffsets {
    let info = try expect(name, [.uint16], shape: shape)
    let offsets = WindowOffsets(count: info.count)
    try fill(UnsafeMutableRawBufferPointer(start: offsets.base, count: info.range.count), from: info)
    return offsets
  }

  /// Reads a U64 tensor.
  package func uint64(_ name: String, shape: [Int]? = nil) throws(FileError) -> [UInt64] {
    try array(expect(name, [.uint64], shape: shape))
  }

  /// Reads the bytes of a U8 or BOOL tensor.
  package func uint8(_ name: String, shape: [Int]? = nil) throws(FileError) -> [UInt8] {
    try array(expect(name, [.uint8, .bool], shape: shape))
  }

  /// Reads and checks the connections stored as `name.row_start` and `name.column`.
  ///
  /// - Throws: ``FileError/format(path:expected:got:advice:)`` also when they break the rules of a pattern of
  ///   `rows` x `columns`.
  package func pattern(_ name: String, rows: Int, columns: Int) throws(FileError) -> SparsityPattern {
    guard rows >= 0, rows < Int(Int32.max) else {
      throw .format(path: path, expected: "'\(name)' with 0 to 2147483646 outputs", got: "\(rows)")
    }
    let starts = try integers(name + ".row_start", shape: [rows + 1])
    let indices = try uint32(name + ".column")
    do throws(PatternError) {
      return try SparsityPattern(rows: rows, columns: columns, rowStarts: starts, columnIndices: indices)
    } catch {
      throw .format(path: path, expected: "'\(name)' to be a sparsity pattern", got: "a broken one: \(error)")
    }
  }

  /// Reads the values stored as `name.value`, one a connection of the pattern.
  package func values(_ name: String, of pattern: SparsityPattern) throws(FileError) -> Vector {
    try vector(name + ".value", shape: [pattern.count])
  }

  /// The shape `[outputs, inputs]` that the metadata state for a sparse layer.
  package func csrShape(_ name: String) throws(FileError) -> (rows: Int, columns: Int) {
    let text = metadata(name + ".shape") ?? ""
    let value = try? JSONValue(parsing: text)
    let sizes = (value?.asArray ?? []).compactMap(\.asInt)
    guard sizes.count == 2, value?.asArray?.count == 2 else {
      throw .format(
        path: path, expected: "the metadata '\(name).shape' as [outputs, inputs]", got: text.isEmpty ? "none" : text)
    }
    return (sizes[0], sizes[1])
  }

  private func expect(_ name: String, _ types: [TensorType], shape: [Int]?) throws(FileError) -> TensorInfo {
    guard let info = info(name) else {
      throw .format(
        path: path, expected: "a tensor '\(name)'", got: "none of this name", advice: "it may be another model's file")
    }
    guard let type = info.type, types.contains(type) else {
      throw .format(
        path: path, expected: "tensor '\(name)' of type \(types.map(\.rawValue).joined(separator: " or "))",
        got: info.typeName)
    }
    if let shape, shape != info.shape {
      throw .format(path: path, expected: "tensor '\(name)' of shape \(shape)", got: "\(info.shape)")
    }
    return info
  }

  private func array<Element: BitwiseCopyable>(_ info: TensorInfo) throws(FileError) -> [Element] {
    var failure: FileError?
    let array = [Element](unsafeUninitializedCapacity: info.count) { buffer, filled in
      // Safety: the header check made count * size equal to the range, and Element has that size.
      let raw = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: info.range.count)
      do throws(FileError) {
        try fill(raw, from: info)
        filled = info.count
      } catch { failure = error }
    }
    if let failure { throw failure }
    return array
  }

  private func fill(_ raw: UnsafeMutableRawBufferPointer, from info: TensorInfo) throws(FileError) {
    guard raw.count > 0 else { return }
    try source.read(into: raw, at: bodyStart + info.range.lowerBound)
    #if !_endian(little)
      let width = info.type?.size ?? 1
      for start in stride(from: 0, to: raw.count - width + 1, by: width) {
        UnsafeMutableRawBufferPointer(rebasing: raw[start..<start + width]).reverse()
      }
    #endif
  }
}
