// SPDX-License-Identifier: Apache-2.0
// Espalier: the settings of an ONNX operation.

/// A named setting of an ONNX operation.
package enum ONNXAttribute: Sendable, Equatable {
  case int(String, Int)
  case float(String, Float)
  case string(String, String)
  case ints(String, [Int])
  case floats(String, [Float])

  var message: ProtobufMessage {
    var message = ProtobufMessage()
    switch self {
    case .float(let name, let value):
      message.string(1, name)
      message.float(2, value)
      message.varint(20, 1)
    case .int(let name, let value):
      message.string(1, name)
      message.integer(3, value)
      message.varint(20, 2)
    case .string(let name, let value):
      message.string(1, name)
      message.string(4, value)
      message.varint(20, 3)
    case .floats(let name, let values):
      message.string(1, name)
      for value in values { message.float(7, value) }
      message.varint(20, 6)
    case .ints(let name, let values):
      message.string(1, name)
      for value in values { message.integer(8, value) }
      message.varint(20, 7)
    }
    return message
  }
}
