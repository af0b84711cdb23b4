// SPDX-License-Identifier: Apache-2.0
// Espalier: same seed, same bytes.

import Datasets
import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Training

/// One run of every method with every optimizer, with and without layers that keep or draw something.
struct Recipe: Sendable, CustomTestStringConvertible {
  let method: String
  let optimizer: String
  let isRich: Bool

  var testDescription: String { "\(method), \(optimizer), \(isRich ? "dropout and batch norm" : "plain")" }

  static let all: [Recipe] = ["set", "rigl", "gse", "static"].flatMap { method in
    ["sgd", "adam", "rmsprop"].flatMap { optimizer in
      [false, true].map { Recipe(method: method, optimizer: optimizer, isRich: $0) }
    }
  }

  func trainer(threads: Int) -> Trainer {
    let evolution: Evolution =
      switch method {
      case "set": .set()
      case "rigl": .rigL(every: .steps(3))
      case "gse": .gse(every: .steps(3))
      default: .static
      }
    let rule: Optimizer =
      switch optimizer {
      case "sgd": .sgd(learningRate: 0.05, weightDecay: 1e-3, clipping: .norm(2), schedule: .cosine)
      case "adam": .adam(learningRate: 0.01)
      default: .rmsProp(learningRate: 0.002, momentum: 0.5)
      }
    return Trainer(
      optimizer: rule, evolution: evolution, epochs: 4, batchSize: 10, accumulation: isRich ? 2 : 1, seed: 11,
      threads: threads)
  }

  /// 47 samples in batches of 10: the last batch is short.
  var data: (train: Dataset, test: Dataset) {
    (
      .teacherStudent(samples: 47, inputs: 9, hidden: 5, outputs: 3, density: 0.4, seed: 2),
      .teacherStudent(samples: 21, inputs: 9, hidden: 5, outputs: 3, density: 0.4, seed: 3)
    )
  }

  func network() throws -> Network {
    try Network(inputs: 9, topology: .erdosRenyi(density: 0.4), seed: 5) {
      SparseLinear(13)
      if isRich {
        BatchNorm()
        Dropout(0.3)
        Residual {
          LayerNorm()
          SparseLinear(13)
          SReLU()
        }
      }
      AllReLU()
      SparseLinear(3)
    }
  }

  func session(threads: Int) throws -> TrainingSession {
    try TrainingSession(trainer(threads: threads), network: network(), train: data.train, heldOut: data.test)
  }
}

@Suite("Determinism")
struct DeterminismTests {
  @Test("threads do not change a byte", arguments: Recipe.all)
  func threads(_ recipe: Recipe) throws {
    let one = try recipe.session(threads: 1)
    try one.run()
    let bytes = Tasks.bytes(one.network)
    #expect(bytes != Tasks.bytes(try recipe.network()))
    for threads in 2...3 {
      let more = try recipe.session(threads: threads)
      try more.run()
      #expect(Tasks.bytes(more.network) == bytes)
      #expect(Tasks.timeless(more.history) == Tasks.timeless(one.history))
    }
  }

  @Test("a run in pieces, each restored from its file, gives the bytes of a run in one", arguments: Recipe.all)
  func pieces(_ recipe: Recipe) throws {
    let whole = try recipe.session(threads: 1)
    let expected = try whole.run()
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "state.safetensors")
      for piece in [1, 4] {
        var session = try recipe.session(threads: 2)
        var parts = 1
        while true {
          let alarm = Alarm(after: piece)
          session.isInterrupted = { alarm.rings }
          session.checkpoints = CheckpointPolicy(path: path, interval: 0)
          let report = try session.run()
          guard report.reason == .interrupted else {
            #expect(report.reason == .completed && report.steps == expected.steps)
            #expect(report.heldOut == expected.heldOut)
            break
          }
          parts += 1
          session = try recipe.session(threads: parts % 3 + 1)
          try session.restoreState(from: path)
        }
        #expect(parts > expected.steps / piece)
        #expect(Tasks.bytes(session.network) == Tasks.bytes(whole.network))
        #expect(session.optimizerState.slots == whole.optimizerState.slots)
        #expect(session.explorations == whole.explorations)
        #expect(Tasks.timeless(session.history) == Tasks.timeless(whole.history))
      }
    }
  }

  @Test("another seed gives other bytes")
  func seeds() throws {
    let recipe = Recipe(method: "gse", optimizer: "sgd", isRich: true)
    var trainer = recipe.trainer(threads: 1)
    var bytes: Set<[UInt8]> = []
    for seed in 0..<3 as Range<UInt64> {
      trainer.seed = seed
      var network = try recipe.network()
      try trainer.fit(&network, to: recipe.data.train)
      bytes.insert(Tasks.bytes(network))
    }
    #expect(bytes.count == 3)
  }

  @Test("early stopping stops at the same epoch after a pause")
  func earlyStopping() throws {
    let recipe = Recipe(method: "set", optimizer: "adam", isRich: false)
    func session() throws -> TrainingSession {
      var trainer = recipe.trainer(threads: 1)
      trainer.epochs = 40
      trainer.optimizer.learningRate = 0.05
      return try TrainingSession(
        trainer, network: recipe.network(), train: recipe.data.train, heldOut: recipe.data.test)
    }
    let whole = try session()
    let expected = try whole.run(observers: [EarlyStopping(patience: 3)])
    #expect(expected.reason == .stopped("no better held-out score for 3 epochs"))
    #expect(expected.epochs.count < 40)
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "state.safetensors")
      let first = try session()
      let alarm = Alarm(after: 5 * (expected.epochs.count - 1) + 2)
      first.isInterrupted = { alarm.rings }
      first.checkpoints = CheckpointPolicy(path: path)
      #expect(try first.run(observers: [EarlyStopping(patience: 3)]).reason == .interrupted)
      let second = try session()
      try second.restoreState(from: path)
      let report = try second.run(observers: [EarlyStopping(patience: 3)])
      #expect(report.reason == expected.reason)
      #expect(Tasks.timeless(report.epochs) == Tasks.timeless(expected.epochs))
      let third = try session()
      second.checkpoints = nil
      try second.saveState(to: path)
      try third.restoreState(from: path)
      #expect(try third.run(observers: [EarlyStopping(patience: 3)]).steps == expected.steps)
    }
  }
}
