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
  /// The file loses its name at once, so nothing is left behind however the process ends, and all of its room is
  /// reserved before it is mapped: a full disk is an error here, never a crash later. Its parts are given out one after
  /// another and stay taken; the file goes with the last of them.
  ///
  ///     let file = try StorageFile(bytes: 30 << 30, in: "/scratch")
  ///
  /// - Note: on file systems that copy on write (btrfs, ZFS) reserved room is no promise; use another one.
  ///
  /// Safety: `start` is valid for `bytes` bytes as long as the object lives. Parts do not overlap, and are given out on one
  /// thread, which makes `@unchecked Sendable` sound.
  public final class StorageFile: @unchecked Sendable {
    let start: UnsafeMutableRawPointer
    /// The size of the file.
    public let bytes: Int
    private var taken = 0

    /// Parts begin on huge pages.
    static let alignment = 2 << 20

    /// Makes a file without a name.
    ///
    /// - Throws: ``StorageError`` when the folder cannot be written or its disk has not room enough.
    public init(bytes: Int, in folder: String) throws(StorageError) {
      precondition(bytes > 0, "a file of \(bytes) bytes")
      #if os(Linux)
        var name = Array((folder + "/.espalier-XXXXXX").utf8CString)
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

    /// The room that `count` numbers of `stride` bytes take in a file.
    public static func room(for count: Int, stride: Int) -> Int {
      (count * stride + alignment - 1) / alignment * alignment
    }

    /// Gives out the next part, zeroed; nil when too little is left.
    func part(bytes wanted: Int) -> StoragePart? {
      let room = Self.room(for: wanted, stride: 1)
      guard wanted > 0, taken + room <= bytes else { return nil }
      defer { taken += room }
      return StoragePart(file: self, start: taken, bytes: wanted)
    }

    private static func reason(_ code: Int32) -> String {
      guard let text = strerror(code) else { return "error \(code)" }
      return String(cString: text)
    }
  }

  /// A part of a file in memory.
  package struct StoragePart: Sendable {
    let file: StorageFile
    let start: Int
    let bytes: Int

    /// The first byte, valid as long as the file lives.
    var base: UnsafeMutableRawPointer { file.start + start }

    /// Begins to read some bytes that will be used soon.
    package func willNeed(_ range: Range<Int>) {
      #if os(Linux)
        guard let pages = pages(range) else { return }
        _ = madvise(base + pages.lowerBound, pages.count, MADV_WILLNEED)
      #endif
    }

    /// Takes some bytes out of this process's memory, after what has changed in them is written.
    ///
    /// The contents stay: the next use finds them in the file, or in what the system still keeps of it.
    package func release(_ range: Range<Int>, isChanged: Bool) {
      #if os(Linux)
        guard let pages = pages(range) else { return }
        if isChanged { _ = msync(base + pages.lowerBound, pages.count, MS_SYNC) }
        _ = madvise(base + pages.lowerBound, pages.count, MADV_DONTNEED)
      #endif
    }

    /// The pages from the one in which a range begins up to that in which it ends, the last of the part included.
    private func pages(_ range: Range<Int>) -> Range<Int>? {
      let page = 65_536  // a multiple of every page size
      let end = range.upperBound >= bytes ? bytes : range.upperBound / page * page
      let first = range.lowerBound / page * page
      return first < end ? first..<end : nil
    }
  }
#endif
