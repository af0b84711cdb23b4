// SPDX-License-Identifier: Apache-2.0
// Espalier: targets follow their networks, connection by connection.

import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Reinforcement
@testable import Training

@Suite("Target networks")
struct TargetNetworkTests {
  private static let evolutions: [(name: String, evolution: Evolution)] = [
    ("set", .set(every: .steps(3))), ("rigl", .rigL(every: .steps(3))), ("gse", .gse(every: .steps(3))),
    ("dsr", .dsr(every: .steps(3))), ("gmp", .gmp(to: 0.1, every: .steps(3))),
  ]

  private func learner(_ recipe: NetworkRecipe, _ evolution: Evolution, steps: Int = 60) throws -> NetworkLearner {
    NetworkLearner(
      try recipe.network(inputs: 6, outputs: 3, seed: 1), optimizer: .adam(learningRate: 0.01), evolution: evolution,
      batch: 8, span: LearningSpan(epochs: 1, stepsPerEpoch: steps), random: Random(seed: 2),
      workers: Workers(threads: 1))
  }

  /// A step of a learner on random numbers.
  private func step(_ learner: NetworkLearner, _ random: inout Random) {
    for sample in 0..<8 {
      for feature in 0..<6 { learner.workspace.input[feature, sample] = random.normal() }
    }
    var stream = random.split(learner.step)
    learner.take { demand in
      let pass = learner.pass(demand)
      let outputs = learner.forward(pass)
      learner.workspace.outputGradient.fill(0)
      for sample in 0..<8 {
        for feature in 0..<3 {
          learner.workspace.outputGradient[feature, sample] = outputs[feature, sample] - stream.normal()
        }
      }
      learner.backward(pass, demand, isWholeStep: true)
      return true
    }
  }

  /// All parameters by name and place: those of sparse layers as dense tables, to compare networks of other patterns.
  private func tables(_ network: Network) -> [[Float]] {
    var network = network
    let layers = network.sparseLayers
    var sparse = 0
    var tables: [[Float]] = []
    network.visitParameters(nil) { _, parameter in
      guard parameter.isSparse else { return tables.append(parameter.values.elements) }
      let weight = layers[sparse].weight
      sparse += 1
      var table = [Float](repeating: 0, count: weight.rows * weight.columns)
      let values = weight.values
      for row in 0..<weight.rows {
        for position in weight.pattern.positions(ofRow: row) {
          table[row * weight.columns + Int(weight.pattern.columnIndices[position])] = values[position]
        }
      }
      tables.append(table)
    }
    return tables
  }

  private func patterns(_ network: Network) -> [SparsityPattern] { network.sparseLayers.map { $0.weight.pattern } }

  private static let bodies: [NetworkRecipe] = [
    .mlp([10, 8], topology: .uniform(density: 0.4)), .simba(width: 6, blocks: 2, topology: .uniform(density: 0.4)),
    NetworkRecipe(.mlp([9]), topology: .uniform(density: 0.5), sparsePart: .hidden, normalizes: true),
  ]

  @Test(
    "with the online network's connections, a target has them after every rewiring, newborn ones at 0",
    arguments: bodies.indices, evolutions.indices)
  func online(_ body: Int, _ index: Int) throws {
    let learner = try learner(Self.bodies[body], Self.evolutions[index].evolution)
    let target = TargetNetwork(of: learner, topology: .online, batch: 8, workers: Workers(threads: 1))
    var random = Random(seed: 3)
    for number in 0..<30 {
      let before = patterns(target.network)
      let slow = tables(target.network)
      step(learner, &random)
      #expect(patterns(target.network) == patterns(learner.network))
      let isRewired = patterns(target.network) != before
      let rewired = tables(target.network)
      for (old, new) in zip(slow, rewired) {
        // A rewiring moves nothing: what stays keeps its value, what goes or comes is 0.
        for (old, new) in zip(old, new) where new != old { #expect(isRewired && new == 0) }
      }
      let online = tables(learner.network)
      let share: Float = number % 10 == 9 ? 1 : 0.2
      target.follow(learner, by: share)
      for (place, table) in tables(target.network).enumerated() {
        for (cell, value) in table.enumerated() {
          let (old, goal) = (rewired[place][cell], online[place][cell])
          #expect(value == (share == 1 ? goal : old + share * (goal - old)))
        }
      }
      #expect(patterns(target.network) == patterns(learner.network))
    }
    #expect(learner.moved > 0 || Self.evolutions[index].name == "gmp")
  }

  @Test(
    "with connections of its own, a target is the strongest of the union's average, and has exact counts",
    arguments: bodies.indices, evolutions.indices)
  func own(_ body: Int, _ index: Int) throws {
    let learner = try learner(Self.bodies[body], Self.evolutions[index].evolution)
    let target = TargetNetwork(of: learner, topology: .own, batch: 8, workers: Workers(threads: 1))
    var random = Random(seed: 3)
    var differed = 0
    for number in 0..<30 {
      step(learner, &random)
      let (slow, online) = (tables(target.network), tables(learner.network))
      let share: Float = number == 29 ? 1 : 0.1
      target.follow(learner, by: share)
      #expect(target.network.connectionCount == learner.network.connectionCount)
      let counts = learner.network.sparseLayers.map { $0.weight.count }
      #expect(target.network.sparseLayers.map { $0.weight.count } == counts)
      if !target.network.hasPatterns(of: learner.network) { differed += 1 }
      for (place, table) in tables(target.network).enumerated() {
        let goal = zip(slow[place], online[place]).map { old, new in
          share == 1 ? new : (1 - share) * old + share * new
        }
        // Against the dense average: what is kept has its value, and what went is not larger than anything kept.
        var (least, most) = (Float.infinity, Float(0))
        for (cell, value) in table.enumerated() {
          if value != 0 {
            #expect(abs(value - goal[cell]) <= 1e-6)
            least = min(least, abs(value))
          } else {
            most = max(most, abs(goal[cell]))
          }
        }
        #expect(most <= least * 1.0001)
      }
    }
    let isCopy = target.network.hasPatterns(of: learner.network) && tables(target.network) == tables(learner.network)
    #expect(isCopy)
    #expect(differed > 0 || Self.evolutions[index].name == "gmp")
  }

  @Test("a target of its own comes to the connections of a network that has come to rest")
  func convergence() throws {
    let learner = try learner(.mlp([10, 8], topology: .uniform(density: 0.4)), .set(every: .steps(4)))
    let target = TargetNetwork(of: learner, topology: .own, batch: 8, workers: Workers(threads: 1))
    var random = Random(seed: 3)
    // Three steps past a rewiring, so that no weight is 0.
    for _ in 0..<31 { step(learner, &random) }
    target.follow(learner, by: 0.01)
    let isBehind = !target.network.hasPatterns(of: learner.network)
    #expect(isBehind)
    for _ in 0..<400 { target.follow(learner, by: 0.05) }
    // Connections of weight 0, into neurons that are never active, may differ.
    for (mine, theirs) in zip(tables(target.network), tables(learner.network)) {
      for (mine, theirs) in zip(mine, theirs) { #expect(abs(mine - theirs) < 1e-5 && (mine != 0 || theirs == 0)) }
    }
  }

  @Test("the average over a union agrees with that of dense matrices, in small cases")
  func unions() {
    var random = Random(seed: 4)
    for _ in 0..<200 {
      let (rows, columns) = (1 + random.below(4), 1 + random.below(5))
      func matrix() -> (SparseMatrix, [Float]) {
        var (starts, indices, values) = ([0], [UInt32](), [Float]())
        var dense = [Float](repeating: 0, count: rows * columns)
        for row in 0..<rows {
          for column in 0..<columns where random.below(2) == 0 {
            indices.append(UInt32(column))
            values.append(random.normal())
            dense[row * columns + column] = values[values.count - 1]
          }
          starts.append(indices.count)
        }
        let pattern = SparsityPattern(trustedRows: rows, columns: columns, rowStarts: starts, columnIndices: indices)
        return (SparseMatrix(pattern: pattern, values: Vector(values)), dense)
      }
      let ((first, mine), (second, theirs)) = (matrix(), matrix())
      guard second.count > 0 else { continue }
      var union = PatternUnion(first, second, share: 0.3)
      let (pattern, values) = union.strongest(second.count, workers: Workers(threads: 1))
      #expect(pattern.count == second.count && values.count == second.count)
      let average = zip(mine, theirs).map { 0.7 * $0 + 0.3 * $1 }
      let kept = values.elements
      for row in 0..<rows {
        for position in pattern.positions(ofRow: row) {
          #expect(abs(kept[position] - average[row * columns + Int(pattern.columnIndices[position])]) < 1e-6)
        }
      }
      let sizes = average.map { abs($0) }.sorted(by: >).prefix(second.count)
      #expect(zip(sizes, kept.map { abs($0) }.sorted(by: >)).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }
}
