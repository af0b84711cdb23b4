// SPDX-License-Identifier: Apache-2.0
// Espalier: what is fuzzed.

internal import Datasets
internal import Entities
internal import Environments
internal import Reinforcement
internal import SparseCore
internal import SparseTopology
internal import Training

/// What one damaged file led to.
enum Outcome {
  case accepted
  case refused(String)
  case odd(String)
}

/// A reader and how it is tried on one damaged file.
struct Target {
  let name: String
  /// Makes the damaged file of a seed and reads it.
  let tryOne: (_ seed: UInt64) -> Outcome

  /// Readers of data sets, of the formats of runs, of models and of states, of agents and of models of random variables.
  static func all() throws -> [Target] {
    let models = try ModelFuzz()
    return try ReaderFuzz.readers.map(data) + [
      format("json", samples(json: models)) { ReaderFuzz.json($0) ? .accepted : .refused("") },
      format("safetensors", [models.model, models.state]) { bytes in
        do throws(FileError) {
          let read = try FormatFuzz.safetensors(bytes)
          return read > bytes.count ? .odd("\(read) bytes read from \(bytes.count)") : .accepted
        } catch { return refusal(error) }
      },
      format("bridge-spec", [BridgeFuzz.sampleSpecification, BridgeFuzz.otherSpecification]) {
        bridge(BridgeFuzz.specification($0))
      },
      format("bridge", [BridgeFuzz.sampleConversation]) {
        bridge(BridgeFuzz.conversation($0))
      },
      format("tensorboard", [records]) { FormatFuzz.tensorBoard($0) > 0 ? .accepted : .refused("") },
      Target(name: "model") { seed in
        let bytes = damaged(models.model, seed)
        do throws(FileError) {
          return try models.readModel(bytes).map { .odd($0) } ?? .accepted
        } catch { return refusal(error) }
      },
      Target(name: "state") { seed in
        do {
          try models.restoreState(damaged(models.state, seed))
          return .accepted
        } catch let error as FileError {
          return refusal(error)
        } catch let error as TrainingError {
          guard case .state = error else { return .odd("\(error)") }
          return .refused(error.description)
        } catch { return .odd("an error of another type: \(error)") }
      },
    ] + agents() + entities()
  }

  /// Readers of agents' states and policies.
  private static func agents() throws -> [Target] {
    let network = NetworkRecipe.mlp([6], topology: .uniform(density: 0.5))
    var dqn = DQN(network: network, evolution: .set(every: .steps(3)))
    (dqn.learningStart, dqn.trainInterval, dqn.gradientSteps, dqn.batchSize) = (20, 4, 2, 8)
    dqn.replay = ReplaySettings(
      capacity: 60, priorities: .init(), multiStep: .init(3),
      dynamicCapacity: .init(minimum: 20, interval: 5, threshold: 0.1, chunk: 10))
    (dqn.targetShare, dqn.targetTopology) = (0.1, .own)
    var ppo = PPO(network: network, evolution: .gse(every: .steps(3)))
    (ppo.rolloutLength, ppo.batchSize, ppo.epochs, ppo.normalizesObservations) = (8, 8, 1, true)
    var sac = SAC(actor: network, critic: network, evolution: .rigL(every: .steps(3)))
    (sac.learningStart, sac.batchSize, sac.trainInterval) = (20, 8, 4)
    var reinforce = REINFORCE(network: network)
    (reinforce.episodes, reinforce.mostSteps) = (3, 40)
    let pendulum = SerialEnvironments(1, of: Pendulum().timeLimit(15))
    let samples = [
      try AgentFuzz(dqn, in: SerialEnvironments(2, of: TwoStates()), steps: 200, stop: 45),
      try AgentFuzz(ppo, in: SerialEnvironments(2, of: IdentityTask(.numbers(2))), steps: 200, stop: 45),
      try AgentFuzz(sac, in: pendulum, steps: 200, stop: 45),
      try AgentFuzz(reinforce, in: SerialEnvironments(1, of: IdentityTask(.choices([2, 3]))), steps: 200, stop: 45),
    ]
    return [
      Target(name: "agent") { seed in
        let sample = samples[Int(seed >> 16) % samples.count]
        do {
          try sample.restore(damaged(sample.state, seed))
          return .accepted
        } catch let error as FileError {
          return refusal(error)
        } catch let error as AgentError {
          return .refused(error.description)
        } catch { return .odd("an error of another type: \(error)") }
      },
      Target(name: "policy") { seed in
        let sample = samples[Int(seed >> 16) % samples.count]
        do throws(FileError) {
          return try sample.act(damaged(sample.policy, seed)) ? .accepted : .odd("an action outside its space")
        } catch { return refusal(error) }
      },
    ]
  }

  /// Readers of models of random variables and of samples of them.
  private static func entities() -> [Target] {
    func target(
      _ name: String, _ samples: [[UInt8]], _ read: @escaping ([UInt8]) throws(FileError) -> String?
    ) -> Target {
      format(name, samples) { bytes in
        do throws(FileError) {
          return try read(bytes).map { .odd($0) } ?? .accepted
        } catch { return refusal(error) }
      }
    }
    return [
      target("entity-json", EntityFuzz.models) { bytes throws(FileError) in
        try EntityFuzz.model(bytes, path: "fuzz.json")
      },
      target("entity-bif", EntityFuzz.networks) { bytes throws(FileError) in
        try EntityFuzz.model(bytes, path: "fuzz.bif")
      },
      target("rollouts", EntityFuzz.tables) { bytes throws(FileError) in
        try EntityFuzz.rollouts(bytes, path: "fuzz.csv")
      },
    ]
  }

  private static func data(_ reader: String) -> Target {
    Target(name: reader) { seed in
      let summary = ReaderFuzz.run(reader, count: 1, seed: seed)
      if let fault = summary.faults.first { return .odd(fault) }
      return summary.accepted > 0 ? .accepted : .refused(summary.lastRefusal)
    }
  }

  private static func format(
    _ name: String, _ samples: [[UInt8]], _ read: @escaping ([UInt8]) -> Outcome
  ) -> Target {
    Target(name: name) { seed in
      var mutator = Mutator(seed: seed)
      let place = Int(seed % UInt64(samples.count))
      return read(mutator.mutate(samples[place], other: samples[(place + 1) % samples.count]))
    }
  }

  private static func damaged(_ bytes: [UInt8], _ seed: UInt64) -> [UInt8] {
    var mutator = Mutator(seed: seed)
    return ModelFuzz.damage(bytes, by: &mutator, choice: Int(seed >> 8))
  }

  /// The JSON headers of the safetensors files.
  private static func samples(json models: ModelFuzz) -> [[UInt8]] {
    [models.model, models.state].map { bytes in
      Array(bytes[8..<8 + Int(bytes[0]) + Int(bytes[1]) << 8])
    }
  }

  private static let records: [UInt8] = (0..<4).flatMap { number -> [UInt8] in
    TensorBoardRecords.record([0x09, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x10, UInt8(number)] + Array("some words".utf8))
  }

  /// What came of the bridge's answer: nil, or words.
  private static func bridge(_ refusal: String?) -> Outcome {
    guard let refusal else { return .accepted }
    return refusal.isEmpty ? .odd("accepted what is not finite, or refused without words") : .refused(refusal)
  }

  private static func refusal(_ error: FileError) -> Outcome {
    switch error {
    case .format(_, let expected, let got, _) where expected.isEmpty || got.isEmpty:
      .odd("a refusal without words: \(error)")
    case .format, .tooLarge: .refused(error.description)
    default: .odd("an unexpected refusal: \(error)")
    }
  }
}
