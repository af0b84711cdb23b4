// SPDX-License-Identifier: Apache-2.0
// Espalier: what espalier bench measures.

internal import Datasets
internal import NeuralNetworks
internal import SparseCore
internal import SparseTopology
internal import Training

/// One thing that is measured again and again.
struct BenchPhase {
  let name: String
  /// Floating-point operations of one run, 0 where they say little.
  let flops: Int
  let run: () -> Void
}

/// A network of sparse layers on random numbers.
struct BenchSubject {
  let network: Network
  private let batch: Int
  private let workers: Workers
  private let samples: Dataset

  init(widths: [Int], density: Double, batch: Int, workers: Workers) throws {
    self.batch = batch
    self.workers = workers
    let layers = widths.dropFirst().enumerated().flatMap { index, width -> [LayerDescription] in
      SparseLinear(width).descriptions + (index < widths.count - 2 ? ReLU().descriptions : [])
    }
    network = try Network(inputs: widths[0], topology: .uniform(density: density), seed: 1, layers: layers)
    var random = Random(seed: 2)
    var features = Matrix(rows: batch, columns: widths[0])
    for row in 0..<batch {
      for column in 0..<widths[0] { features[row, column] = random.normal() }
    }
    let classes = widths[widths.count - 1]
    samples = Dataset(
      name: "bench", features: features,
      targets: .classes((0..<batch).map { Int32($0 % classes) }, names: (0..<classes).map { "\($0)" }))
  }

  private var connections: Int { network.sparseLayers.reduce(0) { $0 + $1.weight.count } }

  /// Forward, backward with both gradients, and two optimizers on the first layer.
  func layerPhases() throws -> [BenchPhase] {
    guard let layer = network.sparseLayers.first else { return [] }
    let work = layer.weight.count * batch
    let (x, y) = (activations(layer.inputs), activations(layer.outputs))
    let (dx, dy) = (activations(layer.inputs), activations(layer.outputs))
    let workers = workers
    var gradient = Vector(count: layer.weight.count)
    return [
      BenchPhase(name: "forward", flops: 2 * work) {
        layer.weight.forward(x, bias: layer.bias, into: y, workers: workers)
      },
      BenchPhase(name: "backward", flops: 4 * work) {
        layer.weight.backward(
          input: x, outputGradient: dy, inputGradient: dx, gradient: &gradient, accumulate: false, workers: workers)
      },
      optimizerPhase("sgd step", .sgd(momentum: 0.9, weightDecay: 5e-4)),
      optimizerPhase("adam step", .adam()),
    ]
  }

  /// Forward, backward, optimizer and the whole training step of the network.
  func networkPhases() throws -> [BenchPhase] {
    let network = network
    let workspace = network.makeWorkspace(batch: batch, training: true)
    let pass = Pass(isTraining: true, workers: workers, random: Random(seed: 3))
    let work = connections * batch
    let firstLayer = (network.sparseLayers.first?.weight.count ?? 0) * batch
    Kernels.gather(
      rows: Array(0..<batch), range: 0..<batch, from: samples.features, into: workspace.input, workers: workers)
    workspace.outputGradient.fill(0.01)
    let session = try TrainingSession(
      Trainer(
        optimizer: .sgd(learningRate: 1e-6), evolution: .static, epochs: 1 << 30, batchSize: batch,
        threads: workers.threads), network: network, train: samples)
    return [
      BenchPhase(name: "forward", flops: 2 * work) { network.forward(workspace, pass: pass) },
      BenchPhase(name: "backward", flops: 4 * work - 2 * firstLayer) { network.backward(workspace, pass: pass) },
      optimizerPhase("sgd step", .sgd(momentum: 0.9, weightDecay: 5e-4)),
      BenchPhase(name: "training step", flops: 6 * work - 2 * firstLayer) {
        _ = session.step()
        session.beginNextEpoch()
      },
    ]
  }

  private func optimizerPhase(_ name: String, _ optimizer: Optimizer) -> BenchPhase {
    var network = network
    var state = OptimizerState(optimizer, for: network)
    let workspace = network.makeWorkspace(batch: batch, training: true)
    let workers = workers
    return BenchPhase(name: name, flops: 0) {
      optimizer.step(&network, workspace, &state, rate: 1e-6, workers: workers)
    }
  }

  private func activations(_ features: Int) -> Activations {
    let values = Activations(features: features, capacity: batch)
    var random = Random(seed: 4)
    for feature in 0..<features {
      for sample in 0..<batch { values[feature, sample] = random.normal() }
    }
    return values
  }
}
