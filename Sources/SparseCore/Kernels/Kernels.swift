// SPDX-License-Identifier: Apache-2.0
// Espalier: the hot loops, in the language of the rooms above.

internal import CKernels

/// The hot loops over vectors, activations and connections, shared out over workers.
///
/// Every function splits its work into tasks by the shapes alone and lets each task write its own part, so results are
/// the same bytes for any number of threads. None allocates, unless it returns a vector.
///
/// Safety, for the whole folder: the arguments are alive during a call because its caller holds them; pointers come
/// from `read`, `write`, `lend` and `block` and do not leave the call; every wrapper checks the shapes before it lends.
package enum Kernels {
  /// The instruction set in use: "portable", "avx2", "avx512" or "neon".
  package static var name: String {
    String(cString: table.pointee.name)
  }

  static var table: UnsafePointer<espalier_kernels> {
    espalier_kernels_current()
  }

  /// Whether so many multiply-adds are worth waking the team: more than about 30 µs of work.
  static func worthSharing(_ multiplyAdds: Int) -> Bool {
    multiplyAdds >= 200_000
  }

  /// Values that one task of an elementwise function handles.
  static let chunk = 16_384

  static func chunks(_ count: Int) -> Int {
    (count + chunk - 1) / chunk
  }

  /// Items in a task when a task should do about 16,384 of `work`, spread evenly over `items`.
  static func itemsPerTask(_ items: Int, work: Int) -> Int {
    max(1, min(items, 16_384 * items / max(1, work)))
  }

  static func checkTwins(_ x: Activations, _ y: Activations) {
    precondition(
      x.features == y.features && x.lanes == y.lanes && x.samples <= y.capacity,
      """
      expected activations of equal features and lanes with room for the samples, got \
      [\(x.features), \(x.samples)] by \(x.lanes) lanes and [\(y.features), room for \(y.capacity)] by \(y.lanes)
      """)
  }

  static func checkLayer(
    outputs: Int, inputs: Int, input x: Activations, output y: Activations
  ) {
    precondition(
      x.features == inputs && y.features == outputs && x.lanes == y.lanes,
      """
      a layer [\(outputs), \(inputs)] between activations [\(x.features), \(x.samples)] by \(x.lanes) lanes and \
      [\(y.features), \(y.samples)] by \(y.lanes)
      """)
  }

  static func checkRoom(for samples: Int, in y: Activations) {
    precondition(samples <= y.capacity, "\(samples) samples in room for \(y.capacity)")
  }

  static func checkSameSamples(_ x: Activations, _ dy: Activations) {
    precondition(x.samples == dy.samples, "\(x.samples) samples in, but \(dy.samples) out")
  }

  static func checkCount(_ vector: Vector, _ count: Int, _ what: StaticString) {
    precondition(vector.count == count, "expected \(count) values of \(what), got \(vector.count)")
  }
}

extension Vector {
  /// Lends the elements for reading, or nil when there is no vector.
  static func lend<Result>(
    _ vector: Vector?, _ body: (UnsafePointer<Float>?) -> Result
  ) -> Result {
    guard let vector else { return body(nil) }
    return vector.read { body($0) }
  }

  /// Lends the elements for writing in place, or nil when there is no vector.
  static func lendForWriting(
    _ vector: inout Vector?, _ body: (UnsafeMutablePointer<Float>?) -> Void
  ) {
    guard vector != nil else { return body(nil) }
    vector?.write { body($0) }
  }
}

/// Connections as the kernels read them: starts of `count` rows (or columns) and the indices at the other end.
struct Connections {
  let starts: UnsafePointer<Int64>
  let indices: UnsafePointer<UInt32>
}

extension Connections {
  /// Lends a compressed list; `Int` and `Int64` have one layout on the 64-bit platforms of this package.
  static func lend<Result>(
    _ starts: [Int], _ indices: [UInt32], _ body: (Connections) -> Result
  ) -> Result {
    starts.withUnsafeBufferPointer { starts in
      indices.withUnsafeBufferPointer { indices in
        starts.withMemoryRebound(to: Int64.self) { starts in
          guard let first = starts.baseAddress else {
            preconditionFailure("a list of connections without row starts")
          }
          let none = UnsafePointer<UInt32>(bitPattern: MemoryLayout<UInt32>.alignment)
          guard let other = indices.baseAddress ?? none else {
            preconditionFailure("a list of connections without indices")
          }
          return body(Connections(starts: first, indices: other))
        }
      }
    }
  }
}
