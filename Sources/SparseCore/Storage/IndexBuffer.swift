// SPDX-License-Identifier: Apache-2.0
// Espalier: memory for the indices that kernels read.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A fixed number of integers on a 64-byte boundary (2 MiB from 4 MiB on), written once and then only read.
///
/// Kernels may read `slack` elements past the end; those are zero.
///
/// Safety: `base` is valid for `count + slack` elements as long as the object lives. Its maker fills it before anyone
/// else sees it, which makes `@unchecked Sendable` sound.
package final class IndexBuffer<Element: FixedWidthInteger & BitwiseCopyable>: @unchecked Sendable {
  package let base: UnsafeMutablePointer<Element>
  package let count: Int

  static var slack: Int { 16 }

  /// Makes zeros.
  package init(count: Int) {
    precondition(count >= 0, "a buffer of \(count) indices")
    self.count = count
    let bytes = ((count + Self.slack) * MemoryLayout<Element>.stride + 63) & ~63
    let isHuge = bytes >= 2 * AlignedStorage.hugePage
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: bytes, alignment: isHuge ? AlignedStorage.hugePage : 64)
    #if os(Linux)
      if isHuge { _ = madvise(raw, bytes, 14) }  // MADV_HUGEPAGE; a refusal costs only speed
    #endif
    raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    base = raw.bindMemory(to: Element.self, capacity: bytes / MemoryLayout<Element>.stride)
  }

  /// Copies the elements of an array.
  package convenience init(_ elements: [Element]) {
    self.init(count: elements.count)
    elements.withUnsafeBufferPointer { source in
      if let first = source.baseAddress { base.update(from: first, count: elements.count) }
    }
  }

  deinit {
    UnsafeMutableRawPointer(base).deallocate()
  }

  package var bytes: Int { count * MemoryLayout<Element>.stride }
}
