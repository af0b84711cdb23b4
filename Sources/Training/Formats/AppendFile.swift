// SPDX-License-Identifier: Apache-2.0
// Espalier: a file that grows while a run goes on.

internal import Datasets

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A log: pieces are appended whole and reach the system at once, so that others can read along.
///
/// A kill in the middle of a piece can leave a torn end; readers of our logs drop it.
final class AppendFile {
  let path: String
  /// Whether nothing stood in the file when it was opened.
  let wasEmpty: Bool
  private let descriptor: Int32

  init(_ path: String) throws(FileError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o666)
    guard descriptor >= 0 else {
      wasEmpty = true
      throw .unwritable(path: path, reason: systemReason())
    }
    wasEmpty = lseek(descriptor, 0, SEEK_END) == 0
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  func append(_ bytes: [UInt8]) throws(FileError) {
    var failure: FileError?
    bytes.withUnsafeBytes { raw in
      do throws(FileError) { try put(raw) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  private func put(_ raw: UnsafeRawBufferPointer) throws(FileError) {
    guard let base = raw.baseAddress else { return }
    var done = 0
    while done < raw.count {
      let wrote = write(descriptor, base + done, raw.count - done)
      if wrote < 0 && errno == EINTR { continue }
      guard wrote > 0 else { throw .unwritable(path: path, reason: systemReason()) }
      done += wrote
    }
  }
}
