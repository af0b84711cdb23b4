// SPDX-License-Identifier: Apache-2.0
// Espalier: where very large layers come to life.

public import SparseCore

/// Who draws connections, and where the layers of very many neurons lie; the network is the same whatever it says.
public struct BirthSite: Sendable {
  /// The threads that draw.
  public let workers: Workers
  #if !hasFeature(Embedded)
    /// The file that windowed layers lie in as long as it has room; nil keeps all in memory.
    public let file: StorageFile?

    /// Names the threads, the caller's alone unless stated, and the file.
    public init(workers: Workers = Workers(threads: 1), file: StorageFile? = nil) {
      self.workers = workers
      self.file = file
    }
  #else
    /// Names the threads.
    public init(workers: Workers = Workers(threads: 1)) {
      self.workers = workers
    }
  #endif
}
