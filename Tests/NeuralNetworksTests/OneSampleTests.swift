// SPDX-License-Identifier: Apache-2.0
// Espalier: one sample alone, in blocks of one lane.

import NeuralNetworks
import SparseCore
import Testing

@Suite struct OneSampleTests {
  /// Every kind of layer, of some width.
  private static func layers(_ width: Int, _ random: inout Random) -> [(name: String, layer: BuiltLayer)] {
    let pattern = random.pattern(rows: 11, columns: width, density: 0.5)
    let slow = Vector((0..<width).map { _ in 0.5 + random.uniform() })
    let functions: [(String, ActivationFunction)] = [
      ("relu", .relu), ("leaky", .leakyReLU(slope: 0.3)), ("leaky down", .leakyReLU(slope: -0.6)), ("tanh", .tanh),
      ("sigmoid", .sigmoid), ("gelu", .gelu),
    ]
    var layers: [(String, BuiltLayer)] = functions.map {
      ($0.0, .activation(ActivationLayer(features: width, function: $0.1)))
    }
    layers += [
      (
        "sparse",
        .sparseLinear(
          SparseLinearLayer(
            weight: SparseMatrix(pattern: pattern, values: random.normals(pattern.count)), bias: random.normals(11)))
      ),
      (
        "windowed",
        .windowedLinear(
          WindowedLinearLayer(
            weight: WindowedMatrix(
              WindowShape(rows: 70, columns: width, fanIn: 1, window: 64), deviation: 1, random: random,
              workers: Workers(threads: 1)), bias: random.normals(70)))
      ),
      (
        "linear",
        .linear(
          LinearLayer(
            weight: Matrix(rows: 6, columns: width, values: random.normals(6 * width)), bias: random.normals(6)))
      ),
      (
        "srelu",
        .srelu(
          SReLULayer(
            shape: SReLUShape(
              left: Vector((0..<width).map { _ in random.normal() - 0.5 }), leftSlope: random.normals(width),
              right: Vector((0..<width).map { _ in random.normal() + 0.5 }), rightSlope: random.normals(width))))
      ),
      ("dropout", .dropout(DropoutLayer(features: width, rate: 0.4, ordinal: 3))),
      (
        "batch norm",
        .batchNorm(
          BatchNormLayer(
            scale: random.normals(width), shift: random.normals(width), runningMean: random.normals(width),
            runningVariance: slow, momentum: 0.1, epsilon: 1e-3))
      ),
      (
        "layer norm",
        .layerNorm(LayerNormLayer(scale: random.normals(width), shift: random.normals(width), epsilon: 1e-3))
      ),
    ]
    layers.append(("residual", .residual(ResidualLayer(inputs: width, layers: layers.suffix(4).map { $0.1 }))))
    return layers
  }

  /// One sample through a layer, in buffers for `capacity` samples: outputs, input gradient, parameter gradients.
  private static func run(
    _ layer: BuiltLayer, capacity: Int, training: Bool, x values: [Float], dy gradients: [Float], workers: Workers
  ) -> [Vector] {
    let x = Activations(features: layer.inputs, capacity: capacity)
    let y = Activations(features: layer.outputs, capacity: capacity)
    let dy = Activations(features: layer.outputs, capacity: capacity)
    let dx = Activations(features: layer.inputs, capacity: capacity)
    for activations in [x, y, dy, dx] { activations.resize(samples: 1) }
    for feature in 0..<layer.inputs { x[feature, 0] = values[feature] }
    for feature in 0..<layer.outputs { dy[feature, 0] = gradients[feature] }
    let workspace = layer.makeWorkspace(capacity: capacity, training: training)
    var pass = Pass(isTraining: training, workers: workers, random: Random(seed: 4))
    layer.forward(x, into: y, workspace: workspace, pass: pass)
    let outputs = Vector((0..<layer.outputs).map { y[$0, 0] })
    guard training else { return [outputs] }
    layer.backward(dy, input: x, output: y, into: nil, workspace: workspace, pass: pass)
    pass.accumulates = true
    layer.backward(dy, input: x, output: y, into: dx, workspace: workspace, pass: pass)
    var results = [outputs, Vector((0..<layer.inputs).map { dx[$0, 0] })]
    var copy = layer
    copy.visitParameters(workspace) { results.append($0.gradient) }
    return results
  }

  @Test("one sample alone gives what it gives in a block of sixteen", arguments: [1, 9, 16, 37, 300])
  func alone(width: Int) {
    var random = Random(seed: 5).split(width)
    let workers = Workers(threads: 1)
    #expect(Activations(features: width, capacity: 1).lanes == 1)
    for (name, layer) in Self.layers(width, &random) {
      let x = random.normals(layer.inputs).elements
      let dy = random.normals(layer.outputs).elements
      for training in [false, true] {
        let alone = Self.run(layer, capacity: 1, training: training, x: x, dy: dy, workers: workers)
        let block = Self.run(layer, capacity: 16, training: training, x: x, dy: dy, workers: workers)
        let error = distance(alone.map(\.doubles), block.map(\.doubles))
        #expect(error < 1e-5, "\(name) of \(width), training \(training): \(error)")
      }
    }
  }

  @Test("one sample gives the same bytes for any number of threads")
  func threads() {
    var random = Random(seed: 6)
    for (name, layer) in Self.layers(66_001, &random) {
      let x = random.normals(layer.inputs).elements
      let dy = random.normals(layer.outputs).elements
      let bits = (1...3).map { threads in
        Self.run(layer, capacity: 1, training: true, x: x, dy: dy, workers: Workers(threads: threads)).map(\.bits)
      }
      #expect(bits[0] == bits[1] && bits[0] == bits[2], "\(name)")
    }
  }

  @Test("a network prepared for acting gives the same within rounding, in residual blocks too, until weights change")
  func acting() {
    var random = Random(seed: 7)
    func layer() -> BuiltLayer {
      // Eight connections in each row, five inputs apart.
      let columns = (0..<40).flatMap { row in (0..<8).map { UInt32(5 * $0 + row % 5) } }
      let pattern = SparsityPattern(
        trustedRows: 40, columns: 40, rowStarts: (0...40).map { 8 * $0 }, columnIndices: columns)
      return .sparseLinear(
        SparseLinearLayer(
          weight: SparseMatrix(pattern: pattern, values: random.normals(pattern.count)), bias: random.normals(40)))
    }
    var network = Network(inputs: 40, builtLayers: [layer(), .residual(ResidualLayer(inputs: 40, layers: [layer()]))])
    let x = Matrix(rows: 3, columns: 40, values: random.normals(120))
    let workers = Workers(threads: 1)
    for _ in 0..<2 {
      let want = network.predict(x, workers: workers, batch: 1)
      #expect(network.prepareForActing() == 2)
      let got = network.predict(x, workers: workers, batch: 1)
      for index in 0..<got.values.count { #expect(abs(got.values[index] - want.values[index]) < 1e-4) }
      network.visitParameters(nil) { _, parameter in
        for index in 0..<parameter.values.count { parameter.values[index] *= -0.5 }
      }
      let changed = network.predict(x, workers: workers, batch: 1)
      #expect((0..<changed.values.count).contains { abs(changed.values[$0] - got.values[$0]) > 0.1 })
    }
  }
}
