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
    /// The part of a file behind the memory; nil for memory of its own.
    package let part: StoragePart?
  #endif

  static let hugePage = 2 << 20

  package init(count: Int) {
    precondition(count >= 0, "storage of \(count) floats")
    self.count = count
    #if !hasFeature(Embedded)
      part = nil
      (base, mapping) = Self.memory(Self.bytes(count))
    #else
      base = Self.allocated(Self.bytes(count))
    #endif
  }

  private static func allocated(_ bytes: Int) -> UnsafeMutablePointer<Float> {
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    return raw.bindMemory(to: Float.self, capacity: bytes / MemoryLayout<Float>.stride)
  }

  private static func bytes(_ count: Int) -> Int { max(64, (count * MemoryLayout<Float>.stride + 63) & ~63) }

  #if !hasFeature(Embedded)
    /// Takes the next part of a file, or memory when the file has too little left.
    package init(count: Int, in file: StorageFile?) {
      precondition(count >= 0, "storage of \(count) floats")
      let bytes = Self.bytes(count)
      self.count = count
      part = file?.part(bytes: bytes)
      if let part {
        mapping = nil
        base = part.base.bindMemory(to: Float.self, capacity: bytes / MemoryLayout<Float>.stride)
      } else {
        (base, mapping) = Self.memory(bytes)
      }
    }

    /// Zeroed memory: of the allocator, or pages that begin on a huge page.
    private static func memory(
      _ bytes: Int
    ) -> (base: UnsafeMutablePointer<Float>, mapping: UnsafeMutableRawBufferPointer?) {
      guard bytes >= 2 * hugePage else { return (allocated(bytes), nil) }
      let room = bytes + hugePage
      guard let raw = mmap(nil, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0), raw != MAP_FAILED else {
        preconditionFailure("out of memory: no room for \(bytes) bytes")
      }
      let skipped = (hugePage - Int(bitPattern: raw) % hugePage) % hugePage
      let start = raw + skipped
      #if os(Linux)
        _ = madvise(start, bytes, 14)  // MADV_HUGEPAGE; a refusal costs only speed
      #endif
      return (
        start.bindMemory(to: Float.self, capacity: bytes / MemoryLayout<Float>.stride),
        UnsafeMutableRawBufferPointer(start: raw, count: room)
      )
    }
  #endif

  deinit {
    #if !hasFeature(Embedded)
      if part != nil { return }  // the file unmaps itself
      if let mapping {
        _ = munmap(mapping.baseAddress, mapping.count)
        return
      }
    #endif
    UnsafeMutableRawPointer(base).deallocate()
  }
}
