// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of the generated data sets.

internal import Datasets
internal import SparseCore
internal import Testing

@Suite("Generated data sets")
struct GeneratorTests {
  @Test("the same seed gives the same numbers, another seed others")
  func reproducible() {
    #expect(Dataset.twoMoons(samples: 9, seed: 1) == Dataset.twoMoons(samples: 9, seed: 1))
    #expect(Dataset.twoMoons(samples: 9, seed: 1) != Dataset.twoMoons(samples: 9, seed: 2))
    #expect(Dataset.madelon(samples: 9, seed: 1) == Dataset.madelon(samples: 9, seed: 1))
    #expect(Dataset.teacherStudent(samples: 9, seed: 1) != Dataset.teacherStudent(samples: 9, seed: 2))
  }

  @Test("madelon's informative features lie around -2 and 2, its noise around 0, and redundant ones follow")
  func madelon() throws {
    let set = Dataset.madelon(samples: 800, features: 40, informative: 3, redundant: 2, labelNoise: 0, seed: 5)
    #expect(set.featureNames.count { $0.hasPrefix("noise") } == 35 && Set(set.featureNames).count == 40)
    for column in 0..<40 {
      let square = (0..<800).reduce(Float(0)) { $0 + set.features[$1, column] * set.features[$1, column] } / 800
      if set.featureNames[column].hasPrefix("informative") { #expect(abs(square - 5) < 0.6) }
      if set.featureNames[column].hasPrefix("noise") { #expect(abs(square - 1) < 0.25) }
    }
    // The signs of the informative features tell the class but for the noise's tail.
    let columns = try (0..<3).map { try #require(set.featureNames.firstIndex(of: "informative \($0)")) }
    var votes = [[Int]](repeating: [0, 0], count: 8)
    for sample in 0..<800 {
      let vertex = columns.enumerated().reduce(0) { $0 | (set.features[sample, $1.element] > 0 ? 1 << $1.offset : 0) }
      votes[vertex][Int(set.labels[sample])] += 1
    }
    #expect(votes.reduce(0) { $0 + max($1[0], $1[1]) } > 720)
    #expect(votes.count { $0[0] > $0[1] } == 4)
  }

  @Test("without noise the moons are half circles of radius 1")
  func moons() {
    let set = Dataset.twoMoons(samples: 401, noise: 0, seed: 2)
    #expect(set.classCounts == [201, 200])
    var angles = 0
    for sample in 0..<401 {
      let lower = set.labels[sample] == 1
      let x = lower ? 1 - set.features[sample, 0] : set.features[sample, 0]
      let y = lower ? 0.5 - set.features[sample, 1] : set.features[sample, 1]
      #expect(abs(x * x + y * y - 1) < 1e-5 && y >= 0)
      if y > 0.70710678 { angles += 1 }  // the middle half of the angles
    }
    #expect(abs(angles - 200) < 40)
  }

  @Test("parity counts the ones")
  func parity() {
    let set = Dataset.parity(bits: 7, samples: 300, seed: 1)
    for sample in 0..<300 {
      let row = set.features.row(sample)
      #expect(row.allSatisfy { $0 == 0 || $0 == 1 })
      #expect(Int(row.reduce(0, +)) % 2 == Int(set.labels[sample]))
    }
    #expect(abs(set.classCounts[0] - 150) < 40)
  }

  @Test("a teacher's classes are balanced, and its values are as many as asked for")
  func teacher() {
    let set = Dataset.teacherStudent(samples: 600, inputs: 20, hidden: 6, outputs: 3, density: 0.2, seed: 8)
    #expect(set.classCounts.allSatisfy { $0 > 80 }, "\(set.classCounts)")
    let real = Dataset.teacherStudent(
      samples: 50, inputs: 20, hidden: 6, outputs: 2, density: 1, task: .regression, seed: 8)
    guard case .values(let values) = real.targets else {
      Issue.record("regression without values")
      return
    }
    #expect(values.rows == 50 && values.columns == 2)
    #expect(Set(values.values.elements).count > 90)
  }
}
