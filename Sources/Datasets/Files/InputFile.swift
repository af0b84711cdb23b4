// SPDX-License-Identifier: Apache-2.0
// Espalier: reading a file piece by piece.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file open for reading at any offset.
package final class InputFile {
  package let path: String
  /// Its size in bytes when it was opened.
  package let size: Int
  private let descriptor: Int32

  package init(_ path: String) throws(FileError) {
    self.path = path
    // Without O_NONBLOCK a named pipe would be waited for until somebody writes into it.
    descriptor = open(path, O_RDONLY | O_NONBLOCK)
    guard descriptor >= 0 else {
      size = 0
      throw errno == ENOENT || errno == ENOTDIR
        ? .missing(path: path) : .unreadable(path: path, reason: systemReason())
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, (status.st_mode & S_IFMT) == S_IFREG else {
      size = 0
      throw .unreadable(path: path, reason: "not a regular file")
    }
    size = Int(status.st_size)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Fills a buffer from an offset.
  ///
  /// - Throws: ``FileError/format(path:expected:got:advice:)`` when the file ends before the buffer is full.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
    guard let base = buffer.baseAddress else { return }
    var done = 0
    while done < buffer.count {
      let got = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw .unreadable(path: path, reason: systemReason()) }
      guard got > 0 else {
        throw .format(
          path: path, expected: "\(offset + buffer.count) bytes", got: "\(offset + done) bytes",
          advice: "the file is cut short")
      }
      done += got
    }
  }

  /// `count` bytes from an offset.
  package func bytes(_ count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    guard count >= 0, offset >= 0, offset <= size, count <= size - offset else {
      throw .format(
        path: path, expected: "\(count) bytes at offset \(offset)", got: "a file of \(size) bytes",
        advice: "the file is cut short")
    }
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: FileError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(FileError) { try read(into: buffer, at: offset) } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// The whole of a file of at most `limit` bytes.
  package static func contents(of path: String, limit: Int) throws(FileError) -> [UInt8] {
    let file = try InputFile(path)
    guard file.size <= limit else {
      throw .tooLarge(path: path, limit: limit, got: file.size)
    }
    return try file.bytes(file.size, at: 0)
  }
}
