// SPDX-License-Identifier: Apache-2.0
// Espalier: the header of a safetensors file, checked.

internal import Datasets

/// A header whose every claim has been held against the size of the file.
struct SafetensorsHeader {
  private(set) var metadata: [(key: String, value: String)] = []
  private(set) var tensors: [TensorInfo] = []
  private let path: String

  init(_ bytes: [UInt8], path: String, bodySize: Int) throws(FileError) {
    self.path = path
    let members: [JSONValue.Member]
    do throws(JSONError) {
      let header = try JSONValue(parsing: bytes)
      guard let object = header.asObject else {
        throw JSONError(offset: 0, expected: "an object", got: header.kind)
      }
      members = object
    } catch {
      throw .format(path: path, expected: "a header in JSON", got: "a fault at \(error)")
    }
    for member in members {
      if member.key == "__metadata__" {
        try takeMetadata(member.value)
      } else {
        tensors.append(try tensor(member))
      }
    }
    tensors.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    var end = 0
    for tensor in tensors {
      guard tensor.range.lowerBound == end else {
        throw refusal(tensor.name, expected: "a start at byte \(end)", got: "\(tensor.range.lowerBound)")
      }
      end = tensor.range.upperBound
    }
    guard end == bodySize else {
      throw .format(
        path: path, expected: "\(end) bytes of tensors", got: "\(bodySize) bytes",
        advice: end > bodySize ? "the file is cut short" : "something is attached to it")
    }
  }

  private mutating func takeMetadata(_ value: JSONValue) throws(FileError) {
    guard let members = value.asObject else {
      throw .format(path: path, expected: "an object of texts as __metadata__", got: value.kind)
    }
    for member in members {
      guard let text = member.value.asString else {
        throw .format(
          path: path, expected: "a text for the metadata key '\(member.key)'", got: member.value.kind)
      }
      metadata.append((member.key, text))
    }
  }

  private func tensor(_ member: JSONValue.Member) throws(FileError) -> TensorInfo {
    let name = member.key
    guard let type = member.value["dtype"]?.asString else {
      throw refusal(name, expected: "a dtype", got: member.value["dtype"]?.kind ?? "none")
    }
    let shape = try sizes(member, "shape")
    let offsets = try sizes(member, "data_offsets")
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw refusal(name, expected: "two rising data_offsets", got: "\(offsets)")
    }
    var count = 1
    // A zero anywhere makes an empty tensor, whatever the sizes beside it.
    for size in shape.contains(0) ? [0] : shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { throw refusal(name, expected: "a countable shape", got: "\(shape)") }
      count = product
    }
    let range = offsets[0]..<offsets[1]
    if let known = TensorType(rawValue: type) {
      let (bytes, overflow) = count.multipliedReportingOverflow(by: known.size)
      guard !overflow, bytes == range.count else {
        throw refusal(
          name, expected: "\(overflow ? "countless" : String(bytes)) bytes for \(type) \(shape)",
          got: "\(range.count)")
      }
    }
    return TensorInfo(name: name, typeName: type, shape: shape, range: range, count: count)
  }

  private func sizes(_ member: JSONValue.Member, _ key: String) throws(FileError) -> [Int] {
    guard let elements = member.value[key]?.asArray else {
      throw refusal(member.key, expected: "an array as \(key)", got: member.value[key]?.kind ?? "none")
    }
    var sizes: [Int] = []
    for element in elements {
      guard case .integer(let size) = element, size >= 0 else {
        throw refusal(member.key, expected: "whole numbers from 0 up in \(key)", got: element.text())
      }
      sizes.append(size)
    }
    return sizes
  }

  private func refusal(_ name: String, expected: String, got: String) -> FileError {
    .format(path: path, expected: "\(expected) (tensor '\(name)')", got: got)
  }
}
