// SPDX-License-Identifier: Apache-2.0
// Espalier: whole steps: threads, snapshots, running moments, rewirings in place.

import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@Suite struct NetworkStepTests {
  /// Takes some steps on random data.
  private struct Steps {
    var network: Network
    let workspace: NetworkWorkspace
    let workers: Workers
    let optimizer: Optimizer
    var state: OptimizerState
    let targets: TargetBatch
    let samples: Int
    private var random = Random(seed: 77)
    private var labels: [Int32] = []

    init(_ network: Network, samples: Int, threads: Int, optimizer: Optimizer = .adam(learningRate: 0.01)) {
      self.network = network
      self.samples = samples
      self.optimizer = optimizer
      workers = Workers(threads: threads)
      workspace = network.makeWorkspace(batch: samples, training: true)
      state = OptimizerState(optimizer, for: network)
      targets = TargetBatch(loss: .crossEntropy, outputs: network.outputs, capacity: samples)
    }

    mutating func take(_ count: Int) -> [Double] {
      (0..<count).map { step in
        let table = Matrix(
          rows: samples, columns: network.inputs, values: random.normals(samples * network.inputs))
        labels = (0..<samples).map { _ in Int32(random.below(network.outputs)) }
        let order = Array(0..<samples)
        Kernels.gather(rows: order, range: 0..<samples, from: table, into: workspace.input, workers: workers)
        targets.fill(classes: labels, order: order, range: 0..<samples)
        let pass = Pass(isTraining: true, workers: workers, random: random.split(step))
        let scores = network.forward(workspace, pass: pass)
        let loss = Loss.crossEntropy.evaluate(
          scores, targets, scale: 1 / Float(samples), gradient: workspace.outputGradient, workers: workers)
        network.backward(workspace, pass: pass)
        optimizer.step(&network, workspace, &state, workers: workers)
        network.finishPass(workspace)
        return loss
      }
    }
  }

  @Test("steps give the same bytes on one, two and three threads")
  func threads() throws {
    // Wide enough that every kernel shares its work out (see `Kernels.worthSharing`).
    let network = try Network(inputs: 40, topology: .uniform(density: 0.2), seed: 1) {
      SparseLinear(420)
      BatchNorm()
      SReLU()
      Dropout(0.2)
      Residual {
        LayerNorm()
        GELU()
        SparseLinear(420)
      }
      Linear(12)
      Tanh()
      Linear(5)
    }
    var one = Steps(network, samples: 130, threads: 1)
    let losses = one.take(2)
    #expect(losses.allSatisfy { $0.isFinite && $0 > 0 })
    for threads in [2, 3] {
      var other = Steps(network, samples: 130, threads: threads)
      #expect(other.take(2) == losses)
      #expect(other.network.parameters.map(\.bits) == one.network.parameters.map(\.bits), "\(threads) threads")
      #expect(other.network.layers.compactMap(\.runningMoments) == one.network.layers.compactMap(\.runningMoments))
    }
  }

  @Test("a copy is a snapshot: it does not change when the original learns")
  func snapshot() throws {
    var steps = Steps(try NetworkTests.mixed(), samples: 20, threads: 1)
    _ = steps.take(2)
    let copy = steps.network
    let before = copy.parameters.map(\.bits)
    let moments = copy.layers.compactMap(\.runningMoments)
    let patterns = copy.sparseLayers.map(\.weight.pattern)
    _ = steps.take(2)
    steps.network.rewire(1, by: Rewiring(dropped: [0]), workspace: steps.workspace, optimizer: &steps.state)
    #expect(copy.parameters.map(\.bits) == before)
    #expect(copy.layers.compactMap(\.runningMoments) == moments)
    #expect(copy.sparseLayers.map(\.weight.pattern) == patterns)
    #expect(zip(steps.network.parameters, copy.parameters).allSatisfy { $0.bits != $1.bits })
    #expect(steps.network.layers.compactMap(\.runningMoments) != moments)
  }

  @Test("running moments follow the batches by their momentum, the variance as the unbiased estimate")
  func runningMoments() throws {
    var network = try Network(inputs: 3, seed: 1) { BatchNorm(momentum: 0.25) }
    var random = Random(seed: 6)
    let workspace = network.makeWorkspace(batch: 21, training: true)
    var mean = [0.0, 0.0, 0.0]
    var variance = [1.0, 1.0, 1.0]
    for samples in [21, 5, 1] {
      workspace.input.resize(samples: samples)
      workspace.input.fill(9)
      for feature in 0..<3 {
        for sample in 0..<samples { workspace.input[feature, sample] = 2 * random.normal() + Float(feature) }
      }
      let pass = Pass(isTraining: true, workers: Workers(threads: 1), random: random)
      network.forward(workspace, pass: pass)
      network.finishPass(workspace)
      for (feature, values) in workspace.input.table.enumerated() {
        let batchMean = values.reduce(0, +) / Double(samples)
        let sum = values.reduce(0) { $0 + ($1 - batchMean) * ($1 - batchMean) }
        mean[feature] += 0.25 * (batchMean - mean[feature])
        variance[feature] += 0.25 * (sum / Double(max(1, samples - 1)) - variance[feature])
      }
    }
    let moments = try #require(network.layers[0].runningMoments)
    #expect(distance(moments[0].doubles, mean) < 1e-6)
    #expect(distance(moments[1].doubles, variance) < 1e-6)
  }

  @Test("a rewiring inside nested blocks keeps survivors' weights, and steps go on with gradients of the new size")
  func nestedRewiring() throws {
    var steps = Steps(try NetworkTests.mixed(), samples: 20, threads: 1)
    _ = steps.take(3)
    for ordinal in [2, 1, 0, 3] {
      let before = steps.network.sparseLayers.map(\.weight)
      let old = before[ordinal]
      let free = (0..<old.rows).flatMap { row in (0..<old.columns).map { Connection(row: row, column: $0) } }
        .filter { !old.pattern.contains(row: $0.row, column: $0.column) }
      let rewiring = Rewiring(dropped: [0, 2], grown: [free[1], free[3], free[4]])
      let rewired = steps.network.rewire(
        ordinal, by: rewiring, workspace: steps.workspace, optimizer: &steps.state)
      for (index, layer) in steps.network.sparseLayers.enumerated() where index != ordinal {
        #expect(layer.weight == before[index])
      }
      let new = steps.network.sparseLayers[ordinal].weight
      #expect(new.count == old.count + 1)
      #expect(new.pattern.checkInvariants())
      for (position, origin) in rewired.origins.enumerated() {
        #expect(new.values[position] == (origin == RewiredPattern.newborn ? 0 : old.values[Int(origin)]))
      }
      let losses = steps.take(1)
      #expect(losses[0].isFinite)
      let gradients = steps.network.gradients(steps.workspace)
      #expect(gradients.map(\.count) == steps.network.parameters.map(\.count))
      #expect(steps.state.slots.map(\.first.count) == steps.network.parameters.map(\.count))
    }
  }

  @Test("dropout drops its share, scales the rest, repeats for one step and changes with step and layer")
  func dropout() {
    func mask(_ ordinal: Int, step: Int, capacity: Int = 130, training: Bool = true) -> Table {
      let x = Activations(features: 100, capacity: capacity)
      x.resize(samples: 30)
      x.fill(1)
      let y = Activations(features: 100, capacity: capacity)
      let layer = DropoutLayer(features: 100, rate: 0.25, ordinal: ordinal)
      let pass = Pass(
        isTraining: training, workers: Workers(threads: 1), random: Random(seed: 1).split(step))
      layer.forward(x, into: y, workspace: LayerWorkspace(), pass: pass)
      return y.table
    }
    let first = mask(0, step: 0)
    #expect(first.allSatisfy { $0.allSatisfy { $0 == 0 || abs($0 - 4 / 3.0) < 1e-6 } })
    let dropped = first.reduce(0) { $0 + $1.filter { $0 == 0 }.count }
    // 3,000 draws: a deviation of √(3000 · 0.25 · 0.75) = 24.
    #expect(abs(dropped - 750) < 96)
    #expect(mask(0, step: 0) == first)
    #expect(mask(0, step: 0, capacity: 30) == first)  // other blocks, the same mask
    #expect(mask(0, step: 1) != first && mask(1, step: 0) != first)
    #expect(mask(0, step: 0, training: false).allSatisfy { $0.allSatisfy { $0 == 1 } })
    // Neighbouring features and samples are dropped independently: both in 1/16 of the cases.
    let pairs = (0..<99).reduce(0) { sum, feature in
      sum + (0..<30).filter { first[feature][$0] == 0 && first[feature + 1][$0] == 0 }.count
    }
    #expect(abs(pairs - 2970 / 16) < 60)
  }
}

extension BuiltLayer {
  /// Mean and variance of batch normalisation, nil for other layers.
  fileprivate var runningMoments: [Vector]? {
    if case .batchNorm(let layer) = self { [layer.runningMean, layer.runningVariance] } else { nil }
  }
}
