// SPDX-License-Identifier: Apache-2.0
// Espalier: a layer's three products, and an epoch of a network of three.

import Espalier

/// One square layer: y = W x; dx = W' dy and dw = dy x'.
///
/// With `acting` it is laid out for a few samples at a time and goes forward only.
final class LayerProducts {
  let layout: String
  private let run: (_ backward: Bool) -> Void

  init(_ wiring: String, side: Int, batch: Int, acting: Bool = false) throws {
    var network = try Network(inputs: side, topology: .dense, seed: 1, layers: Wiring(wiring).layer(side))
    let isPrepared = acting && network.prepareForActing() > 0
    let pass = Pass(isTraining: !acting, workers: Workers(threads: 1), random: Random(seed: 4))
    let (x, dy) = (Self.activations(side, batch, seed: 2), Self.activations(side, batch, seed: 3))
    let (y, dx) = (Activations(features: side, capacity: batch), Activations(features: side, capacity: batch))
    if case .sparseLinear(let layer)? = network.layers.first {
      layout = isPrepared ? "for acting" : layer.weight.layout
      let room = layer.makeWorkspace(capacity: batch, training: !acting)
      run = { backward in
        if backward {
          layer.backward(dy, input: x, output: y, into: dx, workspace: room, pass: pass)
        } else {
          layer.forward(x, into: y, workspace: room, pass: pass)
        }
      }
    } else {
      layout = "dense"
      var random = Random(seed: 5)
      let weight = Matrix(rows: side, columns: side, values: Vector((0..<side * side).map { _ in random.normal() }))
      let layer = LinearLayer(weight: weight, bias: Vector(count: side))
      let room = layer.makeWorkspace(capacity: batch, training: true)
      run = { backward in
        if backward {
          layer.backward(dy, input: x, output: y, into: dx, workspace: room, pass: pass)
        } else {
          layer.forward(x, into: y, workspace: room, pass: pass)
        }
      }
    }
    run(false)
    if !acting { run(true) }
  }

  func forward() { run(false) }

  func backward() { run(true) }

  private static func activations(_ features: Int, _ batch: Int, seed: UInt64) -> Activations {
    let values = Activations(features: features, capacity: batch)
    var random = Random(seed: seed)
    for feature in 0..<features {
      for sample in 0..<batch { values[feature, sample] = random.normal() }
    }
    return values
  }
}

/// Forty steps of a network of three square layers, rectifiers and a dense end of ten classes, with momentum.
///
/// Random numbers in batches of random order; the loss, its gradient and the optimizer are part of it. The refresh of the
/// masks, due every 40 steps, is measured apart: new masks of all three layers, and everything carried over.
final class Epoch {
  private let session: TrainingSession
  private var network: Network
  private var state: OptimizerState
  private let tiles: TilePattern?
  private let sources: [GradientSource]
  private let workers = Workers(threads: 1)
  static let steps = 40

  init(_ wiring: String, side: Int, batch: Int) throws {
    let wiring = Wiring(wiring)
    let layers = (0..<3).flatMap { _ in wiring.layer(side) + ReLU().descriptions } + Linear(10).descriptions
    network = try Network(inputs: side, topology: .dense, seed: 1, layers: layers)
    let optimizer = Optimizer.sgd(learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4)
    state = OptimizerState(optimizer, for: network)
    if case .sparse(let topology) = wiring { tiles = topology.tilePattern } else { tiles = nil }
    var random = Random(seed: 2)
    let count = Self.steps * batch
    let features = Matrix(
      rows: count, columns: side, values: Vector((0..<count * side).map { _ in random.uniform() - 0.5 }))
    let labels = (0..<count).map { _ in Int32(random.below(10)) }
    let data = Dataset(
      name: "numbers", features: features, targets: .classes(labels, names: (0..<10).map { "\($0)" }))
    session = try TrainingSession(
      Trainer(optimizer: optimizer, evolution: .static, epochs: 1 << 30, batchSize: batch, seed: 1, threads: 1),
      network: network, train: data)
    let workers = workers
    sources = (0..<3).map { layer in
      let (x, dy) = (Activations(features: side, capacity: batch), Activations(features: side, capacity: batch))
      var random = Random(seed: 10).split(layer)
      for feature in 0..<side {
        for sample in 0..<batch {
          x[feature, sample] = random.normal()
          dy[feature, sample] = random.normal() / Float(batch)
        }
      }
      return GradientSource(input: x, outputGradient: dy, workers: workers)
    }
    run()
    refresh()
  }

  func run() {
    for _ in 0..<Self.steps { _ = session.step() }
  }

  /// New masks for all three layers; nothing where there are none.
  func refresh() {
    guard let tiles else { return }
    for (ordinal, source) in sources.enumerated() {
      let rewiring = NMRewiring.rewiring(
        weights: network.sparseLayers[ordinal].weight, pattern: tiles, gradients: source, scale: 0.4, workers: workers)
      network.rewire(ordinal, by: rewiring, workspace: nil, optimizer: &state, workers: workers)
    }
  }
}
