// SPDX-License-Identifier: Apache-2.0
// Espalier: safetensors read and written.

import Datasets
import SparseCore
import Testing

@testable import Training

@Suite("Safetensors")
struct SafetensorsTests {
  /// What `Scripts/golden/make_formats_golden.py` saves, in the order of the Python library.
  static var entries: [TensorEntry] {
    [
      TensorEntry("words", .uint64([1, .max])),
      TensorEntry("layer.row_start", .integers([0, 2, 3])),
      TensorEntry("scale", .doubles([0.5, -1e300])),
      TensorEntry("bias \"ä\"", shape: [1, 3], .floats([0.1, -2.5, 3e38])),
      TensorEntry("layer.value", .floats([1.5, -0.0, 0x1p-149])),
      TensorEntry("layer.column", .columns([0, 2, 1])),
      TensorEntry("short", .uint16([1, 65535])),
      TensorEntry("byte", shape: [], .uint8([7])),
      TensorEntry("empty", shape: [0, 4], .uint8([])),
    ]
  }

  @Test("the bytes are those of the Python library")
  func goldenBytes() throws {
    let golden = try TestFiles.golden("small.safetensors")
    #expect(SafetensorsWriter.bytes(Self.entries, metadata: [("layer.layout", "csr")]) == golden)
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "a.safetensors")
      try SafetensorsWriter.write(Self.entries, metadata: [("layer.layout", "csr")], to: path)
      #expect(try InputFile.contents(of: path, limit: 10000) == golden)
      #expect(Paths.list(folder) == ["a.safetensors"])
    }
  }

  @Test("the Python library's file is read, from disk and from memory")
  func goldenReading() throws {
    let path = TestFiles.goldenPath("small.safetensors")
    for file in [try SafetensorsFile(path), try SafetensorsFile(bytes: TestFiles.golden("small.safetensors"))] {
      #expect(file.tensors.map(\.name) == Self.entries.map(\.name))
      #expect(file.metadata("layer.layout") == "csr" && file.metadata("x") == nil)
      #expect(try file.uint64("words") == [1, .max])
      #expect(try file.doubles("scale", shape: [2]) == [0.5, -1e300])
      #expect(try file.vector("bias \"ä\"", shape: [1, 3]).elements == [0.1, -2.5, 3e38])
      #expect(try file.uint16("short") == [1, 65535])
      #expect(try file.uint8("byte", shape: []) == [7])
      #expect(try file.uint8("empty", shape: [0, 4]) == [])
      let pattern = try file.pattern("layer", rows: 2, columns: 3)
      #expect(pattern.rowStarts == [0, 2, 3] && pattern.columnIndices == [0, 2, 1])
      let values = try file.values("layer", of: pattern)
      #expect(values.elements.map(\.bitPattern) == [Float(1.5), -0.0, 0x1p-149].map(\.bitPattern))
    }
  }

  @Test("big tensors cross the writer's buffer unharmed")
  func big() throws {
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "big.safetensors")
      let floats = Vector((0..<300_001).map { Float($0) * 0.5 })
      let numbers = (0..<140_003).map { Int($0) &* 0x1_2345_6789 }
      try SafetensorsWriter.write(
        [
          TensorEntry("a", .uint8([1, 2, 3])), TensorEntry("f", .floats(floats)), TensorEntry("n", .integers(numbers)),
        ],
        to: path)
      let file = try SafetensorsFile(path)
      #expect(try file.vector("f") == floats)
      #expect(try file.integers("n") == numbers)
      #expect(try file.uint8("a") == [1, 2, 3])
    }
  }

  @Test("connections come back with their shape")
  func csr() throws {
    let pattern = try SparsityPattern(rows: 3, columns: 4, rowStarts: [0, 2, 2, 3], columnIndices: [0, 3, 1])
    let bytes = SafetensorsWriter.bytes(
      TensorEntry.csr("l1", pattern, values: [1, 2, 3]), metadata: TensorEntry.csrMetadata("l1", pattern))
    let file = try SafetensorsFile(bytes: bytes)
    let shape = try file.csrShape("l1")
    #expect(shape == (3, 4))
    #expect(try file.pattern("l1", rows: shape.rows, columns: shape.columns) == pattern)
    #expect(try file.values("l1", of: pattern).elements == [1, 2, 3])
    #expect(throws: FileError.self) { try file.csrShape("l2") }
    let narrow = #expect(throws: FileError.self) { try file.pattern("l1", rows: 3, columns: 3) }
    #expect(
      narrow?.description
        == "'memory': expected 'l1' to be a sparsity pattern, got a broken one: "
        + "expected columns in 0 ..< 3, got 3 in row 0")
    let short = #expect(throws: FileError.self) { try file.pattern("l1", rows: 2, columns: 4) }
    #expect(short?.description == "'memory': expected tensor 'l1.row_start' of shape [3], got [4]")
    #expect(throws: FileError.self) { try file.pattern("l1", rows: -1, columns: 4) }
    #expect(throws: FileError.self) { try file.pattern("l1", rows: Int.max, columns: 4) }
  }

  private static func file(_ header: String, body: Int) -> [UInt8] {
    LittleEndian.bytes(UInt64(header.utf8.count)) + Array(header.utf8) + [UInt8](repeating: 0, count: body)
  }

  @Test(
    "faulty headers are refused in words",
    arguments: [
      ("[]", 0, "expected a header in JSON, got a fault at byte 0: expected an object, got an array"),
      ("{\"a\"", 0, "expected a header in JSON, got a fault at byte 4: expected a colon, got the end"),
      ("{\"a\":1}", 0, "expected a dtype (tensor 'a'), got none"),
      (
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4,
        "expected 8 bytes for F32 [2] (tensor 'a'), got 4"
      ),
      (
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8,
        "expected a start at byte 0 (tensor 'a'), got 4"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
        4, "expected a start at byte 4 (tensor 'b'), got 2"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, 3,
        "expected 4 bytes of tensors, got 3 bytes; the file is cut short"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, 5,
        "expected 4 bytes of tensors, got 5 bytes; something is attached to it"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0,
        "expected a countable shape (tensor 'a'), got [4611686018427387904, 4]"
      ),
      (
        #"{"a":{"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,0]}}"#, 0,
        "expected countless bytes for F64 [4611686018427387904] (tensor 'a'), got 0"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}}"#, 0,
        "expected whole numbers from 0 up in shape (tensor 'a'), got -1"
      ),
      (
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}"#, 0,
        "expected two rising data_offsets (tensor 'a'), got [1, 0]"
      ),
      (#"{"__metadata__":{"k":1}}"#, 0, "expected a text for the metadata key 'k', got a number"),
      (#"{"__metadata__":3}"#, 0, "expected an object of texts as __metadata__, got a number"),
    ])
  func headers(header: String, body: Int, message: String) {
    let error = #expect(throws: FileError.self) { try SafetensorsFile(bytes: Self.file(header, body: body)) }
    #expect(error?.description == "'memory': " + message)
  }

  @Test("lengths beyond the file or the limit are refused before anything is read")
  func lengths() {
    let long = #expect(throws: FileError.self) { try SafetensorsFile(bytes: [9, 0, 0, 0, 0, 0, 0, 0, 0x7B]) }
    #expect(long?.description == "'memory': expected a header of 9 bytes, got 1 bytes; the file is cut short")
    let huge = #expect(throws: FileError.self) { try SafetensorsFile(bytes: [UInt8](repeating: 255, count: 9)) }
    #expect(
      huge?.description
        == "'memory': expected a safetensors header of at most 100000000 bytes, got 18446744073709551615; "
        + "this is probably another kind of file")
    #expect(throws: FileError.self) { try SafetensorsFile(bytes: [1, 2, 3]) }
    #expect(throws: FileError.missing(path: "/no/such.file")) { try SafetensorsFile("/no/such.file") }
  }

  @Test("an unknown type is listed and refused when read; so are other mismatches")
  func reading() throws {
    let file = try SafetensorsFile(
      bytes: Self.file(#"{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}"#, body: 1))
    #expect(file.tensors[0].type == nil && file.tensors[0].typeName == "F4")
    let unknown = #expect(throws: FileError.self) { try file.vector("a") }
    #expect(unknown?.description == "'memory': expected tensor 'a' of type F32, got F4")
    let none = #expect(throws: FileError.self) { try file.uint32("b") }
    #expect(
      none?.description
        == "'memory': expected a tensor 'b', got none of this name; it may be another model's file")
  }

  @Test("mutated files are read within their size or refused")
  func fuzz() throws {
    let seed = try TestFiles.golden("small.safetensors")
    var mutator = Mutator(seed: 5)
    var opened = 0
    for round in 0..<1000 {
      let bytes = mutator.mutate(seed, keepingSize: round % 4 > 0)
      guard let read = try? FormatFuzz.safetensors(bytes) else { continue }
      opened += 1
      #expect(read <= bytes.count)
      if let pattern = try? SafetensorsFile(bytes: bytes).pattern("layer", rows: 2, columns: 3) {
        #expect(pattern.checkInvariants())
      }
    }
    #expect(opened > 50 && opened < 990)
  }
}
