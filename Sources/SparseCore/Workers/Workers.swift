// SPDX-License-Identifier: Apache-2.0
// Espalier: a persistent pool of threads.

internal import CKernels

/// A fixed team of threads that share out numbered tasks.
///
/// The caller splits its work into tasks by the *shape* of the work, never by the number of threads, and each task
/// writes its own part of the result: so the bytes are the same for any thread count. Which thread runs a task is
/// decided by an atomic counter; the caller helps. A run from within a task, or while another thread runs one, is done by
/// its caller alone. Between runs the threads spin for a moment, then sleep.
///
///     let workers = Workers(threads: 2)
///     workers.forEach(8) { task in … }
public final class Workers: Sendable {
  /// The threads asked for, the caller's included.
  public let threads: Int
  #if !hasFeature(Embedded)
    private let pool: Pool?
  #endif

  /// Starts a team.
  ///
  /// - Parameter threads: how many, the caller included; nil takes every core this process may use. When the system
  ///   refuses some, the others do the work; Embedded Swift has none to start, and the caller does it all. The results
  ///   are the same.
  public init(threads: Int? = nil) {
    let asked = threads ?? Self.availableCores
    precondition(asked > 0, "a team of \(asked) threads")
    self.threads = asked
    #if !hasFeature(Embedded)
      pool = asked > 1 ? Pool(helpers: asked - 1) : nil
    #endif
  }

  #if !hasFeature(Embedded)
    deinit {
      pool?.stop()
    }
  #endif

  /// Runs `body` for each task `0 ..< count` and returns when all are done.
  ///
  /// - Complexity: one closure context is allocated a call.
  public func forEach(_ count: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      run(count, body) { body, task in body(task) }
    }
  }

  /// Runs `body(job, task)` for each task `0 ..< count`, without any allocation when `body` captures nothing.
  ///
  /// - Parameter parallel: false keeps work too small to share (under about 30 µs) on the caller's thread.
  @inline(__always)
  package func run<Job>(
    _ count: Int, _ job: Job, parallel: Bool = true, _ body: @escaping (Job, Int) -> Void
  ) {
    #if !hasFeature(Embedded)
      if let pool, parallel, count > 1 {
        let isShared = withUnsafePointer(to: (job, body)) { pair in
          pool.run(count, UnsafeRawPointer(pair)) { raw, task in
            let pair = raw.assumingMemoryBound(to: (Job, (Job, Int) -> Void).self)
            pair.pointee.1(pair.pointee.0, task)
          }
        }
        if isShared { return }
      }
    #endif
    for task in 0..<max(0, count) { body(job, task) }
  }

  /// The cores this process may use.
  public static var availableCores: Int {
    max(1, Int(espalier_available_cores()))
  }
}
