// SPDX-License-Identifier: Apache-2.0
// Espalier: many steps of every optimizer against the papers' formulas, and slots through rewirings.

import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@Suite struct OptimizerTests {
  static let optimizers: [Optimizer] = [
    .sgd(learningRate: 0.1, momentum: 0), .sgd(learningRate: 0.1, momentum: 0, weightDecay: 0.05),
    .sgd(learningRate: 0.05, weightDecay: 0.05), .sgd(learningRate: 0.05, nesterov: true, weightDecay: 0.05),
    .adam(learningRate: 0.02), .adam(learningRate: 0.02, weightDecay: 0.1),
    .adam(learningRate: 0.02, beta1: 0.3, beta2: 0.5), .adamW(learningRate: 0.02, weightDecay: 0.3),
    .rmsProp(learningRate: 0.01), .rmsProp(learningRate: 0.01, smoothing: 0.9, momentum: 0.8, weightDecay: 0.1),
    .sgd(learningRate: 0.1, weightDecay: 0.05, clipping: .norm(1.5)), .adam(clipping: .norm(3)),
    .sgd(learningRate: 0.1, clipping: .norm(1e6)),
  ]

  static func network() throws -> Network {
    var network = try Network(inputs: 6, topology: .uniform(density: 0.5), seed: 3) {
      SparseLinear(5)
      LayerNorm()
      Linear(3)
    }
    var random = Random(seed: 8)
    network.scramble(&random)
    return network
  }

  @Test("forty steps are those of the formulas; decay leaves biases and normalisation alone", arguments: optimizers)
  func formulas(optimizer: Optimizer) throws {
    var run = Run(try Self.network(), optimizer)
    var slow: [[SlowOptimizer]] = []
    run.network.visitParameters(nil) { _, parameter in
      #expect(parameter.decays == (parameter.name == "weight"))
      slow.append(parameter.values.elements.map { SlowOptimizer(optimizer, value: $0, decays: parameter.decays) })
    }
    var random = Random(seed: 12)
    for step in 0..<40 {
      let gradients = slow.map { random.normals($0.count) }
      let factor = step < 20 ? 1 : 0.5
      run.step(gradients, rate: factor)
      let norm = gradients.flatMap(\.doubles).reduce(0) { $0 + $1 * $1 }.squareRoot()
      var scale = 1.0
      if case .norm(let bound) = optimizer.clipping { scale = min(1, Double(bound) / norm) }
      for (parameter, gradient) in gradients.enumerated() {
        for (element, g) in gradient.doubles.enumerated() {
          slow[parameter][element].step(gradient: g * scale, factor: factor)
        }
      }
    }
    // Each step rounds a value near 1 by 6e-8, and Adam's and RMSProp's ratios by a few times that.
    let values = run.network.parameters.map(\.doubles)
    #expect(distance(values, slow.map { $0.map(\.value) }) < 1e-5)
  }

  @Test(
    "a newborn connection takes the steps of a fresh optimizer, survivors those of an unbroken one",
    arguments: optimizers.filter { $0.clipping == .none })
  func rewiring(optimizer: Optimizer) throws {
    var random = Random(seed: 21)
    var run = Run(try Self.network(), optimizer)
    var unbroken = run.copy()
    for _ in 0..<7 {
      let gradients = run.counts.map { random.normals($0) }
      run.step(gradients)
      unbroken.step(gradients)
    }
    let before = try #require(run.network.sparseLayers.first).weight
    let dropped = [1, 4, 9]
    let grown = (0..<before.rows).flatMap { row in
      (0..<before.columns).filter { !before.pattern.contains(row: row, column: $0) }.map {
        Connection(row: row, column: $0)
      }
    }
    let rewiring = Rewiring(dropped: dropped, grown: [grown[0], grown[5], grown[6], grown[11]])
    let rewired = run.network.rewire(0, by: rewiring, workspace: run.workspace, optimizer: &run.state)
    let after = try #require(run.network.sparseLayers.first).weight
    #expect(after.count == before.count + 1)
    #expect(after.pattern == rewired.pattern)
    for (position, origin) in rewired.origins.enumerated() {
      #expect(after.values[position] == (origin == RewiredPattern.newborn ? 0 : before.values[Int(origin)]))
    }
    var fresh = Run(run.network, optimizer)
    for _ in 0..<6 {
      let gradients = run.counts.map { random.normals($0) }
      run.step(gradients)
      fresh.step(gradients)
      // The unbroken network sees the same gradients where a connection survived.
      var old = gradients
      var survivors = Vector(count: before.count)
      let given = after.inPatternOrder(gradients[0])
      for (position, origin) in rewired.origins.enumerated() where origin != RewiredPattern.newborn {
        survivors[Int(origin)] = given[position]
      }
      old[0] = before.inStoredOrder(survivors)
      unbroken.step(old)
    }
    let (moved, renewed) = (run.network.sparseLayers[0].weight.values, fresh.network.sparseLayers[0].weight.values)
    let kept = unbroken.network.sparseLayers[0].weight.values
    for (position, origin) in rewired.origins.enumerated() {
      if origin == RewiredPattern.newborn {
        #expect(moved[position] == renewed[position] && moved[position] != 0)
      } else {
        #expect(moved[position] == kept[Int(origin)])
      }
    }
    #expect(run.network.parameters.dropFirst().map(\.bits) == unbroken.network.parameters.dropFirst().map(\.bits))
  }

  @Test("clocks stop where the corrections end, and go on being right there")
  func longClocks() throws {
    // 0.3 and 0.5 are 1 in single precision after some 26 steps; the clock must stop, not wrap or leave the table.
    let optimizer = Optimizer.adam(learningRate: 0.02, beta1: 0.3, beta2: 0.5)
    var run = Run(try Self.network(), optimizer)
    let gradients = run.counts.map { Vector(repeating: 0.5, count: $0) }
    for _ in 0..<200 { run.step(gradients) }
    let limit = UInt16(run.state.corrections.count - 1)
    #expect(run.state.slots[0].ages.allSatisfy { $0 == limit })
    #expect(run.state.steps == 200)
    let before = run.network.parameters.map(\.doubles)
    run.step(gradients)
    // A constant gradient makes every step one learning rate long.
    let after = before.map { $0.map { $0 - 0.02 } }
    #expect(distance(run.network.parameters.map(\.doubles), after) < 1e-6)
  }

  @Test("an optimizer keeps no more than its rule needs")
  func slots() throws {
    let network = try Self.network()
    func floats(_ optimizer: Optimizer) -> [Int] {
      OptimizerState(optimizer, for: network).slots.map { slot in
        (slot.momentum?.count ?? 0) + slot.first.count + slot.second.count
      }
    }
    let counts = network.parameters.map(\.count)
    #expect(floats(.sgd(momentum: 0)) == counts.map { _ in 0 })
    #expect(floats(.sgd()) == counts)
    #expect(floats(.adam()) == counts.map { 2 * $0 })
    #expect(floats(.rmsProp()) == counts)
    #expect(floats(.rmsProp(momentum: 0.9)) == counts.map { 2 * $0 })
    #expect(OptimizerState(.adam(), for: network).slots.map(\.ages.count) == [counts[0], 0, 0, 0, 0, 0])
  }
}

/// A network and its optimizer, fed with gradients.
private struct Run {
  let optimizer: Optimizer
  var network: Network
  var state: OptimizerState
  let workspace: NetworkWorkspace
  let workers = Workers(threads: 1)

  init(_ network: Network, _ optimizer: Optimizer) {
    self.optimizer = optimizer
    self.network = network
    state = OptimizerState(optimizer, for: network)
    workspace = network.makeWorkspace(batch: 1, training: true)
  }

  func copy() -> Run { Run(network, optimizer) }

  var counts: [Int] { network.parameters.map(\.count) }

  mutating func step(_ gradients: [Vector], rate: Double = 1) {
    network.visitParameters(workspace) { $1.gradient = gradients[$0] }
    optimizer.step(&network, workspace, &state, rate: rate, workers: workers)
  }
}
