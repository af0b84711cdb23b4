// SPDX-License-Identifier: Apache-2.0
// Espalier: recipes and data that cannot work.

import Datasets
import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Training

@Suite("Training errors")
struct TrainingErrorTests {
  private func refusal(_ trainer: Trainer, _ network: Network, _ data: Dataset, _ heldOut: Dataset? = nil) -> String {
    do {
      _ = try TrainingSession(trainer, network: network, train: data, heldOut: heldOut)
      return "accepted"
    } catch let error as TrainingError {
      return error.description
    } catch {
      return "\(error)"
    }
  }

  @Test("numbers that make no sense are refused by name")
  func settings() throws {
    let data = Tasks.moons(20)
    let network = try Tasks.network(for: data)
    var recipes: [(Trainer, String)] = [
      (Trainer(epochs: 0), "epochs: expected a whole number above 0, got 0"),
      (Trainer(batchSize: -1), "batch size: expected a whole number above 0, got -1"),
      (Trainer(accumulation: 0), "gradient accumulation: expected a whole number above 0, got 0"),
      (Trainer(threads: 0), "threads: expected 1 to 1024, got 0"),
      (Trainer(threads: 1_000_000), "threads: expected 1 to 1024, got 1000000"),
      (Trainer(loss: .crossEntropy(labelSmoothing: 1)), "label smoothing: expected from 0 to below 1, got 1.0"),
      (Trainer(loss: .huber(delta: 0)), "Huber threshold: expected a number above 0, got 0.0"),
      (Trainer(optimizer: .sgd(momentum: 1)), "momentum: expected from 0 to below 1, got 1.0"),
      (
        Trainer(optimizer: .adam(beta2: .nan)),
        "beta 2: expected from 0 to 0.9999, since clocks of connections stop at 65,535 steps, got nan"
      ),
      (
        Trainer(optimizer: .adamW(beta2: 0.99991)),
        "beta 2: expected from 0 to 0.9999, since clocks of connections stop at 65,535 steps, got 0.99991"
      ),
      (Trainer(optimizer: .adam(beta2: 0.9999)), "accepted"),
      (
        Trainer(optimizer: .sgd(schedule: .init(decay: .cosine(floor: 1.5)))),
        "floor of the learning rate: expected from 0 to 1, got 1.5"
      ),
      (
        Trainer(optimizer: .sgd(schedule: .init(decay: .cosine(floor: .nan)))),
        "floor of the learning rate: expected from 0 to 1, got nan"
      ),
      (
        Trainer(optimizer: .sgd(schedule: .step(epochs: 3, factor: -0.1))),
        "factor of the learning rate: expected from 0 to 1, got -0.1"
      ),
      (
        Trainer(optimizer: .sgd(schedule: .step(epochs: 3, factor: .infinity))),
        "factor of the learning rate: expected from 0 to 1, got inf"
      ),
      (
        Trainer(optimizer: .sgd(schedule: .step(epochs: 0))),
        "epochs between two steps of the learning rate: expected a whole number above 0, got 0"
      ),
      (Trainer(optimizer: .adamW(weightDecay: -1)), "weight decay: expected a number from 0 up, got -1.0"),
      (Trainer(optimizer: .rmsProp(smoothing: 2)), "smoothing: expected from 0 to below 1, got 2.0"),
      (Trainer(optimizer: .sgd(clipping: .norm(0))), "gradient norm: expected a number above 0, got 0.0"),
    ]
    var negative = Trainer()
    negative.optimizer.learningRate = -1
    recipes.append((negative, "learning rate: expected a number from 0 up, got -1.0"))
    for (trainer, message) in recipes { #expect(refusal(trainer, network, data) == message) }
  }

  @Test("counts that overflow are refused, and a vast accumulation is one step an epoch")
  func overflow() throws {
    let data = Tasks.moons(20)
    let network = try Tasks.network(for: data)
    #expect(refusal(Trainer(epochs: .max), network, data).hasPrefix("epochs: expected at most"))
    #expect(
      refusal(Trainer(evolution: .set(every: .epochs(.max))), network, data)
        .hasPrefix("epochs between two updates: expected at most"))
    let session = try TrainingSession(
      Trainer(epochs: 2, batchSize: .max, accumulation: .max, threads: 1), network: network, train: data)
    #expect(try session.run().steps == 2)
  }

  @Test("an evolution out of range is refused")
  func evolution() throws {
    let data = Tasks.moons(20)
    let network = try Tasks.network(for: data)
    for evolution in [
      Evolution.set(dropFraction: 1.5), .rigL(every: .steps(0)), .gse(ratio: 0), .set(every: .epochs(-1)),
    ] {
      #expect(throws: TopologyError.self) {
        _ = try TrainingSession(Trainer(evolution: evolution), network: network, train: data)
      }
    }
  }

  @Test("data that does not fit is refused with both sizes")
  func data() throws {
    let moons = Tasks.moons(20)
    let network = try Tasks.network(for: moons)
    let wide = Dataset.parity(bits: 3, samples: 20, seed: 1)
    #expect(
      refusal(Trainer(), network, wide)
        == "the data does not fit: expected 2 features in the training data, got 3")
    #expect(
      refusal(Trainer(), network, moons, wide)
        == "the data does not fit: expected 2 features in the held-out data, got 3")
    #expect(
      refusal(Trainer(), network, moons.subset([])) == "the data does not fit: expected training samples, got none")
    let plain = Dataset(name: "plain", features: moons.features, targets: .none)
    #expect(
      refusal(Trainer(), network, plain) == "the data does not fit: expected training targets, got features only")
  }

  @Test("targets of another kind are refused with what the loss takes")
  func targets() throws {
    let moons = Tasks.moons(20)
    let network = try Tasks.network(for: moons)
    let values = Dataset(
      name: "values", features: moons.features, targets: .values(Matrix(rows: 20, columns: 2)))
    #expect(
      refusal(Trainer(), network, values)
        == "the data does not fit: expected class labels, which cross-entropy takes, got real-valued training targets")
    let three = Dataset(
      name: "three", features: moons.features,
      targets: .classes((0..<20).map { Int32($0 % 3) }, names: ["a", "b", "c"]))
    #expect(
      refusal(Trainer(), network, three)
        == "the data does not fit: expected training classes 0 to 1, one an output of the network, got classes 0 to 2")
    let single = Dataset(
      name: "single", features: moons.features, targets: .values(Matrix(rows: 20, columns: 1)))
    #expect(
      refusal(Trainer(loss: .meanSquaredError), network, single)
        == "the data does not fit: expected 2 training target columns, one an output of the network, got 1")
    var outside = Matrix(rows: 20, columns: 2)
    outside[3, 1] = 1.5
    #expect(
      refusal(
        Trainer(loss: .binaryCrossEntropy), network,
        Dataset(name: "outside", features: moons.features, targets: .values(outside)))
        == "the data does not fit: expected training targets from 0 to 1, which binary cross-entropy takes, got 1.5")
  }
}
