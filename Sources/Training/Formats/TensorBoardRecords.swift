// SPDX-License-Identifier: Apache-2.0
// Espalier: the records and events of TensorBoard's files.

/// The records of an event file: length, its checksum, data, their checksum.
///
/// Source: TensorFlow, *record_writer.cc*; *event.proto*, *summary.proto*.
package enum TensorBoardRecords {
  /// Wraps data as one record.
  package static func record(_ data: [UInt8]) -> [UInt8] {
    let length = LittleEndian.bytes(UInt64(data.count))
    return length + LittleEndian.bytes(CRC32C.masked(length)) + data + LittleEndian.bytes(CRC32C.masked(data))
  }

  /// The ranges of the whole records that bytes begin with; what follows the first broken one is left out.
  package static func ranges(in bytes: [UInt8]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start = 0
    while bytes.count - start >= 16 {
      let length = LittleEndian.word64(bytes[start...])
      guard LittleEndian.word32(bytes[(start + 8)...]) == CRC32C.masked(bytes[start..<start + 8]),
        length <= UInt64(bytes.count - start - 16)
      else { break }
      let end = start + 12 + Int(length)
      guard LittleEndian.word32(bytes[end...]) == CRC32C.masked(bytes[start + 12..<end]) else { break }
      ranges.append(start..<end + 4)
      start = end + 4
    }
    return ranges
  }

  /// The step of an event, nil when the bytes are none.
  package static func step(ofEvent data: some Collection<UInt8>) -> Int? {
    let bytes = Array(data)
    var position = 0
    func varint() -> UInt64? {
      var value: UInt64 = 0
      for shift in stride(from: 0, to: 64, by: 7) {
        guard position < bytes.count else { return nil }
        let byte = bytes[position]
        position += 1
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return value }
      }
      return nil
    }
    while position < bytes.count {
      guard let key = varint() else { return nil }
      switch key & 7 {
      case 0:
        guard let value = varint() else { return nil }
        if key >> 3 == 2 { return Int(truncatingIfNeeded: value) }
      case 1: position += 8
      case 2:
        guard let length = varint(), length <= UInt64(bytes.count - position) else { return nil }
        position += Int(length)
      case 5: position += 4
      default: return nil
      }
    }
    return position == bytes.count ? 0 : nil
  }

  static func versionEvent(wallTime: Double) -> ProtobufMessage {
    var event = ProtobufMessage()
    event.double(1, wallTime)
    event.string(3, "brain.Event:2")
    return event
  }

  static func event(wallTime: Double, step: Int, values: [ProtobufMessage]) -> ProtobufMessage {
    var summary = ProtobufMessage()
    for value in values { summary.message(1, value) }
    var event = ProtobufMessage()
    event.double(1, wallTime)
    if step != 0 { event.integer(2, step) }
    event.message(5, summary)
    return event
  }

  static func scalar(_ tag: String, _ value: Float) -> ProtobufMessage {
    var message = ProtobufMessage()
    message.string(1, tag)
    message.float(2, value)
    return message
  }

  static func histogram(_ tag: String, _ histogram: HistogramSummary) -> ProtobufMessage {
    var inner = ProtobufMessage()
    inner.double(1, histogram.minimum)
    inner.double(2, histogram.maximum)
    inner.double(3, Double(histogram.count))
    inner.double(4, histogram.sum)
    inner.double(5, histogram.sumOfSquares)
    inner.body(6, .doubles(histogram.limits))
    inner.body(7, .doubles(histogram.counts))
    var message = ProtobufMessage()
    message.string(1, tag)
    message.message(5, inner)
    return message
  }

  static func text(_ tag: String, _ text: String) -> ProtobufMessage {
    var plugin = ProtobufMessage()
    plugin.string(1, "text")
    var metadata = ProtobufMessage()
    metadata.message(1, plugin)
    var size = ProtobufMessage()
    size.integer(1, 1)
    var shape = ProtobufMessage()
    shape.message(2, size)
    var tensor = ProtobufMessage()
    tensor.integer(1, 7)  // DT_STRING
    tensor.message(2, shape)
    tensor.string(8, text)
    var message = ProtobufMessage()
    message.string(1, tag)
    message.message(8, tensor)
    message.message(9, metadata)
    return message
  }
}
