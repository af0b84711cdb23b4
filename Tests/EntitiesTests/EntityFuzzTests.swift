// SPDX-License-Identifier: Apache-2.0
// Espalier: damaged models and rollouts.

import Datasets
import Entities
import Testing

@Suite("Damaged models and rollouts")
struct EntityFuzzTests {
  private func run(
    _ samples: [[UInt8]], path: String, _ read: ([UInt8]) throws(FileError) -> String?
  ) throws -> (accepted: Int, refused: Int) {
    var result = (accepted: 0, refused: 0)
    for sample in samples { #expect(try read(sample) == nil, "\(String(decoding: sample, as: UTF8.self))") }
    for seed in 0..<600 {
      var mutator = Mutator(seed: UInt64(seed))
      let bytes = mutator.mutate(samples[seed % samples.count], other: samples[(seed + 1) % samples.count])
      do throws(FileError) {
        let odd = try read(bytes)
        #expect(odd == nil, "seed \(seed)")
        result.accepted += 1
      } catch {
        result.refused += 1
        switch error {
        case .format(_, let expected, let got, _): #expect(!expected.isEmpty && !got.isEmpty, "seed \(seed)")
        default: Issue.record("seed \(seed): \(error)")
        }
      }
    }
    return result
  }

  @Test("are read or refused with words", arguments: ["m.json", "n.bif", "r.csv"])
  func damaged(path: String) throws {
    let samples = ["m.json": EntityFuzz.models, "n.bif": EntityFuzz.networks, "r.csv": EntityFuzz.tables][path] ?? []
    let result = try run(samples, path: path) { bytes throws(FileError) in
      path == "r.csv" ? try EntityFuzz.rollouts(bytes, path: path) : try EntityFuzz.model(bytes, path: path)
    }
    #expect(result.accepted > 20 && result.refused > 20, "\(result)")
  }
}
