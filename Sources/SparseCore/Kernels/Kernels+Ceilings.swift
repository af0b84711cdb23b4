// SPDX-License-Identifier: Apache-2.0
// Espalier: what this machine can do at most.

internal import CKernels

/// Probes for benchmarks: each does one thing that sparse layers do, and nothing else, on the calling thread.
extension Kernels {
  /// Multiply-adds out of registers.
  ///
  /// - Parameter rounds: how long; a round is ten vectors, one after the other.
  /// - Returns: the multiply-adds done; one is two floating-point operations.
  package static func probeMultiplyAdd(rounds: Int) -> Int {
    var sink: Float = 0
    return Int(table.pointee.probe_multiply_add(Int64(rounds), &sink))
  }

  /// Reads a vector in order, `4 x count` bytes.
  ///
  /// - Parameter values: a multiple of 128 floats.
  package static func probeRead(_ values: Vector) {
    precondition(values.count % 128 == 0, "expected a multiple of 128 floats to read, got \(values.count)")
    var sink: Float = 0
    values.read { table.pointee.probe_read(Int64(values.count), $0, &sink) }
  }
}

/// Reads rows of a table in a given order, as a forward pass reads the activations of its inputs.
package struct RowProbe: Sendable {
  private let values: Vector
  private let width: Int
  private let order: [UInt32]
  private let ahead: Int

  /// Prepares the probe.
  ///
  /// - Parameters:
  ///   - values: the table, `[rows, width]`.
  ///   - width: floats of a row, a multiple of 32.
  ///   - order: the rows to read, an even number of them; the last `ahead` are only asked for.
  ///   - ahead: how many rows ahead to prefetch into the second cache, an even number; 0 for none.
  package init(values: Vector, width: Int, order: [UInt32], ahead: Int) {
    precondition(width > 0 && width % 32 == 0, "expected rows of a multiple of 32 floats, got \(width)")
    precondition(
      ahead >= 0 && ahead <= order.count && ahead % 2 == 0 && order.count % 2 == 0, "\(ahead) of \(order.count) rows")
    let rows = values.count / width
    for row in order { precondition(row < rows, "row \(row) of \(rows)") }
    self.values = values
    self.width = width
    self.order = order
    self.ahead = ahead
  }

  /// The bytes that one run reads.
  package var bytes: Int { 4 * width * (order.count - ahead) }

  /// Reads the rows once, on the calling thread.
  package func run() {
    var sink: Float = 0
    values.read { values in
      order.withUnsafeBufferPointer { order in
        guard let first = order.baseAddress else { return }
        Kernels.table.pointee.probe_gather_rows(
          Int64(order.count - ahead), first, Int64(width), Int64(ahead), values, &sink)
      }
    }
  }
}
