// SPDX-License-Identifier: Apache-2.0
// Espalier: aligned memory shared by Vector and Activations.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A zeroed block of floats on a 64-byte boundary, freed with its last owner.
///
/// Blocks of 4 MiB and more are mapped: they lie on 2 MiB boundaries, ask the kernel for huge pages, which the random row
/// accesses of sparse layers repay, and take memory only where they are touched. A block may also lie in a file, see
/// ``StorageFile``. The memory is rounded up to whole vectors of 16 floats.
///
/// Safety: `base` is valid for `count` floats as long as the object lives; whoever reads through it keeps the object
/// alive for that long. The class is `@unchecked Sendable` because its only users are value types that copy before
/// they write (`Vector`) and workers that write disjoint ranges (`Activations`).
package final class AlignedStorage: @unchecked Sendable {
  package let base: UnsafeMutablePointer<Float>
  package let count: Int
  #if !hasFeature(Embedded)
    /// What to unmap in the end; nil for memory of the allocator.
    private let mapping: UnsafeMutableRawBufferPointer?
    /// The file behind the memory; nil for memory of its own.
    package let file: StorageFile?
  #endif

  static let hugePage = 2 << 20

  package init(count: Int) {
    precondition(count >= 0, "storage of \(count) floats")
    self.count = count
    let bytes = Self.bytes(count)
    #if !hasFeature(Embedded)
      file = nil
      if bytes >= 2 * Self.hugePage {
        let (start, mapping) = Self.mapped(bytes)
        self.mapping = mapping
        base = start.bindMemory(to: Float.self, capacity: bytes / MemoryLayout<Float>.stride)
        return
      }
      mapping = nil
    #endif
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    base = raw.bindMemory(to: Float.self, capacity: bytes / MemoryLayout<Float>.stride)
  }

  private static func bytes(_ count: Int) -> Int { max(64, (count * MemoryLayout<Float>.stride + 63) & ~63) }

  #if !hasFeature(Embedded)
    /// Makes a zeroed block in a file of its own, which nobody sees and which is gone with the block.
    ///
    /// - Throws: ``StorageError`` when the folder cannot be written or the disk has not room enough.
    package init(count: Int, in folder: String) throws(StorageError) {
      precondition(count >= 0, "storage of \(count) floats")
      let bytes = Self.bytes(count)
      let file = try StorageFile(bytes: bytes, in: folder)
      self.count = count
      self.file = file
      mapping = nil
      base = file.start.bindMemory(to: Float.self, capacity: bytes / MemoryLayout<Float>.stride)
    }

    /// Zeroed pages that begin on a huge page.
    private static func mapped(
      _ bytes: Int
    ) -> (start: UnsafeMutableRawPointer, mapping: UnsafeMutableRawBufferPointer) {
      let room = bytes + hugePage
      let flags = MAP_PRIVATE | MAP_ANON
      guard let raw = mmap(nil, room, PROT_READ | PROT_WRITE, flags, -1, 0), raw != MAP_FAILED else {
        preconditionFailure("out of memory: no room for \(bytes) bytes")
      }
      let page = UInt(hugePage)
      let start = UnsafeMutableRawPointer(bitPattern: (UInt(bitPattern: raw) + page - 1) & ~(page - 1))
      guard let start else { preconditionFailure("a mapping at address 0") }
      #if os(Linux)
        _ = madvise(start, bytes, 14)  // MADV_HUGEPAGE; a refusal costs only speed
      #endif
      return (start, UnsafeMutableRawBufferPointer(start: raw, count: room))
    }
  #endif

  deinit {
    #if !hasFeature(Embedded)
      if file != nil { return }  // it unmaps itself
      if let mapping {
        _ = munmap(mapping.baseAddress, mapping.count)
        return
      }
    #endif
    UnsafeMutableRawPointer(base).deallocate()
  }
}
