// SPDX-License-Identifier: Apache-2.0
// Espalier: does it learn?

import Datasets
import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Training

/// Each test fails when the learner is replaced by one that does not learn.
@Suite("Trainer")
struct TrainerTests {
  private let adam = Optimizer.adam(learningRate: 0.01)

  /// The accuracy on fresh samples before and after training.
  private func accuracies(
    _ trainer: Trainer, _ network: Network, _ train: Dataset, _ test: Dataset
  ) throws -> (before: Double, after: Double) {
    let before = Metrics(
      scores: network.predict(test.features, workers: Workers(threads: 1)), targets: test.targets,
      loss: trainer.loss, workers: Workers(threads: 1))
    var network = network
    let report = try trainer.fit(&network, to: train, validatingOn: test)
    #expect(report.reason == .completed)
    return (try #require(before.accuracy), try #require(report.heldOut?.accuracy))
  }

  @Test("two moons are told apart from any seed", arguments: [1, 2, 3])
  func moons(_ seed: UInt64) throws {
    let train = Tasks.moons(200, seed: seed)
    let trainer = Trainer(
      optimizer: adam, evolution: .gse(every: .steps(15)), epochs: 20, batchSize: 16, seed: seed, threads: 1)
    let (before, after) = try accuracies(
      trainer, Tasks.network(for: train, seed: seed), train, Tasks.moons(200, seed: seed + 100))
    #expect(after >= 0.97)
    #expect(after > before + 0.1)
  }

  @Test("a learning rate of 0 learns nothing")
  func noLearning() throws {
    let train = Tasks.moons()
    let network = try Tasks.network(for: train)
    for optimizer in [Optimizer.sgd(learningRate: 0), .adam(learningRate: 0), .rmsProp(learningRate: 0)] {
      let trainer = Trainer(optimizer: optimizer, evolution: .static, epochs: 2, batchSize: 16, threads: 1)
      var trained = network
      try trainer.fit(&trained, to: train)
      #expect(Tasks.bytes(trained) == Tasks.bytes(network))
    }
  }

  @Test("the parity of four bits is learned whole", arguments: [1, 2])
  func parity(_ seed: UInt64) throws {
    let train = Dataset.parity(bits: 4, samples: 160, seed: seed)
    let trainer = Trainer(
      optimizer: adam, evolution: .set(), epochs: 40, batchSize: 16, seed: seed, threads: 1)
    let (before, after) = try accuracies(
      trainer, Tasks.network(for: train, seed: seed), train, Dataset.parity(bits: 4, samples: 200, seed: seed + 9))
    #expect(after == 1)
    #expect(before < 0.8)
  }

  @Test("a sparse teacher's classes are learned", arguments: [1, 2])
  func teacher(_ seed: UInt64) throws {
    let all = Dataset.teacherStudent(
      samples: 600, inputs: 16, hidden: 8, outputs: 3, density: 0.25, seed: seed)
    let (train, test) = all.split(testShare: 0.25, seed: seed)
    let trainer = Trainer(
      optimizer: adam, evolution: .rigL(every: .steps(25)), epochs: 12, batchSize: 16, seed: seed, threads: 1)
    let (before, after) = try accuracies(trainer, Tasks.network(for: train, seed: seed), train, test)
    #expect(after >= 0.8)
    #expect(after > before + 0.2)
  }

  @Test("handwritten digits are read")
  func digits() throws {
    let (train, test) = Dataset.digits().subset(Array(0..<500)).split(testShare: 0.3, seed: 1)
    let scaling = Standardization.fit(train)
    let trainer = Trainer(
      optimizer: .sgd(learningRate: 0.05), evolution: .gse(every: .steps(20)), epochs: 8, batchSize: 16, seed: 1,
      threads: 1)
    let (before, after) = try accuracies(
      trainer, Tasks.network(for: train, width: 32, density: 0.2), scaling.apply(to: train), scaling.apply(to: test))
    #expect(after >= 0.85)
    #expect(before < 0.3)
  }

  @Test("values are learned too", arguments: [Loss.meanSquaredError, .huber])
  func regression(_ loss: Loss) throws {
    let all = Dataset.teacherStudent(
      samples: 500, inputs: 8, hidden: 6, outputs: 2, density: 0.4, task: .regression, seed: 4)
    let (train, test) = all.split(testShare: 0.2, seed: 1)
    let trainer = Trainer(
      loss: loss, optimizer: adam, evolution: .gse(every: .steps(40)), epochs: 15, batchSize: 16, threads: 1)
    var network = try Tasks.network(for: train)
    let report = try trainer.fit(&network, to: train, validatingOn: test)
    let metrics = try #require(report.heldOut)
    #expect(try #require(metrics.rSquared) > 0.8)
    #expect(report.epochs[0].heldOutAccuracy == nil && report.epochs[0].trainAccuracy == nil)
    #expect(report.epochs.last?.heldOutError == metrics.rootMeanSquaredError)
  }

  @Test("one output tells two classes apart", arguments: [Loss.binaryCrossEntropy, .meanSquaredError])
  func singleOutput(_ loss: Loss) throws {
    let train = Tasks.moons()
    let trainer = Trainer(loss: loss, optimizer: adam, evolution: .set(), epochs: 25, batchSize: 16, threads: 1)
    var network = try Tasks.network(for: train, outputs: 1)
    let report = try trainer.fit(&network, to: train, validatingOn: Tasks.moons(seed: 5))
    #expect(try #require(report.heldOut?.accuracy) >= 0.95)
    #expect(try #require(report.epochs.last?.trainAccuracy) >= 0.95)
  }

  @Test(
    "every optimizer makes the loss small",
    arguments: [
      Optimizer.sgd(learningRate: 0.1), .sgd(learningRate: 0.1, nesterov: true, weightDecay: 1e-4),
      .sgd(learningRate: 0.3, momentum: 0), .adam(learningRate: 0.01), .adamW(learningRate: 0.01),
      .rmsProp(learningRate: 0.003), .rmsProp(learningRate: 0.001, momentum: 0.9),
      .sgd(learningRate: 0.1, clipping: .norm(1), schedule: .cosine.warmedUp(over: 10)),
    ])
  func optimizers(_ optimizer: Optimizer) throws {
    let train = Tasks.moons()
    let trainer = Trainer(optimizer: optimizer, evolution: .set(), epochs: 15, batchSize: 16, threads: 1)
    var network = try Tasks.network(for: train)
    let report = try trainer.fit(&network, to: train)
    let first = try #require(report.epochs.first?.trainLoss)
    let last = try #require(report.epochs.last?.trainLoss)
    #expect(last < 0.5 * first)
  }

  @Test("a huge learning rate ends the run with the step and the layer")
  func divergence() throws {
    let train = Tasks.moons()
    let trainer = Trainer(
      optimizer: .sgd(learningRate: 1e20), evolution: .static, epochs: 3, batchSize: 16, threads: 1)
    var network = try Tasks.network(for: train)
    let report = try trainer.fit(&network, to: train)
    guard case .diverged(let step, let layer) = report.reason else {
      Issue.record("it ended as \(report.reason)")
      return
    }
    #expect((2...4).contains(step))
    #expect(report.steps == step - 1)
    #expect(layer.contains("layer") && layer.contains("sparse linear"))
  }

  @Test("a last step that leaves parameters without a value is a divergence, and no state is saved")
  func lastStep() throws {
    try TestFiles.withFolder { folder in
      var train = Tasks.moons(20)
      for row in 0..<20 { train.features[row, 0] *= 1e4 }
      let trainer = Trainer(
        optimizer: .sgd(learningRate: .greatestFiniteMagnitude), evolution: .static, epochs: 1, batchSize: 20,
        threads: 1)
      let session = try TrainingSession(trainer, network: Tasks.network(for: train), train: train)
      session.checkpoints = CheckpointPolicy(path: Paths.join(folder, "state.safetensors"), interval: 0)
      let report = try session.run()
      #expect(report.epochs.first?.trainLoss.isFinite == true)
      #expect(report.reason == .diverged(step: 1, layer: "layer 0 (sparse linear)"))
      #expect(!Paths.exists(Paths.join(folder, "state.safetensors")))
    }
  }

  @Test("adding up four batches of 8 is one batch of 32, up to rounding")
  func accumulation() throws {
    let train = Tasks.moons(96)
    let start = try Tasks.network(for: train)
    var networks = [start, start]
    for (index, (batch, accumulation)) in [(32, 1), (8, 4)].enumerated() {
      let trainer = Trainer(
        optimizer: .sgd(learningRate: 0.1), evolution: .static, epochs: 3, batchSize: batch,
        accumulation: accumulation, threads: 1)
      let report = try trainer.fit(&networks[index], to: train)
      #expect(report.steps == 9)
    }
    var moved: Float = 0
    for layer in start.sparseLayers.indices {
      let (one, four) = (networks[0].sparseLayers[layer].weight.values, networks[1].sparseLayers[layer].weight.values)
      for position in 0..<one.count {
        #expect(abs(one[position] - four[position]) < 1e-5)
        moved = max(moved, abs(one[position] - start.sparseLayers[layer].weight.values[position]))
      }
    }
    #expect(moved > 0.01)
  }

  @Test("batches that do not fill the last accumulation still weigh each sample alike")
  func raggedAccumulation() throws {
    let train = Tasks.moons(50)
    let session = try TrainingSession(
      Trainer(evolution: .static, epochs: 2, batchSize: 8, accumulation: 3, threads: 1),
      network: Tasks.network(for: train), train: train)
    #expect(session.stepsPerEpoch == 3)
    let report = try session.run()
    #expect(report.steps == 6)
  }
}
