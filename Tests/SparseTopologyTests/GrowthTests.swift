// SPDX-License-Identifier: Apache-2.0
// Espalier: the laws of growing.

import SparseCore
import Testing

@testable import SparseTopology

@Suite("Growth")
struct GrowthTests {
  /// The slow truth of RigL: score every free cell, sort, take the first.
  private func bruteForce(_ count: Int, _ site: GrowthSite, _ source: GradientSource) -> [Connection] {
    let old = Samples.connections(site.weights.pattern)
    let survivors = Set(old.indices.filter { !site.dropped.contains($0) }.map { old[$0] })
    var scored: [(Float, Connection)] = []
    for row in 0..<source.rows {
      for column in 0..<source.columns where !survivors.contains(Connection(row: row, column: column)) {
        scored.append((Samples.gradient(source, row, column), Connection(row: row, column: column)))
      }
    }
    return scored.sorted(by: isStronger).prefix(count).map(\.1).sorted()
  }

  @Test("RigL's growth is the sorted dense gradient, with 1, 2 and 3 threads", arguments: [1, 2, 3])
  func strongest(threads: Int) {
    for seed in 0..<12 as Range<UInt64> {
      var random = Random(seed: seed).split("sizes")
      let (rows, columns, samples) = (1 + random.below(17), 1 + random.below(23), 1 + random.below(70))
      let count = random.below(rows * columns + 1)
      let weights = Samples.weights(rows, columns, count: count, seed: seed)
      let dropped = random.distinct(count / 3, below: max(1, count))
      let source = Samples.gradients(
        rows, columns, samples: samples, seed: seed, threads: threads, ties: seed % 3 == 0)
      let site = GrowthSite(weights: weights, dropped: dropped, gradients: source)
      for wanted in Set([0, 1, dropped.count, site.absentCount / 2, site.absentCount + dropped.count])
      where wanted <= site.absentCount + dropped.count {
        #expect(site.strongest(wanted) == bruteForce(wanted, site, source), "seed \(seed), \(wanted) wanted")
      }
    }
  }

  @Test("several waves of stretches, rows longer than a tile and cut-backs find the same cells")
  func waves() {
    let (rows, columns) = (31, 9001)
    let weights = Samples.weights(rows, columns, count: 4000, seed: 2)
    var random = Random(seed: 3)
    let dropped = random.distinct(1000, below: 4000)
    let input = Activations(features: columns, capacity: 1)
    let output = Activations(features: rows, capacity: 1)
    // Rising strength, so that late cells push early ones out and the limit keeps moving.
    for column in 0..<columns { input[column, 0] = Float(column % 1009) }
    for row in 0..<rows { output[row, 0] = Float(row + 1) }
    let results = [1, 3].map { threads in
      let source = GradientSource(input: input, outputGradient: output, workers: Workers(threads: threads))
      return GrowthSite(weights: weights, dropped: dropped, gradients: source).strongest(1000)
    }
    #expect(results[0] == results[1])
    let source = GradientSource(input: input, outputGradient: output, workers: Workers(threads: 1))
    let chosen = Set(results[0])
    let old = Samples.connections(weights.pattern)
    let survivors = Set(old.indices.filter { !dropped.contains($0) }.map { old[$0] })
    #expect(chosen.count == 1000 && chosen.isDisjoint(with: survivors))
    let weakest = results[0].map { (Samples.gradient(source, $0.row, $0.column), $0) }.max(by: isStronger)
    guard let weakest else { return }
    var stronger = 0
    for row in 0..<rows {
      for column in 0..<columns {
        let connection = Connection(row: row, column: column)
        let scored = (Float(column % 1009) * Float(row + 1), connection)
        if !isStronger(weakest, scored) && !survivors.contains(connection) { stronger += 1 }
      }
    }
    #expect(stronger == 1000)
  }

  @Test("NaN gradients grow last")
  func notANumber() {
    let source = Samples.gradients(2, 3, samples: 1, seed: 1)
    source.input[1, 0] = .nan
    let site = GrowthSite(
      weights: Samples.weights(2, 3, count: 0, seed: 1), dropped: [], gradients: source)
    #expect(site.strongest(4).allSatisfy { $0.column != 1 })
    #expect(site.strongest(5).count { $0.column == 1 } == 1)
  }

  @Test("random growth finds every free cell equally often, dropped ones too")
  func uniform() {
    let weights = Samples.weights(4, 5, count: 8, seed: 4)
    let site = GrowthSite(weights: weights, dropped: [0, 3, 7])
    let old = Samples.connections(weights.pattern)
    let survivors = Set([1, 2, 4, 5, 6].map { old[$0] })
    var random = Random(seed: 6)
    var hits: [Connection: Int] = [:]
    let draws = 3000
    for _ in 0..<draws {
      let grown = site.random(3, random: &random)
      #expect(grown.count == 3 && grown == Set(grown).sorted() && survivors.isDisjoint(with: grown))
      for connection in grown { hits[connection, default: 0] += 1 }
    }
    // 15 free cells, each with p = 1/5; a chi square of 14 degrees stays under 40 (p > .9997).
    #expect(hits.count == 15)
    let expected = Double(draws) / 5
    let chiSquare = hits.values.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / (expected * 0.8) }
    #expect(chiSquare < 40, "\(chiSquare)")
  }

  @Test("every set of free cells is as likely to grow as any other")
  func uniformSets() {
    let weights = Samples.weights(3, 4, count: 7, seed: 4)
    let site = GrowthSite(weights: weights, dropped: [1, 4])
    var random = Random(seed: 8)
    // 3 of 7 free cells are 35 sets, 4 of 7, drawn by leaving out, as many; a chi square of 34 stays under 75.
    for count in [3, 4] {
      var hits: [[Connection]: Int] = [:]
      for _ in 0..<1400 { hits[site.random(count, random: &random), default: 0] += 1 }
      let chiSquare = hits.values.reduce(0) { $0 + Double(($1 - 40) * ($1 - 40)) / 40 }
      #expect(hits.count == 35 && chiSquare < 75 && chiSquare > 10, "\(chiSquare)")
    }
  }

  @Test("large layers grow what they should, the same with any number of threads", arguments: [20, 2000])
  func large(rows: Int) {
    // Few long rows and many short ones take different ways through the draw.
    let columns = 400_000 / rows
    let weights = Samples.weights(rows, columns, count: 20_000, seed: 3)
    let dropped = Pruning.magnitude.positions(dropping: 6000, of: weights)
    let old = Samples.connections(weights.pattern)
    var live = Set(old)
    for position in dropped { live.remove(old[position]) }
    let results = [1, 2, 3].map { threads in
      var random = Random(seed: 5)
      let site = GrowthSite(weights: weights, dropped: dropped, workers: Workers(threads: threads))
      return site.random(6000, random: &random)
    }
    #expect(results[0] == results[1] && results[0] == results[2])
    #expect(results[0].count == 6000 && results[0] == Set(results[0]).sorted())
    #expect(live.isDisjoint(with: results[0]))
  }

  @Test("sampled growth takes the strongest of its sample, and nothing dropped")
  func sampled() {
    for seed in 0..<20 as Range<UInt64> {
      let weights = Samples.weights(9, 13, count: 20 + 4 * Int(seed), seed: seed)
      let source = Samples.gradients(9, 13, samples: 5, seed: seed)
      let site = GrowthSite(weights: weights, dropped: [1, 5, 6], gradients: source)
      let candidates = min(weights.count, site.absentCount)
      var random = Random(seed: seed)
      var again = random
      let grown = site.strongest(3, among: candidates, random: &random)
      // Growing the whole sample shows the sample.
      let sample = site.strongest(candidates, among: candidates, random: &again)
      #expect(sample.count == candidates && sample == Set(sample).sorted())
      #expect(sample.allSatisfy { !weights.pattern.contains(row: $0.row, column: $0.column) })
      let best = sample.map { (Samples.gradient(source, $0.row, $0.column), $0) }.sorted(by: isStronger)
      #expect(grown == best.prefix(3).map(\.1).sorted())
    }
  }

  @Test("the sample of sampled growth is uniform")
  func sampledUniformly() {
    let weights = Samples.weights(4, 5, count: 8, seed: 9)
    let site = GrowthSite(weights: weights, dropped: [2], gradients: Samples.gradients(4, 5, samples: 1, seed: 9))
    var random = Random(seed: 10)
    var hits: [Connection: Int] = [:]
    // Growing the whole sample shows the sample: 4 of 12 absent cells, each with p = 1/3.
    for _ in 0..<3000 {
      for connection in site.strongest(4, among: 4, random: &random) { hits[connection, default: 0] += 1 }
    }
    #expect(hits.count == 12)
    let chiSquare = hits.values.reduce(0) { $0 + (Double($1) - 1000) * (Double($1) - 1000) / (1000 * 2.0 / 3) }
    #expect(chiSquare < 35, "\(chiSquare)")
  }

  @Test("gradients at a pattern are the dense gradient's, over several blocks of samples", arguments: [1, 3])
  func gradients(threads: Int) {
    for samples in [1, 16, 17, 33, 130] {
      let source = Samples.gradients(5, 7, samples: samples, seed: 8, threads: threads)
      let pattern = Samples.pattern(5, 7, count: 18, seed: 8)
      let expected = Samples.connections(pattern).map { Samples.gradient(source, $0.row, $0.column) }
      let got = source.gradients(at: pattern).elements
      #expect(zip(expected, got).allSatisfy { abs($0 - $1) <= 1e-4 * (1 + abs($0)) }, "\(samples) samples")
    }
  }
}
