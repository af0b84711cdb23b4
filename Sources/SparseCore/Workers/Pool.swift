// SPDX-License-Identifier: Apache-2.0
// Espalier: the threads behind Workers; Embedded Swift does without.

#if !hasFeature(Embedded)
  internal import CKernels
  internal import Synchronization

  #if canImport(Glibc)
    internal import Glibc
  #elseif canImport(Musl)
    internal import Musl
  #elseif canImport(Darwin)
    internal import Darwin
  #endif

  /// The threads behind `Workers` and the one job they share at a time.
  ///
  /// A job has a door: the caller opens it, helpers go in while it is open, and the caller shuts it when no task is left
  /// to begin and waits for those inside. A helper that is asleep or not scheduled keeps nobody waiting.
  ///
  /// Each thread has a share of the tasks, one stretch of their numbers, which it works through first, so that what it
  /// touched in the last job lies in its own cache in the next. Then it takes what others have not begun.
  ///
  /// Safety: `job`, `context` and `count` are written by the caller while the door is shut and nobody is inside, before
  /// it opens the door (releasing); helpers read them only between going in (acquiring) and coming out (releasing).
  final class Pool: @unchecked Sendable {
    typealias Job = (UnsafeRawPointer, Int) -> Void

    private let generation = Atomic<Int>(0)
    /// The next task of each thread's share, one a cache line.
    private let nextTasks: UnsafeMutablePointer<Atomic<Int>>
    private let threads: Int
    /// 1 while the door is open, and 2 for each helper inside.
    private let door = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private let calling = Mutex<Void>(())
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    private var count = 0
    private var context: UnsafeRawPointer?
    private var job: Job?
    private let stopping = Atomic<Bool>(false)
    private var handles: [pthread_t] = []

    /// Atomics from one thread's to the next, so that no two share a cache line.
    private static let stride = 16

    /// A helper thread's argument.
    private final class Helper: Sendable {
      let pool: Pool
      let number: Int

      init(pool: Pool, number: Int) {
        self.pool = pool
        self.number = number
      }
    }

    /// How often a helper looks for new work before it sleeps: tens of microseconds.
    private static let spins = 4_000

    /// Starts helpers; a system that refuses some leaves a smaller team, which does the same work to the same bytes.
    init(helpers wanted: Int) {
      threads = wanted + 1
      nextTasks = .allocate(capacity: threads * Self.stride)
      for thread in 0..<threads * Self.stride { (nextTasks + thread).initialize(to: Atomic(0)) }
      lock = .allocate(capacity: 1)
      wake = .allocate(capacity: 1)
      pthread_mutex_init(lock, nil)
      pthread_cond_init(wake, nil)
      for number in 0..<wanted {
        let retained = Unmanaged.passRetained(Helper(pool: self, number: number + 1))
        #if canImport(Darwin)
          var handle: pthread_t?
        #else
          var handle = pthread_t()
        #endif
        let failure = pthread_create(
          &handle, nil,
          { argument in
            let raw: UnsafeMutableRawPointer? = argument
            if let raw {
              let helper = Unmanaged<Helper>.fromOpaque(raw).takeRetainedValue()
              helper.pool.serve(helper.number)
            }
            return nil
          }, retained.toOpaque())
        guard failure == 0 else {
          retained.release()
          break
        }
        #if canImport(Darwin)
          if let handle { handles.append(handle) }
        #else
          handles.append(handle)
        #endif
      }
    }

    deinit {
      pthread_cond_destroy(wake)
      pthread_mutex_destroy(lock)
      wake.deallocate()
      lock.deallocate()
      nextTasks.deinitialize(count: threads * Self.stride)
      nextTasks.deallocate()
    }

    /// Shares out a job; false when the team is at work already, on this or another thread.
    func run(_ count: Int, _ context: UnsafeRawPointer, _ job: @escaping Job) -> Bool {
      let isDone: Bool? = calling.withLockIfAvailable { _ in
        self.count = count
        self.context = context
        self.job = job
        for thread in 0..<threads {
          nextTasks[thread * Self.stride].store(shareStart(thread), ordering: .relaxed)
        }
        door.store(1, ordering: .releasing)
        publish()
        work(as: 0)
        door.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        awaitHelpers()
        self.job = nil
        return true
      }
      return isDone ?? false
    }

    func stop() {
      calling.withLock { _ in
        stopping.store(true, ordering: .releasing)
        publish()
      }
      for handle in handles { pthread_join(handle, nil) }
    }

    private func publish() {
      generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
      if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
        pthread_mutex_lock(lock)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(lock)
      }
    }

    /// The first task of a thread's share.
    private func shareStart(_ thread: Int) -> Int { thread * count / threads }

    /// Takes the tasks of the thread's own share, then those of the others' that nobody has begun.
    private func work(as thread: Int) {
      guard let job, let context else { return }
      for turn in 0..<threads {
        let owner = (thread + turn) % threads
        let end = shareStart(owner + 1)
        while true {
          let task = nextTasks[owner * Self.stride].wrappingAdd(1, ordering: .relaxed).oldValue
          if task >= end { break }
          job(context, task)
        }
      }
    }

    private func serve(_ number: Int) {
      var seen = 0
      while true {
        seen = awaitGeneration(after: seen)
        if stopping.load(ordering: .acquiring) { return }
        guard goIn() else { continue }
        work(as: number)
        door.wrappingSubtract(2, ordering: .releasing)
      }
    }

    /// Goes through the door if it is open.
    private func goIn() -> Bool {
      var state = door.load(ordering: .relaxed)
      while state & 1 == 1 {
        let (isIn, now) = door.weakCompareExchange(
          expected: state, desired: state + 2, successOrdering: .acquiring, failureOrdering: .relaxed)
        if isIn { return true }
        state = now
      }
      return false
    }

    /// Waits for the helpers inside: a moment by spinning, then by giving up the processor again and again.
    private func awaitHelpers() {
      var spins = 0
      while door.load(ordering: .acquiring) > 0 {
        spins += 1
        if spins < Self.spins { pause() } else { sched_yield() }
      }
    }

    private func awaitGeneration(after seen: Int) -> Int {
      for _ in 0..<Self.spins {
        let now = generation.load(ordering: .acquiring)
        if now != seen { return now }
        pause()
      }
      pthread_mutex_lock(lock)
      sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
      while generation.load(ordering: .sequentiallyConsistent) == seen {
        pthread_cond_wait(wake, lock)
      }
      sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
      pthread_mutex_unlock(lock)
      return generation.load(ordering: .acquiring)
    }

    @inline(__always)
    private func pause() {
      espalier_pause()
    }
  }
#endif
