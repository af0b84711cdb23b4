// SPDX-License-Identifier: Apache-2.0
// Espalier: a run step by step.

import Datasets
import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Training

/// A layer of the user's own around a sparse one.
private struct Wrapped: Layer {
  var layer: SparseLinearLayer

  var inputs: Int { layer.inputs }
  var outputs: Int { layer.outputs }

  func makeWorkspace(capacity: Int, training: Bool) -> LayerWorkspace {
    layer.makeWorkspace(capacity: capacity, training: training)
  }

  func forward(_ x: Activations, into y: Activations, workspace: LayerWorkspace, pass: Pass) {
    layer.forward(x, into: y, workspace: workspace, pass: pass)
  }

  func backward(
    _ dy: Activations, input x: Activations, output y: Activations, into dx: Activations?,
    workspace: LayerWorkspace, pass: Pass
  ) {
    layer.backward(dy, input: x, output: y, into: dx, workspace: workspace, pass: pass)
  }

  mutating func visitParameters(_ workspace: LayerWorkspace?, _ visit: (inout Parameter) -> Void) {
    layer.visitParameters(workspace, visit)
  }
}

@Suite("Training session")
struct TrainingSessionTests {
  private func session(
    _ evolution: Evolution, epochs: Int = 4, optimizer: Optimizer = .sgd(learningRate: 0.05), heldOut: Bool = false
  ) throws -> TrainingSession {
    let data = Tasks.moons(80)
    return try TrainingSession(
      Trainer(optimizer: optimizer, evolution: evolution, epochs: epochs, batchSize: 8, seed: 3, threads: 1),
      network: Tasks.network(for: data), train: data, heldOut: heldOut ? Tasks.moons(40, seed: 8) : nil)
  }

  @Test(
    "connections keep their exact count through a whole run, and updates end at three quarters",
    arguments: [Evolution.set(), .rigL(every: .steps(4)), .gse(every: .steps(4))])
  func counts(_ evolution: Evolution) throws {
    let session = try session(evolution, epochs: 8)
    let before = session.network.sparseLayers.map(\.weight.count)
    let witness = Witness()
    try session.run(observers: [witness])
    #expect(witness.counts.count == 8)
    #expect(witness.counts.allSatisfy { $0 == before })
    #expect(session.network.sparseLayers.allSatisfy { $0.weight.pattern.checkInvariants() })
    let moving = witness.rewirings.filter { $0.moved > 0 }
    #expect(moving.count >= 3)
    #expect(witness.rewirings.allSatisfy { $0.connections == before.reduce(0, +) })
    #expect(witness.rewirings.allSatisfy { $0.step <= 60 + 1 })
    #expect(witness.rewirings.map(\.fraction) == witness.rewirings.map(\.fraction).sorted(by: >))
    let moved = witness.epochs.reduce(0) { $0 + $1.moved }
    #expect(abs(moved * Double(before.reduce(0, +)) - Double(moving.reduce(0) { $0 + $1.moved })) < 1e-6)
    let rates = witness.epochs.compactMap(\.explorationRate)
    #expect(rates == rates.sorted() && rates[0] < rates[7])
  }

  @Test("a static run moves nothing")
  func staticRun() throws {
    let session = try session(.static)
    let before = session.network.sparseLayers.map(\.weight.pattern)
    let witness = Witness()
    try session.run(observers: [witness])
    #expect(session.network.sparseLayers.map(\.weight.pattern) == before)
    #expect(witness.rewirings.isEmpty && witness.steps.count == 40)
  }

  @Test("an update by gradient stands in the place of an optimizer step", arguments: [true, false])
  func updateReplacesStep(_ rigL: Bool) throws {
    let session = try session(rigL ? .rigL(every: .steps(3)) : .gse(every: .steps(3)))
    for _ in 0..<3 {
      #expect(session.step().rewiring == nil)
    }
    let before = Tasks.weights(session.network)
    let report = try #require(session.step().rewiring)
    #expect(session.progress.step == 4 && session.optimizerState.steps == 3)
    #expect(report.step == 4 && report.moved > 0)
    var newborn = 0
    for (old, new) in zip(before, Tasks.weights(session.network)) {
      #expect(old.count == new.count)
      for (cell, weight) in new {
        if let survivor = old[cell] { #expect(weight == survivor) } else { newborn += 1 }
        if old[cell] == nil { #expect(weight == 0) }
      }
    }
    #expect(newborn == report.moved)
    #expect(session.step().rewiring == nil)
    #expect(session.optimizerState.steps == 4)
  }

  @Test("SET rewires after each epoch's last step")
  func setAfterEpochs() throws {
    let session = try session(.set(), epochs: 8)
    let witness = Witness()
    try session.run(observers: [witness])
    #expect(session.stepsPerEpoch == 10)
    #expect(witness.rewirings.map(\.step) == [10, 20, 30, 40, 50])
    #expect(session.optimizerState.steps == 80)
  }

  @Test("events come in their order")
  func order() throws {
    let witness = Witness()
    try session(.set(), epochs: 2).run(observers: [witness])
    let steps = [String](repeating: "step", count: 10)
    #expect(witness.order == ["began"] + steps.dropLast() + ["rewired", "step", "epoch"] + steps + ["epoch", "ended"])
  }

  @Test("an observer ends the run at any event", arguments: ["began", "step", "rewired", "epoch"])
  func stopping(_ event: String) throws {
    let session = try session(.set())
    let witness = Witness(stopsAt: event)
    let report = try session.run(observers: [Witness(), witness, Witness(steps: false)])
    #expect(report.reason == .stopped("enough at \(event)"))
    #expect(report.steps == ["began": 0, "step": 1, "rewired": 10, "epoch": 10][event])
    #expect(witness.order.last == "ended")
  }

  @Test("a user's interruption ends the run after the step")
  func interruption() throws {
    let session = try session(.set(), heldOut: true)
    let alarm = Alarm(after: 7)
    session.isInterrupted = { alarm.rings }
    let report = try session.run()
    #expect(report.reason == .interrupted && report.steps == 7 && report.heldOut == nil && report.epochs.isEmpty)
  }

  @Test("observers and held-out data never change the bytes")
  func observers() throws {
    let silent = try session(.gse(every: .steps(3)))
    let watched = try session(.gse(every: .steps(3)), heldOut: true)
    try silent.run()
    try watched.run(observers: [Witness(), EarlyStopping(patience: 100), EpochLines { _ in }])
    #expect(Tasks.bytes(silent.network) == Tasks.bytes(watched.network))
  }

  @Test("reports agree with the data and the schedule")
  func reports() throws {
    let session = try session(.set(), optimizer: .sgd(learningRate: 0.5, schedule: .cosine), heldOut: true)
    let witness = Witness()
    let report = try session.run(observers: [witness])
    #expect(report.epochs == witness.epochs && report.epochs.map(\.epoch) == [1, 2, 3, 4])
    #expect(report.epochs.map(\.step) == [10, 20, 30, 40])
    #expect(abs(report.epochs[1].learningRate - 0.25) < 1e-9 && (0..<1e-9).contains(report.epochs[3].learningRate))
    let mean = witness.steps.prefix(10).reduce(0) { $0 + $1.loss } / 10
    #expect(abs(report.epochs[0].trainLoss - mean) < 1e-6)
    #expect(report.heldOut?.accuracy == report.epochs[3].heldOutAccuracy)
    #expect(report.epochs[0].connections == session.network.connectionCount)
  }

  @Test("steps can be taken one by one past the end of an epoch")
  func singleSteps() throws {
    let session = try session(.static)
    for _ in 0..<25 { #expect(session.step().loss.isFinite) }
    #expect(session.progress.epoch == 2 && session.progress.batch == 5 && session.progress.step == 25)
  }

  @Test(
    "a sparse layer inside a layer of one's own is at rest, and the network's own ones move",
    arguments: [Evolution.set(), .rigL(every: .steps(4)), .gse(every: .steps(4))])
  func wrapped(_ evolution: Evolution) throws {
    let data = Tasks.moons(80)
    var random = Random(seed: 2)
    let pattern = try Topology.fixedFanIn(1).pattern(LayerShape(outputs: 30, inputs: 2), random: &random)
    let weight = SparseMatrix(pattern: pattern, values: Vector(repeating: 0.5, count: 30))
    let network = try Network(inputs: 2, topology: .uniform(density: 0.2), seed: 1) {
      Custom { _, _ in Wrapped(layer: SparseLinearLayer(weight: weight, bias: nil)) }
      Tanh()
      SparseLinear(20)
      ReLU()
      Linear(2)
    }
    let session = try TrainingSession(
      Trainer(optimizer: .adam(), evolution: evolution, epochs: 4, batchSize: 8, seed: 3, threads: 1),
      network: network, train: data)
    let witness = Witness()
    try session.run(observers: [witness])
    #expect(witness.rewirings.contains { $0.moved > 0 })
    #expect(session.network.sparseLayers.map(\.weight.count) == [120])
    guard case .custom(let custom) = session.network.layers[0], let after = custom as? Wrapped else {
      Issue.record("the layer of one's own is gone")
      return
    }
    #expect(after.layer.weight.pattern == pattern)
  }
}
