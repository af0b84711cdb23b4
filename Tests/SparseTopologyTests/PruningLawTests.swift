// SPDX-License-Identifier: Apache-2.0
// Espalier: what each rule drops, against slow counts.

import SparseCore
import Testing

@testable import SparseTopology

@Suite("Laws of pruning")
struct PruningLawTests {
  private let workers = Workers(threads: 1)

  @Test("MEST drops the smallest |w| + lambda |g|, counted slowly")
  func magnitudeAndGradient() {
    for seed in 1...20 as ClosedRange<UInt64> {
      let weights = Samples.weights(9, 11, count: 50, seed: seed)
      var random = Random(seed: seed).split("g")
      let gradient = Vector((0..<50).map { _ in 10 * random.normal() })
      var layer = EvolvingLayer(weights: weights)
      layer.gradient = gradient
      for lambda in [0, 0.01, 1] as [Float] {
        let scores = (0..<50).map { abs(weights.values[$0]) + lambda * abs(gradient[$0]) }
        let expected = (0..<50).sorted { (scores[$0], $0) < (scores[$1], $1) }.prefix(13).sorted()
        let dropped = Pruning.magnitudeAndGradient(weight: lambda).positions(
          dropping: 13, of: layer, progress: 0, random: Random(seed: 1), workers: workers)
        #expect(dropped == expected)
      }
    }
  }

  @Test("DeepR drops exactly what is zero or has changed its sign, however many the schedule says")
  func signChange() {
    for seed in 1...20 as ClosedRange<UInt64> {
      let run = UpdateRun(.deepR(), seed: seed)
      var threshold: Float = 0
      let proposals = run.proposals(fraction: 0, progress: 0.5, threshold: &threshold)
      for (index, proposal) in proposals.enumerated() {
        let (values, marks) = (run.layers[index].values, run.marks[index])
        let changed = (0..<values.count).filter {
          values[$0] == 0 || (values[$0] < 0) != (marks[$0] < 0)
        }
        #expect(!changed.isEmpty && proposal.dropped == changed && proposal.growing == changed.count)
        let rewiring = run.rewiring(index, proposal)
        let rewired = rewiring.apply(to: run.layers[index].pattern)
        #expect(rewired.newborns == changed.count, "nothing that changed its sign stays")
      }
    }
  }

  @Test("DeepR keeps the counts of layers that are full: what has no other place comes back")
  func fullLayers() {
    var run = UpdateRun(.deepR(), counts: [168, 119, 49], seed: 2)
    for step in 1...5 {
      let proposals = run.update(fraction: 0, progress: Double(step) / 6)
      #expect(proposals[0].dropped.count > 10)
      #expect(run.counts == [168, 119, 49])
    }
  }

  @Test("the random walk has the stated pull and deviation")
  func walk() {
    let count = 40_000
    var weights = Vector(count: count)
    let signs = Vector((0..<count).map { $0 % 2 == 0 ? 1 : -1 })
    var random = Random(seed: 4)
    WeightWalk(shrinkage: 0.5, noise: 2).take(&weights, signs: signs, rate: 0.1, random: &random)
    // w = 0.2 N(0, 1) - 0.05 sign: 20,000 of each sign, so that means are good to 0.2 / sqrt(20,000) = 0.0014.
    for sign in [1, -1] as [Float] {
      let values = (0..<count).filter { signs[$0] == sign }.map { Double(weights[$0]) }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      #expect(abs(mean + 0.05 * Double(sign)) < 0.006)
      #expect(abs(variance.squareRoot() - 0.2) < 0.004)
    }
    var still = Vector([1, -1])
    WeightWalk(shrinkage: 0.5, noise: 0).take(&still, signs: Vector([1, -1]), rate: 0.1, random: &random)
    #expect(still.elements == [0.95, -0.95])
  }

  @Test("DSR: all below the threshold go, and it doubles after too few and halves after too many")
  func threshold() {
    for seed in 1...10 as ClosedRange<UInt64> {
      var run = UpdateRun(.dsr(threshold: 1e-3), seed: seed)
      var counts: [Int] = []
      for step in 1...30 {
        let before = run.threshold
        let layers = run.layers
        let proposals = run.update(fraction: 0.1, progress: Double(step) / 31)
        for (layer, proposal) in zip(layers, proposals) {
          let below = (0..<layer.count).filter { abs(layer.values[$0]) < before }
          let strongest = (0..<layer.count).max { abs(layer.values[$0]) < abs(layer.values[$1]) }
          #expect(proposal.dropped == below.filter { $0 != strongest })
        }
        let dropped = proposals.reduce(0) { $0 + $1.dropped.count }
        // A tenth of each layer, rounded down: 6 + 5 + 2 at first.
        let goal = Double(layers.reduce(0) { $0 + $1.count / 10 })
        let expected = Double(dropped) < 0.9 * goal ? 2 * before : Double(dropped) > 1.1 * goal ? before / 2 : before
        #expect(run.threshold == expected)
        counts.append(dropped)
      }
      #expect(counts[0] == 0 || counts[0] < 13)
      #expect(counts.contains { $0 >= 11 }, "the threshold finds its way up")
    }
    var high = UpdateRun(.dsr(threshold: 100), seed: 1)
    let dropped = high.update(fraction: 0.1, progress: 0.1).reduce(0) { $0 + $1.dropped.count }
    #expect(dropped == high.birth - 3, "each layer keeps its strongest")
    #expect(high.threshold == 50)
  }

  @Test("over the whole network exactly the weakest go, but each layer keeps its strongest")
  func wholeNetwork() {
    for seed in 1...10 as ClosedRange<UInt64> {
      var run = UpdateRun(.gmp(to: 0.1), seed: seed)
      // The last layer would lose everything.
      run.layers[2] = SparseMatrix(
        pattern: run.layers[2].pattern, values: Vector(run.layers[2].values.elements.map { $0 / 1000 }))
      let selection = NetworkSelection(layers: run.evolving(), prune: .magnitude)
      var all: [(Float, Int, Int)] = []
      for (index, layer) in run.layers.enumerated() {
        let strongest = (0..<layer.count).max { abs(layer.values[$0]) < abs(layer.values[$1]) }
        for position in 0..<layer.count where position != strongest {
          all.append((abs(layer.values[position]), index, position))
        }
      }
      all.sort { ($0.0, $0.1, $0.2) < ($1.0, $1.1, $1.2) }
      for count in [0, 1, 30, 100, all.count] {
        let expected = (0..<3).map { index in all.prefix(count).filter { $0.1 == index }.map(\.2).sorted() }
        #expect(selection.smallest(count, workers: workers) == expected)
      }
      #expect(selection.smallest(1000, workers: workers).reduce(0) { $0 + $1.count } == run.birth - 3)
      run.frozen = [true, false, false]
      let spared = NetworkSelection(layers: run.evolving(), prune: .magnitude).smallest(1000, workers: workers)
      #expect(spared.map(\.count) == [0, 49, 23])
    }
  }

  /// The chance that each of a few connections is left over when all others are drawn one by one.
  private func leftOver(_ scores: [Double]) -> [Double] {
    func chance(_ left: Int, among open: [Int]) -> Double {
      guard open.count > 1 else { return 1 }
      let sum = open.reduce(0) { $0 + scores[$1] }
      return open.filter { $0 != left }
        .reduce(0) { $0 + scores[$1] / sum * chance(left, among: open.filter { [taken = $1] in $0 != taken }) }
    }
    return scores.indices.map { chance($0, among: Array(scores.indices)) }
  }

  @Test("CHTs: what is dropped follows the exact chances of drawing what stays", arguments: [1, 0.5, 0])
  func importanceDraw(share: Double) {
    // Two neurons by three inputs with four connections.
    let weights = SparseMatrix(
      pattern: SparsityPattern(rows: 2, columns: 3, cells: [0, 1, 3, 5]), values: Vector([1, -2, 3, 0.5]))
    let rows = [3.0, 3, 3.5, 3.5]
    let columns = [4.0, 2, 4, 0.5]
    for (progress, heat) in [(0.0, 0.5), (1.0, 0.75)] {
      let scores = (0..<4).map { index -> Double in
        let magnitude = Double(abs(weights.values[index]))
        let score =
          magnitude / (2 * (share + (1 - share) * columns[index]))
          + magnitude / (2 * (share + (1 - share) * rows[index]))
        var power = 1.0
        for _ in 0..<Int((heat / (1 - heat)).rounded()) { power *= score }
        return power
      }
      let draws = 5000
      var frequency = [0.0, 0, 0, 0]
      for draw in 0..<draws {
        let dropped = Pruning.sampledImportance(magnitudeShare: share).positions(
          dropping: 1, of: EvolvingLayer(weights: weights), progress: progress, random: Random(seed: 9).split(draw),
          workers: workers)
        frequency[dropped[0]] += 1 / Double(draws)
      }
      for (told, seen) in zip(leftOver(scores), frequency) {
        // Four standard deviations of a share among 5,000 draws are at most 0.0283.
        #expect(abs(told - seen) < 0.0283, "share \(share), temperature \(heat)")
      }
    }
  }

  @Test("CHTs: a temperature near 1 is plain magnitude, one near 0 looks at nothing, and a zero always goes")
  func temperatures() {
    let weights = Samples.weights(10, 12, count: 60, seed: 5)
    let cold = Pruning.sampledImportance(temperature: 0.999...0.999)
    let hot = Pruning.sampledImportance(temperature: 1e-9...1e-9)
    var places = [Int](repeating: 0, count: 60)
    for seed in 0..<400 as Range<UInt64> {
      let layer = EvolvingLayer(weights: weights)
      let random = Random(seed: seed)
      if seed < 20 {
        let dropped = Set(cold.positions(dropping: 20, of: layer, progress: 0, random: random, workers: workers))
        // Exponent 999: only weights within about a hundredth of the limit may change places.
        let limit = (0..<60).map { abs(weights.values[$0]) }.sorted()[20]
        for position in 0..<60 where abs(abs(weights.values[position]) - limit) > 0.02 * limit {
          #expect(dropped.contains(position) == (abs(weights.values[position]) < limit))
        }
      }
      for position in hot.positions(dropping: 20, of: layer, progress: 0, random: random, workers: workers) {
        places[position] += 1
      }
    }
    // 400 draws with chance 1/3: mean 133, deviation 9.4.
    #expect(places.allSatisfy { $0 > 90 && $0 < 180 })
    let zero = SparseMatrix(
      pattern: SparsityPattern(rows: 1, columns: 4, cells: [0, 1, 2, 3]), values: Vector([3, 0, 1, 2]))
    for seed in 0..<50 as Range<UInt64> {
      let dropped = Pruning.sampledImportance().positions(
        dropping: 1, of: EvolvingLayer(weights: zero), progress: 0, random: Random(seed: seed), workers: workers)
      #expect(dropped == [1])
    }
  }
}
