// SPDX-License-Identifier: Apache-2.0
// Espalier: networks as values: how they are built, counted, copied and run.

import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@Suite struct NetworkTests {
  /// Every kind of layer, small.
  static func mixed(seed: UInt64 = 1, width: Int = 12) throws -> Network {
    try Network(inputs: 10, topology: .erk(density: 0.3), seed: seed) {
      SparseLinear(width)
      BatchNorm()
      AllReLU()
      Dropout(0.3)
      Residual {
        LayerNorm()
        SparseLinear(width + 1)
        Residual {
          SReLU()
          SparseLinear(width + 1, bias: false)
        }
        GELU()
        Linear(width)
      }
      AllReLU()
      SparseLinear(4)
    }
  }

  @Test("the builder takes conditions, loops and ready-made lists")
  func builder() throws {
    func kinds(deep: Bool, last: Bool) throws -> [String] {
      try Network(inputs: 4) {
        if deep {
          for width in [5, 6] {
            SparseLinear(width)
            ReLU()
          }
        } else {
          LayerNorm()
        }
        if last { Tanh() }
        [LayerDescription.srelu, .dropout(rate: 0.1)]
        Linear(2)
      }.layers.map(\.kind)
    }
    let deep = try kinds(deep: true, last: false)
    #expect(deep == ["sparse linear", "relu", "sparse linear", "relu", "srelu", "dropout", "linear"])
    let flat = try kinds(deep: false, last: true)
    #expect(flat == ["layer norm", "tanh", "srelu", "dropout", "linear"])
  }

  @Test("All-ReLU falls in the first, rises in the second, falls in the third layer, blocks included")
  func allReLU() throws {
    let network = try Network(inputs: 3) {
      AllReLU(slope: 0.5)
      ReLU()
      Residual { AllReLU(slope: 0.5) }
      AllReLU(slope: 0.25)
    }
    let functions = network.layers.flatMap { layer -> [ActivationFunction] in
      switch layer {
      case .activation(let activation): [activation.function]
      case .residual(let block):
        block.layers.compactMap { if case .activation(let inner) = $0 { inner.function } else { nil } }
      default: []
      }
    }
    #expect(
      functions
        == [.leakyReLU(slope: -0.5), .relu, .leakyReLU(slope: 0.5), .leakyReLU(slope: -0.25)])
  }

  @Test("layers of one topology share an exact budget; others keep their own")
  func budgets() throws {
    let network = try Network(inputs: 40, topology: .erk(density: 0.07), seed: 3) {
      SparseLinear(33)
      SparseLinear(21, topology: .fixedFanIn(4))
      Residual { SparseLinear(21) }
      SparseLinear(17, topology: .uniform(density: 0.2))
      SparseLinear(9, topology: .uniform(density: 0.2))
      SparseLinear(5, topology: .dense)
    }
    let counts = network.sparseLayers.map(\.weight.count)
    #expect(network.sparseLayers.map(\.ordinal) == [0, 1, 2, 3, 4, 5])
    #expect(counts[0] + counts[2] == Int(0.07 * Double(33 * 40 + 21 * 21)))
    #expect(counts[1] == 4 * 21)
    #expect(network.sparseLayers[1].weight.pattern.inDegrees.allSatisfy { $0 == 4 })
    #expect(counts[3] + counts[4] == Int(0.2 * Double(17 * 21 + 9 * 17) + 1e-6))
    #expect(counts[5] == 45)
    #expect(network.connectionCount == counts.reduce(0, +))
  }

  @Test("one seed gives one network, another seed another, and layers draw from streams of their own")
  func seeds() throws {
    let network = try Self.mixed()
    let again = try Self.mixed()
    #expect(again.parameters.map(\.bits) == network.parameters.map(\.bits))
    #expect(again.sparseLayers.map(\.weight.pattern) == network.sparseLayers.map(\.weight.pattern))
    let other = try Self.mixed(seed: 2)
    #expect(other.sparseLayers[0].weight.pattern != network.sparseLayers[0].weight.pattern)
    #expect(other.sparseLayers[0].weight.values.bits != network.sparseLayers[0].weight.values.bits)
    let twins = try Network(inputs: 20, topology: .dense, seed: 1) {
      SparseLinear(20)
      SparseLinear(20)
      Linear(20)
    }
    #expect(Set(twins.parameters.filter { $0.count == 400 }.map(\.bits)).count == 3)
    // A later layer changes nothing before it.
    let longer = try Network(inputs: 20, topology: .dense, seed: 1) {
      SparseLinear(20)
      SparseLinear(20)
      Linear(20)
      SparseLinear(7)
    }
    #expect(longer.parameters.prefix(6).map(\.bits) == twins.parameters.map(\.bits))
  }

  @Test(
    "weights spread after each neuron's own fan-in",
    arguments: [(Initialization.he, 2.0), (.leCun, 1.0), (.xavier, 2.0)])
  func initialization(rule: Initialization, numerator: Double) throws {
    let network = try Network(inputs: 3000, topology: .uniform(density: 0.1), initialization: rule, seed: 5) {
      SparseLinear(40)
      Linear(1000)
    }
    let layer = network.sparseLayers[0]
    let weights = layer.weight.values.doubles
    let meanFanOut = Double(layer.weight.count) / 3000
    var total = 0.0
    for row in 0..<40 {
      let fanIn = Double(layer.weight.pattern.positions(ofRow: row).count)
      let variance = numerator / (rule == .xavier ? fanIn + meanFanOut : fanIn)
      let squares = layer.weight.pattern.positions(ofRow: row).reduce(0.0) {
        $0 + weights[$1] * weights[$1]
      }
      // The mean square of 300 normal numbers has a relative deviation of √(2 / 300) = 0.08.
      #expect(abs(squares / fanIn / variance - 1) < 0.35, "row \(row)")
      total += squares / fanIn / variance
    }
    // Of 12,000 numbers: 0.013.
    #expect(abs(total / 40 - 1) < 0.05)
    let dense = network.parameters[2].doubles
    let variance = numerator / (rule == .xavier ? 40 + 1000 : 40)
    #expect(abs(dense.reduce(0) { $0 + $1 * $1 } / 40_000 / variance - 1) < 0.03)
    #expect(abs(dense.reduce(0, +) / 40_000) < 0.02 * variance.squareRoot())
    #expect(network.parameters[1].elements.allSatisfy { $0 == 0 })
  }

  @Test("the summary counts what there is")
  func summary() throws {
    let network = try Network(inputs: 6, topology: .fixedFanIn(2), seed: 1) {
      SparseLinear(5)
      BatchNorm()
      Residual {
        SReLU()
        SparseLinear(5, bias: false)
      }
      LayerNorm()
      ReLU()
      Linear(3)
    }
    let summary = network.summary
    #expect(summary.lines.map(\.path) == ["0", "1", "2.0", "2.1", "3", "4", "5"])
    #expect(summary.lines.map(\.connections) == [10, 0, 0, 10, 0, 0, 15])
    #expect(summary.lines.map(\.parameters) == [15, 10, 20, 10, 10, 0, 18])
    #expect(summary.connections == 35)
    #expect(summary.denseConnections == 30 + 25 + 15)
    #expect(summary.sparsity == 0.5)
    #expect(summary.parameters == network.parameters.reduce(0) { $0 + $1.count })
    #expect(summary.neurons == 6 + 5 + 5 + 3)
    #expect(summary.lines[0].flops == 20 && summary.lines[6].flops == 30)
    #expect(summary.lines[0].density == 1 / 3 && summary.lines[4].density == nil)
  }

  @Test("predictions do not depend on how samples are cut into batches: the same bytes for blocks of one width")
  func predictions() throws {
    var network = try Self.mixed()
    var random = Random(seed: 2)
    network.scramble(&random)
    let samples = 70
    let features = Matrix(rows: samples, columns: 10, values: random.normals(700))
    let workers = Workers(threads: 1)
    let workspace = network.makeWorkspace(batch: samples, training: false)
    for sample in 0..<samples {
      for feature in 0..<10 { workspace.input[feature, sample] = features[sample, feature] }
    }
    let scores = network.forward(workspace, pass: .inference(workers))
    for batch in [1, 2, 16, 17, 33, 64, 70, 256] {
      let predicted = network.predict(features, workers: workers, batch: batch)
      #expect(predicted.rows == samples && predicted.columns == 4)
      // A sparse row is summed by as many accumulators as the block's width leaves registers for.
      let sameWidth = Activations.lanes(for: min(batch, samples)) == scores.lanes
      let error = (0..<samples).reduce(Float(0)) { worst, sample in
        (0..<4).reduce(worst) { max($0, abs(predicted[sample, $1] - scores[$1, sample])) }
      }
      #expect(sameWidth ? error == 0 : error < 1e-5, "batches of \(batch): \(error)")
    }
    #expect(network.predict(Matrix(rows: 0, columns: 10), workers: workers).rows == 0)
  }

  @Test("joined layers are numbered anew, so that each sparse layer is found and each mask differs")
  func joined() throws {
    let made = try Network(inputs: 8, topology: .uniform(density: 0.5), seed: 1) { SparseLinear(8) }
    let layer = made.layers[0]
    let mask = BuiltLayer.dropout(DropoutLayer(features: 8, rate: 0.5, ordinal: 0))
    var network = Network(
      inputs: 8, builtLayers: [layer, mask, .residual(ResidualLayer(inputs: 8, layers: [layer, mask])), layer])
    #expect(network.sparseLayers.map(\.ordinal) == [0, 1, 2])
    var state = OptimizerState(.adam(), for: network)
    network.rewire(1, by: Rewiring(dropped: [0, 3]), workspace: nil, optimizer: &state)
    #expect(network.sparseLayers.map(\.weight.count) == [32, 30, 32])
    #expect(state.slots.map(\.first.count) == [32, 8, 30, 8, 32, 8])
    guard case .dropout(let first) = network.layers[1], case .residual(let block) = network.layers[2],
      case .dropout(let second) = block.layers[1]
    else {
      Issue.record("the layers are others than those that were joined")
      return
    }
    #expect(first.ordinal != second.ordinal)
  }

  @Test("the first layer with a parameter or running moment that is not finite is found, inside blocks too")
  func nonFiniteParameters() throws {
    var network = try Network(inputs: 3, topology: .dense, seed: 1) {
      SparseLinear(3)
      ReLU()
      Residual {
        BatchNorm()
        Linear(3)
      }
      Linear(2)
    }
    #expect(network.firstLayerWithNonFiniteParameters() == nil)
    let whole = network
    for (parameter, layer) in [(7, 3), (6, 3), (5, 2), (2, 2), (1, 0), (0, 0)] {
      network.visitParameters(nil) { index, shown in
        if index == parameter { shown.values[shown.values.count - 1] = .nan }
      }
      #expect(network.firstLayerWithNonFiniteParameters() == layer)
    }
    let moments = BatchNormLayer(
      scale: [1, 1, 1], shift: [0, 0, 0], runningMean: [0, 0, 0], runningVariance: [1, .infinity, 1], momentum: 0.1,
      epsilon: 1e-5)
    let block = ResidualLayer(inputs: 3, layers: [.batchNorm(moments)])
    let broken = Network(inputs: 3, builtLayers: [whole.layers[0], .residual(block)])
    #expect(broken.firstLayerWithNonFiniteParameters() == 1)
  }
}
