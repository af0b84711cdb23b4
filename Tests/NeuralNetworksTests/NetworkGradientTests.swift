// SPDX-License-Identifier: Apache-2.0
// Espalier: whole networks with every loss against central differences.

import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@Suite struct NetworkGradientTests {
  static let losses: [(loss: Loss, outputs: Int)] = [
    (.crossEntropy, 4), (.crossEntropy(labelSmoothing: 0.2), 4), (.meanSquaredError, 4), (.meanSquaredError, 1),
    (.huber(delta: 0.1), 4), (.huber(delta: 100), 4), (.huber, 1), (.binaryCrossEntropy, 4),
    (.binaryCrossEntropy, 1),
  ]

  private static func network(_ kind: Int, outputs: Int, seed: UInt64) throws -> Network {
    var network =
      switch kind {
      case 0:
        try Network(inputs: 7, topology: .uniform(density: 0.4), seed: seed) {
          SparseLinear(9)
          ReLU()
          SparseLinear(8)
          AllReLU()
          SparseLinear(outputs)
        }
      case 1:
        try Network(inputs: 7, topology: .uniform(density: 0.5), seed: seed) {
          LayerNorm()
          Linear(9)
          BatchNorm(epsilon: 1e-3)
          Sigmoid()
          Dropout(0.3)
          Residual {
            SparseLinear(12, bias: false)
            Tanh()
            Residual {
              GELU()
              Dropout(0.2)
              Linear(12)
            }
            SReLU()
            SparseLinear(9)
          }
          AllReLU()
          AllReLU(slope: 0.2)
          LeakyReLU()
          Linear(outputs)
        }
      default:
        try Network(inputs: 7, seed: seed) {
          SReLU()
          Linear(outputs, bias: false)
        }
      }
    var random = Random(seed: seed)
    network.scramble(&random)
    return network
  }

  @Test("the gradient of a network's loss is its central difference", arguments: losses.indices, 0..<3)
  func gradient(of index: Int, kind: Int) throws {
    let (loss, outputs) = Self.losses[index]
    for samples in [1, 2, 17, 65] {
      var random = Random(seed: 3).split(samples)
      let batch = Batch(samples: samples, outputs: outputs, loss: loss, random: &random)
      let network = try Self.network(kind, outputs: outputs, seed: UInt64(samples))
      let workspace = network.makeWorkspace(batch: samples, training: true)
      let pass = Pass(isTraining: true, workers: Workers(threads: 1), random: Random(seed: 5))
      let sum = batch.run(network, workspace, 0..<samples, scale: 1 / Float(samples), pass)

      let targets = batch.targets.table
      let slow = network.slow(samples: samples, pass: pass)
      #expect(slow.count == network.layers.count)
      let differences = CentralDifferences(layers: slow, x: workspace.input.table) {
        SlowLoss.mean(loss, $0, targets)
      }
      // Relative to 1 + |loss|: single precision scores of some units, see `LayerTests.tolerance`.
      #expect(distance([sum / Double(samples)], [differences.loss(slow.forward(differences.x))]) < 1e-5)
      var worst = 0.0
      for (parameter, gradient) in network.gradients(workspace).enumerated() {
        for _ in 0..<2 where gradient.count > 0 {
          let element = random.below(gradient.count)
          worst = max(worst, distance([Double(gradient[element])], [differences.byParameter(parameter, element)]))
        }
      }
      #expect(worst < 2e-5, "\(loss), network \(kind), \(samples) samples: \(worst)")
      #expect(workspace.outputGradient.paddingIsZero)
    }
  }

  @Test("micro-batches add up to one big batch", arguments: [0, 2])
  func microBatches(kind: Int) throws {
    let samples = 70
    let network = try Self.network(kind, outputs: 4, seed: 2)
    var random = Random(seed: 9)
    let batch = Batch(samples: samples, outputs: 4, loss: .crossEntropy, random: &random)
    let workers = Workers(threads: 1)
    var pass = Pass(isTraining: true, workers: workers, random: Random(seed: 5))
    let big = network.makeWorkspace(batch: samples, training: true)
    let sum = batch.run(network, big, 0..<samples, scale: 1 / Float(samples), pass)
    let small = network.makeWorkspace(batch: 16, training: true)
    var parts = 0.0
    for start in stride(from: 0, to: samples, by: 16) {
      pass.accumulates = start > 0
      parts += batch.run(network, small, start..<min(start + 16, samples), scale: 1 / Float(samples), pass)
    }
    #expect(abs(parts - sum) < 1e-5 * abs(sum))
    // The same terms in another order: a few units of single precision.
    #expect(distance(network.gradients(small).map(\.doubles), network.gradients(big).map(\.doubles)) < 1e-6)
  }

  @Test("classes become one-hot targets, or 0 and 1 for a single output; the order decides which samples")
  func targets() {
    let order = [3, 0, 2, 1]
    let classes: [Int32] = [1, 0, 0, 1]
    let single = TargetBatch(loss: .binaryCrossEntropy, outputs: 1, capacity: 4)
    single.fill(classes: classes, order: order, range: 0..<3)
    #expect(single.values.table == [[1, 1, 0]])
    let several = TargetBatch(loss: .meanSquaredError, outputs: 2, capacity: 4)
    several.fill(classes: classes, order: order, range: 1..<4)
    #expect(several.values.table == [[0, 1, 1], [1, 0, 0]])
    #expect(Array(several.labels.prefix(3)) == [1, 0, 0])
    let table = Matrix(rows: 4, columns: 2, values: [0, 1, 2, 3, 4, 5, 6, 7])
    several.fill(values: table, order: order, range: 2..<4, workers: Workers(threads: 1))
    #expect(several.values.table == [[4, 2], [5, 3]])
  }
}

/// Samples and targets for a loss.
private struct Batch {
  let loss: Loss
  let features: Matrix
  /// `[outputs][samples]`, one-hot for labels.
  let targets: Activations
  private let table: Matrix
  private let labels: [Int32]

  init(samples: Int, outputs: Int, loss: Loss, random: inout Random) {
    self.loss = loss
    features = Matrix(rows: samples, columns: 7, values: random.normals(samples * 7))
    targets = Activations(features: outputs, capacity: samples)
    targets.fill(0)
    var table = Matrix(rows: samples, columns: outputs)
    var labels: [Int32] = []
    for sample in 0..<samples {
      labels.append(Int32(random.below(outputs)))
      for output in 0..<outputs {
        switch loss {
        case .crossEntropy: table[sample, output] = labels[sample] == output ? 1 : 0
        case .binaryCrossEntropy: table[sample, output] = random.uniform()
        default: table[sample, output] = random.normal()
        }
        targets[output, sample] = table[sample, output]
      }
    }
    self.table = table
    self.labels = labels
  }

  /// Forward, loss and backward over some samples; the summed loss.
  func run(
    _ network: Network, _ workspace: NetworkWorkspace, _ range: Range<Int>, scale: Float, _ pass: Pass
  ) -> Double {
    let order = Array(0..<features.rows)
    Kernels.gather(rows: order, range: range, from: features, into: workspace.input, workers: pass.workers)
    let batch = TargetBatch(loss: loss, outputs: network.outputs, capacity: workspace.input.capacity)
    if loss.takesLabels {
      batch.fill(classes: labels, order: order, range: range)
    } else {
      batch.fill(values: table, order: order, range: range, workers: pass.workers)
    }
    let scores = network.forward(workspace, pass: pass)
    let sum = loss.evaluate(
      scores, batch, scale: scale, gradient: workspace.outputGradient, workers: pass.workers)
    network.backward(workspace, pass: pass)
    return sum
  }
}
