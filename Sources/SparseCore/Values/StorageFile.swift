// SPDX-License-Identifier: Apache-2.0
// Espalier: memory that lies in a file.

#if !hasFeature(Embedded)
  #if canImport(Glibc)
    internal import Glibc
  #elseif canImport(Musl)
    internal import Musl
  #elseif canImport(Darwin)
    internal import Darwin
  #endif

  /// A file mapped into memory, for layers that do not fit: read ahead before they are used, written back after.
  ///
  /// The file has no name from the start, so nothing is left behind however the process ends, and all of its room is
  /// reserved before it is mapped: a full disk is an error here, never a crash later.
  ///
  /// Safety: `start` is valid for `bytes` bytes as long as the object lives. Its users are those of `AlignedStorage`.
  package final class StorageFile: @unchecked Sendable {
    package let start: UnsafeMutableRawPointer
    package let bytes: Int

    init(bytes: Int, in folder: String) throws(StorageError) {
      #if os(Linux)
        let template = folder + "/.espalier-XXXXXX"
        var name = Array(template.utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw .folder(folder, reason: Self.reason(errno)) }
        unlink(name)
        let failure = posix_fallocate(descriptor, 0, off_t(bytes))
        guard failure == 0 else {
          close(descriptor)
          throw .room(folder, bytes: bytes, reason: Self.reason(failure))
        }
        let mapping = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        let reason = Self.reason(errno)
        close(descriptor)  // the mapping keeps the file
        guard let start = mapping, start != MAP_FAILED else { throw .folder(folder, reason: reason) }
        self.start = start
        self.bytes = bytes
      #else
        throw .folder(folder, reason: "layers in files need Linux")
      #endif
    }

    deinit {
      munmap(start, bytes)
    }

    /// Begins to read a part that will be used soon.
    package func willNeed(_ range: Range<Int>) {
      #if os(Linux)
        guard let part = pages(range) else { return }
        _ = madvise(start + part.lowerBound, part.count, MADV_WILLNEED)
      #endif
    }

    /// Takes a part out of this process's memory, after what has changed in it is written.
    ///
    /// The contents stay: the next use finds them in the file, or in what the system still keeps of it.
    package func release(_ range: Range<Int>, isChanged: Bool) {
      #if os(Linux)
        guard let part = pages(range) else { return }
        if isChanged { _ = msync(start + part.lowerBound, part.count, MS_SYNC) }
        _ = madvise(start + part.lowerBound, part.count, MADV_DONTNEED)
      #endif
    }

    /// The whole pages from the one in which a part begins up to that in which it ends; the last of the file too.
    private func pages(_ range: Range<Int>) -> Range<Int>? {
      let page = 4096
      let end = range.upperBound >= bytes ? bytes : range.upperBound / page * page
      let first = range.lowerBound / page * page
      return first < end ? first..<end : nil
    }

    private static func reason(_ code: Int32) -> String {
      guard let text = strerror(code) else { return "error \(code)" }
      return String(cString: text)
    }
  }

  /// Why memory in a file cannot be had.
  public enum StorageError: Error, Equatable, Sendable {
    /// No file can be made in the folder.
    case folder(String, reason: String)
    /// The disk of the folder has not room enough.
    case room(String, bytes: Int, reason: String)
  }

  extension StorageError: CustomStringConvertible {
    /// What was expected, what came, what to do.
    public var description: String {
      switch self {
      case .folder(let folder, let reason):
        "'\(folder)': expected a folder in which files can be made, got: \(reason); name another one"
      case .room(let folder, let bytes, let reason):
        "'\(folder)': expected room for \(bytes) more bytes, got: \(reason); free some, or name a folder on another disk"
      }
    }
  }
#endif
