// SPDX-License-Identifier: Apache-2.0
// Espalier: 16-bit places inside windows.

/// The chosen inputs of each neuron as offsets into its window, rising within a neuron; never changed once made.
///
/// Safety: `base` is valid for `count` numbers as long as the object lives. It is written only while it is made, which
/// makes `@unchecked Sendable` sound.
package final class WindowOffsets: @unchecked Sendable {
  package let base: UnsafeMutablePointer<UInt16>
  package let count: Int
  /// Two offsets lie in the room of one float.
  package let storage: AlignedStorage

  package convenience init(count: Int) {
    self.init(count: count, storage: AlignedStorage(count: (count + 1) / 2))
  }

  init(count: Int, storage: AlignedStorage) {
    self.count = count
    self.storage = storage
    base = UnsafeMutableRawPointer(storage.base).bindMemory(to: UInt16.self, capacity: count)
  }

  package subscript(index: Int) -> Int {
    precondition(index >= 0 && index < count, "offset \(index) of \(count)")
    return Int(base[index])
  }
}
