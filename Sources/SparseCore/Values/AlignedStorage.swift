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
/// Blocks of 4 MiB and more lie on 2 MiB boundaries and ask the kernel for huge pages, which the random row accesses
/// of sparse layers repay.
///
/// Safety: `base` is valid for `count` floats as long as the object lives; whoever reads through it keeps the object
/// alive for that long. The class is `@unchecked Sendable` because its only users are value types that copy before
/// they write (`Vector`) and workers that write disjoint ranges (`Activations`).
package final class AlignedStorage: @unchecked Sendable {
  package let base: UnsafeMutablePointer<Float>
  package let count: Int

  static let hugePage = 2 << 20

  package init(count: Int) {
    precondition(count >= 0, "storage of \(count) floats")
    self.count = count
    let bytes = max(64, (count * MemoryLayout<Float>.stride + 63) & ~63)
    let huge = bytes >= 2 * Self.hugePage
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: bytes, alignment: huge ? Self.hugePage : 64)
    #if os(Linux)
      if huge { _ = madvise(raw, bytes, 14) }  // MADV_HUGEPAGE; a refusal costs only speed
    #endif
    raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    base = raw.bindMemory(to: Float.self, capacity: bytes / MemoryLayout<Float>.stride)
  }

  deinit {
    UnsafeMutableRawPointer(base).deallocate()
  }
}
