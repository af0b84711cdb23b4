// SPDX-License-Identifier: Apache-2.0
// Espalier: writing a file so that it is never half there.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file written aside and put in its place only when it is whole.
///
/// Bytes go to `path.partial`; `commit()` writes them through to the disk and renames. Without a commit the partial
/// file is removed, and what stood at `path` before stays.
///
///     let file = try OutputFile("model.safetensors")
///     try file.write(header)
///     try file.commit()
package final class OutputFile {
  package let path: String
  private let aside: String
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private static let bufferSize = 1 << 20

  package init(_ path: String) throws(FileError) {
    self.path = path
    aside = path + ".partial"
    descriptor = -1
    guard !Paths.isOtherThanFile(path) else {
      throw .unwritable(path: path, reason: "it is there and is no file", advice: "choose another name")
    }
    descriptor = open(aside, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    guard descriptor >= 0 else { throw .unwritable(path: path, reason: systemReason()) }
    buffer.reserveCapacity(Self.bufferSize)
  }

  deinit {
    if descriptor >= 0 {
      close(descriptor)
      unlink(aside)
    }
  }

  /// Appends bytes.
  package func write(_ bytes: [UInt8]) throws(FileError) {
    var failure: FileError?
    bytes.withUnsafeBytes { raw in
      do throws(FileError) { try write(raw) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Appends the UTF-8 bytes of a text.
  package func write(_ text: String) throws(FileError) {
    try write(Array(text.utf8))
  }

  /// Appends raw bytes.
  package func write(_ raw: UnsafeRawBufferPointer) throws(FileError) {
    if buffer.count + raw.count > Self.bufferSize { try flush() }
    if raw.count >= Self.bufferSize {
      try put(raw)
    } else {
      buffer.append(contentsOf: raw)
    }
  }

  /// Writes through to the disk and puts the file in its place.
  ///
  /// - Throws: ``FileError/unwritable(path:reason:advice:)``, and nothing of the file stays.
  package func commit() throws(FileError) {
    try flush()
    guard fsync(descriptor) == 0 else { throw .unwritable(path: path, reason: systemReason()) }
    let closed = close(descriptor) == 0
    descriptor = -1
    do throws(FileError) {
      guard closed else { throw .unwritable(path: path, reason: systemReason()) }
      try Paths.rename(aside, to: path)
    } catch {
      unlink(aside)
      throw error
    }
    let folder = open(Paths.folder(of: path), O_RDONLY)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// Writes a whole small file.
  package static func write(_ text: String, to path: String) throws(FileError) {
    let file = try OutputFile(path)
    try file.write(text)
    try file.commit()
  }

  private func flush() throws(FileError) {
    guard !buffer.isEmpty else { return }
    var failure: FileError?
    buffer.withUnsafeBytes { raw in
      do throws(FileError) { try put(raw) } catch { failure = error }
    }
    buffer.removeAll(keepingCapacity: true)
    if let failure { throw failure }
  }

  private func put(_ raw: UnsafeRawBufferPointer) throws(FileError) {
    guard let base = raw.baseAddress else { return }
    var done = 0
    while done < raw.count {
      #if canImport(Glibc)
        let wrote = Glibc.write(descriptor, base + done, raw.count - done)
      #elseif canImport(Musl)
        let wrote = Musl.write(descriptor, base + done, raw.count - done)
      #else
        let wrote = Darwin.write(descriptor, base + done, raw.count - done)
      #endif
      if wrote < 0 && errno == EINTR { continue }
      guard wrote > 0 else { throw .unwritable(path: path, reason: systemReason()) }
      done += wrote
    }
  }
}
