// SPDX-License-Identifier: Apache-2.0
// Espalier: probes of the machine's ceilings.

import CKernels
import Testing

@testable import SparseCore

@Suite("Ceilings")
struct CeilingTests {
  private static let names = ["portable", "avx2", "avx512", "neon"]

  @Test("probes do all of the work they are paid for, on every instruction set", arguments: names)
  func work(name: String) throws {
    guard let table = espalier_kernels_named(name) else { return }
    var sink: Float = 0
    let done = table.pointee.probe_multiply_add(100, &sink)
    #expect(done > 0 && done % 1000 == 0)
    #expect(abs(sink - 5) < 1e-3, "ten sums near 0.25 / (1 - 0.5)")

    let values = (0..<512).map { Float($0 % 7) }
    table.pointee.probe_read(512, values, &sink)
    let lanes = Int(done) / 1000
    #expect(sink == Self.sum(values[...], every: lanes))

    let order: [UInt32] = [3, 0, 3, 7, 1, 1]
    table.pointee.probe_gather_rows(4, order, 64, 2, values, &sink)
    var expected: Float = 0
    for row in order.prefix(4) {
      let first = Int(row) * 64
      expected += Self.sum(values[first..<first + 64], every: lanes)
    }
    #expect(sink == expected)
  }

  /// The sum of the first value of each vector: what a probe leaves in its sink.
  private static func sum(_ values: ArraySlice<Float>, every lanes: Int) -> Float {
    var sum: Float = 0
    for index in stride(from: values.startIndex, to: values.endIndex, by: lanes) { sum += values[index] }
    return sum
  }

  @Test("a row probe counts the bytes it reads, not those it asks for")
  func bytes() {
    let probe = RowProbe(values: Vector(repeating: 1, count: 256), width: 64, order: [0, 3, 1, 2], ahead: 2)
    #expect(probe.bytes == 2 * 256)
    probe.run()
    #expect(Kernels.probeMultiplyAdd(rounds: 3) % 30 == 0)
    Kernels.probeRead(Vector(repeating: 1, count: 256))
  }
}
