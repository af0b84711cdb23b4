// SPDX-License-Identifier: Apache-2.0
// Espalier: one process at a time in a folder.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A folder held by one process.
///
/// The lock is on the folder itself and leaves no file behind. The system lets go of it when the process ends, however
/// it ends.
package final class FolderLock: Sendable {
  private let descriptor: Int32

  /// Takes a folder, unless somebody holds it.
  ///
  /// A folder that cannot be locked, because its file system knows no locks, is taken without.
  ///
  /// - Returns: nil when another process, or another lock of this one, holds the folder.
  package init?(_ folder: String) {
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    var failed = flock(descriptor, LOCK_EX | LOCK_NB) != 0
    while failed && errno == EINTR { failed = flock(descriptor, LOCK_EX | LOCK_NB) != 0 }
    if failed && errno == EWOULDBLOCK { return nil }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }
}
