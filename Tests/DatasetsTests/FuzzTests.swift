// SPDX-License-Identifier: Apache-2.0
// Espalier: damaged files against every reader.

internal import Datasets
internal import SparseCore
internal import Testing

@Suite("Damaged files")
struct FuzzTests {
  @Test("are read or refused with words, by every reader", arguments: ReaderFuzz.readers)
  func readers(reader: String) {
    let summary = ReaderFuzz.run(reader, count: 200, seed: 11)
    #expect(summary.inputs == 200 && summary.accepted + summary.refused == 200)
    #expect(summary.accepted > 0 && summary.refused > 0)
    #expect(summary.faults == [])
  }

  @Test("are the same for the same seed")
  func reproducible() {
    var one = Mutator(seed: 5)
    var two = Mutator(seed: 5)
    let sample = (0..<50).map { UInt8($0) }
    for _ in 0..<50 { #expect(one.mutate(sample, other: [9, 9]) == two.mutate(sample, other: [9, 9])) }
    #expect(ReaderFuzz.run("csv", count: 50, seed: 1) == ReaderFuzz.run("csv", count: 50, seed: 1))
  }
}
