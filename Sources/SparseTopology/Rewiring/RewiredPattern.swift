// SPDX-License-Identifier: Apache-2.0
// Espalier: a pattern after a rewiring, and where its connections come from.

public import SparseCore

/// A pattern after a rewiring, with the old position of every surviving connection.
///
/// Whatever is kept per connection (weights, optimizer slots, ages) is carried over with ``carry(_:newborn:workers:)``:
///
///     let rewired = rewiring.apply(to: weights.pattern)
///     weights.replace(pattern: rewired.pattern, values: rewired.carry(weights.values, newborn: 0))
///     momentum = rewired.carry(momentum, newborn: 0)
///     ages = rewired.carry(ages, newborn: 0)
public struct RewiredPattern: Sendable, Equatable {
  /// The connections after the rewiring.
  public let pattern: SparsityPattern
  /// For each new position the old one, or ``newborn``.
  public let origins: [UInt32]
  /// How many connections did not exist before.
  public let newborns: Int

  /// The origin of a connection that did not exist before.
  public static let newborn = UInt32.max

  init(pattern: SparsityPattern, origins: [UInt32], newborns: Int) {
    self.pattern = pattern
    self.origins = origins
    self.newborns = newborns
    assert(origins.count == pattern.count, "\(origins.count) origins for \(pattern.count) connections")
  }

  /// The share of connections that did not exist before, 0 for an empty layer.
  public var movedShare: Double {
    pattern.count == 0 ? 0 : Double(newborns) / Double(pattern.count)
  }

  /// Calls `body` with the position of each connection that did not exist before, rising.
  @inline(__always)
  func forEachNewborn(_ body: (Int) -> Void) {
    origins.withUnsafeBufferPointer { origins in
      var first = 0
      while first < origins.count {
        // 64 at a time: one more than the largest number carries over, which makes a bit without a branch.
        var bits: UInt64 = 0
        let length = min(64, origins.count &- first)
        var index = 0
        while index < length {
          bits |= ((UInt64(origins[first &+ index]) &+ 1) &>> 32) &<< UInt64(truncatingIfNeeded: index)
          index &+= 1
        }
        while bits != 0 {
          body(first &+ bits.trailingZeroBitCount)
          bits &= bits &- 1
        }
        first &+= 64
      }
    }
  }

  /// Moves the values of survivors to their new positions.
  ///
  /// - Parameters:
  ///   - values: one value for each old connection.
  ///   - newborn: the value of connections that did not exist before.
  ///   - workers: the threads that may help; nil leaves the caller alone. The result is the same.
  /// - Complexity: O(*count*).
  public func carry(_ values: Vector, newborn: Float, workers: Workers? = nil) -> Vector {
    var carried = Vector(count: origins.count)
    carried.write { target in
      values.read { source in
        origins.withUnsafeBufferPointer { origins in
          guard let start = origins.baseAddress else { return }
          let job = CarryJob(
            origins: start, count: origins.count, source: source, known: values.count, target: target, newborn: newborn)
          (workers ?? Workers(threads: 1)).run(
            (origins.count - 1) / CarryJob.chunk + 1, job, parallel: origins.count > 2 * CarryJob.chunk
          ) { job, task in job.run(task) }
        }
      }
    }
    return carried
  }

  /// Moves the values of survivors to their new positions.
  ///
  /// - Complexity: O(*count*).
  @inlinable
  public func carry<Element>(_ values: [Element], newborn: Element) -> [Element] {
    origins.map { $0 == Self.newborn ? newborn : values[Int($0)] }
  }
}

/// Moves the values of a stretch of connections.
///
/// Safety: task *t* writes the `chunk` values from *t* x `chunk` on, and reads below `known` only.
private struct CarryJob {
  let origins: UnsafePointer<UInt32>
  let count: Int
  let source: UnsafePointer<Float>
  let known: Int
  let target: UnsafeMutablePointer<Float>
  let newborn: Float

  static let chunk = 65_536

  func run(_ task: Int) {
    let end = min(count, (task + 1) * Self.chunk)
    var first = task * Self.chunk
    while first < end {
      carry(first..<min(end, first + 1024))
      first += 1024
    }
  }

  /// First reads a value for every connection, any for the newborn (a vector has room for one), then puts theirs in
  /// place: no branch could foresee which are newborn.
  private func carry(_ positions: Range<Int>) {
    let last = UInt32(truncatingIfNeeded: max(1, known) &- 1)
    for position in positions { target[position] = source[Int(min(origins[position], last))] }
    var faults: UInt32 = 0
    for position in positions {
      let origin = origins[position]
      let value = target[position]
      target[position] = origin == RewiredPattern.newborn ? newborn : value
      faults |= (Int(origin) < known ? 0 : 1) & (origin == RewiredPattern.newborn ? 0 : 1)
    }
    precondition(faults == 0, "\(known) values lack positions of the rewired pattern")
  }
}
