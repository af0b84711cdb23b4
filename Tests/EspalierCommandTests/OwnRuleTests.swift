// SPDX-License-Identifier: Apache-2.0
// Espalier: the tutorial's code is compiled, runs, and keeps the laws.

import Espalier
import SparseCore
import SparseTopology
import Testing

@testable import Training

@Suite("Write your own rule")
struct OwnRuleTests {
  private static func text(_ path: String) throws -> String {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    let bytes = try InputFile.contents(of: root + "/" + path, limit: 1 << 20)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("every block of the page stands word for word in the compiled file, and every type of the file on the page")
  func page() throws {
    let page = try Self.text("Documentation/OwnRule.md")
    let code = try Self.text("Tests/EspalierCommandTests/OwnRule.swift")
    let blocks = page.components(between: "```swift\n", and: "```")
    #expect(blocks.count == 4)
    for block in blocks { #expect(code.contains(block), "changed: \(block)") }
    let names = code.split(separator: "\n").filter {
      $0.hasPrefix("struct") || $0.hasPrefix("ext") || $0.hasPrefix("func")
    }
    #expect(names.count == 4)
    for name in names { #expect(page.contains(name)) }
  }

  @Test("the rule of dropping drops the smallest shares, the rule of growth half by gradient")
  func rules() {
    // Two neurons: shares 1/10, 4/10, 5/10 and 2/3, 1/3.
    let pattern = SparsityPattern(
      trustedRows: 2, columns: 3, rowStarts: [0, 3, 5], columnIndices: [0, 1, 2, 0, 2])
    let weights = SparseMatrix(pattern: pattern, values: Vector([-1, 4, 5, 0.2, -0.1]))
    #expect(LeastOfItsNeuron().positions(dropping: 2, of: weights) == [0, 4])
    #expect(LeastOfItsNeuron().positions(dropping: 5, of: weights) == [0, 1, 2, 3, 4])
    let input = Activations(features: 30, capacity: 1)
    let output = Activations(features: 20, capacity: 1)
    for column in 0..<30 { input[column, 0] = Float(column) }
    for row in 0..<20 { output[row, 0] = 1 }
    let empty = SparseMatrix(
      pattern: SparsityPattern(
        trustedRows: 20, columns: 30, rowStarts: Array(repeating: 0, count: 21), columnIndices: []),
      values: Vector(count: 0))
    let site = GrowthSite(
      weights: empty, dropped: [],
      gradients: GradientSource(input: input, outputGradient: output, workers: Workers(threads: 1)))
    var random = Random(seed: 1)
    let grown = HalfByGradient().connections(growing: 100, at: site, random: &random)
    #expect(Set(grown).count == 100 && grown == grown.sorted())
    // The strong half lies in the upper half of the inputs, the other anywhere: a mean of about 18.4 in place of 14.5.
    let mean = Double(grown.reduce(0) { $0 + $1.column }) / 100
    #expect(mean > 16.5 && mean < 21)
  }

  @Test("the method trains, moves connections and keeps the total")
  func method() throws {
    #expect(try accuracy(of: .halfAndHalf(), seed: 1) > 0.9)
    let data = Dataset.twoMoons(samples: 100, noise: 0.1, seed: 1)
    let network = try Network(inputs: 2, topology: .erk(density: 0.2), seed: 1) {
      SparseLinear(40)
      ReLU()
      SparseLinear(40)
      ReLU()
      SparseLinear(2)
    }
    let trainer = Trainer(evolution: .halfAndHalf(every: .steps(3)), epochs: 10, batchSize: 20, seed: 2, threads: 1)
    let session = try TrainingSession(trainer, network: network, train: data)
    var moved = 0
    while session.progress.step < session.totalSteps {
      moved += session.step().rewiring?.moved ?? 0
      #expect(session.network.connectionCount == network.connectionCount)
    }
    #expect(moved > 100)
  }
}

extension String {
  /// What stands between each pair of marks.
  func components(between start: String, and end: String) -> [String] {
    split(separator: start, omittingEmptySubsequences: false).dropFirst().map { part in
      String(part.split(separator: end, maxSplits: 1, omittingEmptySubsequences: false).first ?? "")
    }
  }
}
