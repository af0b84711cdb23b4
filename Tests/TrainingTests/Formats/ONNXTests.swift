// SPDX-License-Identifier: Apache-2.0
// Espalier: protocol buffers and ONNX.

import Datasets
import SparseCore
import Testing

@testable import Training

@Suite("ONNX")
struct ONNXTests {
  @Test("varints are those of the protocol buffers' documentation")
  func varints() {
    #expect(ProtobufMessage.varint(0) == [0])
    #expect(ProtobufMessage.varint(150) == [0x96, 0x01])
    #expect(ProtobufMessage.varint(.max) == [UInt8](repeating: 0xFF, count: 9) + [1])
    var message = ProtobufMessage()
    message.integer(1, -1)
    message.string(2, "testing")
    #expect(
      message.bytes == [8] + [UInt8](repeating: 0xFF, count: 9) + [
        1, 0x12, 7, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67,
      ])
  }

  static func model() throws -> ONNXModel {
    let pattern = try SparsityPattern(rows: 2, columns: 3, rowStarts: [0, 2, 3], columnIndices: [0, 2, 1])
    let values: Vector = [0.5, -1.5, 2]
    var model = ONNXModel(name: "golden")
    model.input("x", features: 3)
    let turned = try SparsityPattern(rows: 3, columns: 2, rowStarts: [0, 1, 2, 3], columnIndices: [0, 1, 0])
    model.sparseInitializer("wt", pattern: turned, values: [0.5, 2, -1.5])
    model.sparseInitializer("w", pattern: pattern, values: values)
    model.initializer("b", shape: [2], .floats([0.25, -0.75]))
    model.node("MatMul", ["x", "wt"], "a")
    model.node("Gemm", ["x", "w", "b"], "c", [.int("transB", 1)])
    model.node("Add", ["a", "c"], "s")
    model.node("LeakyRelu", ["s"], "y", [.float("alpha", 0.1)])
    model.output("y", features: 2)
    model.metadata("classes", "2")
    return model
  }

  @Test("the bytes are those of the onnx package, whose model passes its checker and runs in ONNX Runtime")
  func golden() throws {
    let golden = try TestFiles.golden("sparse.onnx")
    let message = try Self.model().message
    #expect(message.bytes == golden)
    #expect(message.count == golden.count)
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "m.onnx")
      try Self.model().write(to: path)
      #expect(try InputFile.contents(of: path, limit: 10000) == golden)
    }
  }

  @Test("models of 2 GiB and more are refused before a byte is written")
  func limit() throws {
    try TestFiles.withFolder { folder in
      var model = ONNXModel(name: "big")
      let piece = TensorBody.uint8([UInt8](repeating: 0, count: 1 << 20))  // one MiB, shared by all
      for index in 0..<2048 { model.initializer("p\(index)", shape: [1 << 20], piece) }
      let path = Paths.join(folder, "big.onnx")
      let error = #expect(throws: FileError.self) { try model.write(to: path) }
      guard case .tooLarge(path, 2_147_483_647, let got) = error else {
        Issue.record("another error: \(String(describing: error))")
        return
      }
      #expect(got > 2 << 30)
      #expect(Paths.list(folder).isEmpty)
    }
  }

  @Test("each kind of attribute")
  func attributes() {
    #expect(ONNXAttribute.int("a", 5).message.bytes == [0x0A, 1, 0x61, 0x18, 5, 0xA0, 1, 2])
    #expect(ONNXAttribute.float("a", 1).message.bytes == [0x0A, 1, 0x61, 0x15, 0, 0, 0x80, 0x3F, 0xA0, 1, 1])
    #expect(ONNXAttribute.string("a", "b").message.bytes == [0x0A, 1, 0x61, 0x22, 1, 0x62, 0xA0, 1, 3])
    #expect(ONNXAttribute.ints("a", [1, 2]).message.bytes == [0x0A, 1, 0x61, 0x40, 1, 0x40, 2, 0xA0, 1, 7])
    #expect(ONNXAttribute.floats("a", [1]).message.bytes == [0x0A, 1, 0x61, 0x3D, 0, 0, 0x80, 0x3F, 0xA0, 1, 6])
  }
}
