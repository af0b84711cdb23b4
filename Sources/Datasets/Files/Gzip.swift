// SPDX-License-Identifier: Apache-2.0
// Espalier: deflated bytes, through the system's zlib.

internal import CZlib

/// Gzip files and deflated members of archives, never past a stated size.
package enum Gzip {
  /// Whether bytes begin as a gzip file does.
  package static func isGzip(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b
  }

  /// The contents of a gzip file (of several members too), at most `limit` bytes.
  package static func inflate(_ bytes: [UInt8], path: String, limit: Int) throws(FileError) -> [UInt8] {
    let limit = min(limit, Int.max / 4)
    let guess = bytes.count.multipliedReportingOverflow(by: 4)
    let first = min(max(limit, 0), max(1 << 16, guess.overflow ? limit : guess.partialValue))
    var output = [UInt8](repeating: 0, count: first)
    let made = try run(bytes[...], into: &output, limit: limit, gzip: true, path: path)
    output.removeLast(output.count - made)
    return output
  }

  /// A raw deflate stream of exactly `size` bytes when inflated; the caller has bounded `size`.
  package static func inflateRaw(_ bytes: ArraySlice<UInt8>, size: Int, path: String) throws(FileError) -> [UInt8] {
    // A deflate stream of n bytes holds at most 1032 n bytes: what claims more is a lie, told before memory is taken.
    guard size / 1032 <= bytes.count else {
      throw .format(path: path, expected: "at most \(bytes.count * 1032) inflated bytes", got: "\(size)")
    }
    var output = [UInt8](repeating: 0, count: size)
    let made = try run(bytes, into: &output, limit: size, gzip: false, path: path)
    guard made == size else {
      throw .format(path: path, expected: "\(size) inflated bytes", got: "\(made)", advice: "the file is damaged")
    }
    return output
  }

  /// A gzip file of the given contents, without a time in its header.
  package static func deflate(_ bytes: [UInt8]) -> [UInt8] {
    compress(bytes, windowBits: 15 + 16)
  }

  /// A raw deflate stream of the given contents.
  package static func deflateRaw(_ bytes: [UInt8]) -> [UInt8] {
    compress(bytes, windowBits: -15)
  }

  /// The CRC-32 of bytes, as zip and gzip use it.
  package static func checksum(_ raw: UnsafeRawBufferPointer, from start: UInt32 = 0) -> UInt32 {
    var sum = uLong(start)
    var rest = raw[...]
    while !rest.isEmpty {
      let piece = rest.prefix(1 << 30)
      // Safety: `piece` is non-empty and lies inside `raw`; zlib only reads it.
      let base = UnsafeRawBufferPointer(rebasing: piece).baseAddress?.assumingMemoryBound(to: Bytef.self)
      sum = crc32(sum, base, uInt(piece.count))
      rest = rest.dropFirst(piece.count)
    }
    return UInt32(truncatingIfNeeded: sum)
  }

  private static func run(
    _ input: ArraySlice<UInt8>, into output: inout [UInt8], limit: Int, gzip: Bool, path: String
  ) throws(FileError) -> Int {
    var stream = z_stream()
    guard inflateInit2_(&stream, gzip ? 15 + 16 : -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw .unreadable(path: path, reason: "zlib could not start")
    }
    defer { inflateEnd(&stream) }
    var read = 0
    var made = 0
    while true {
      if made == output.count {
        // One byte more than the limit tells a stream that ends there from one that goes on.
        guard output.count <= limit else { throw tooLarge(path, limit: limit, gzip: gzip) }
        let room = min(limit + 1, max(output.count * 2, 1 << 16))
        output.append(contentsOf: repeatElement(0, count: room - output.count))
      }
      let status = step(&stream, input, &read, &output, &made)
      if made > limit { throw tooLarge(path, limit: limit, gzip: gzip) }
      switch status {
      case Z_STREAM_END:
        let rest = input.dropFirst(read)
        guard gzip, rest.contains(where: { $0 != 0 }) else { return made }
        guard rest.starts(with: [0x1f, 0x8b]), inflateReset(&stream) == Z_OK else { return made }
      case Z_OK: continue
      case Z_BUF_ERROR where read < input.count || made == output.count: continue
      case Z_BUF_ERROR:
        throw .format(
          path: path, expected: "a whole compressed stream", got: "its end after \(input.count) bytes",
          advice: "the file is cut short; fetch or copy it again")
      default:
        throw .format(
          path: path, expected: "compressed bytes",
          got: "damage near compressed byte \(read)" + (stream.msg.map { " (\(String(cString: $0)))" } ?? ""),
          advice: "fetch or copy the file again")
      }
    }
  }

  private static func step(
    _ stream: inout z_stream, _ input: ArraySlice<UInt8>, _ read: inout Int, _ output: inout [UInt8],
    _ made: inout Int
  ) -> Int32 {
    var status = Z_OK
    // Safety: zlib is lent the unread part of the input and the unwritten part of the output for this call only.
    input.withUnsafeBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        let inSize = min(source.count - read, 1 << 30)
        let outSize = min(target.count - made, 1 << 30)
        stream.next_in = source.baseAddress.map { UnsafeMutablePointer(mutating: $0 + read) }
        stream.avail_in = uInt(inSize)
        stream.next_out = target.baseAddress.map { $0 + made }
        stream.avail_out = uInt(outSize)
        status = CZlib.inflate(&stream, Z_NO_FLUSH)
        read += inSize - Int(stream.avail_in)
        made += outSize - Int(stream.avail_out)
      }
    }
    return status
  }

  private static func tooLarge(_ path: String, limit: Int, gzip: Bool) -> FileError {
    gzip
      ? .tooLarge(path: path, limit: limit, got: limit + 1)
      : .format(path: path, expected: "\(limit) inflated bytes", got: "more", advice: "the file is damaged")
  }

  private static func compress(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    guard deflateInit2_(&stream, 9, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK else {
      return []
    }
    defer { deflateEnd(&stream) }
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, uLong(bytes.count))) + 32)
    // Safety: both buffers are lent for this call only; `deflateBound` says that the output has room.
    bytes.withUnsafeBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        stream.next_in = source.baseAddress.map { UnsafeMutablePointer(mutating: $0) }
        stream.avail_in = uInt(source.count)
        stream.next_out = target.baseAddress
        stream.avail_out = uInt(target.count)
        _ = CZlib.deflate(&stream, Z_FINISH)
      }
    }
    output.removeLast(output.count - Int(stream.total_out))
    return output
  }
}
