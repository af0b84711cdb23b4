// SPDX-License-Identifier: Apache-2.0
// Espalier: whole training steps to measure.

internal import Datasets
internal import NeuralNetworks
internal import SparseCore
internal import SparseTopology
internal import Training

/// A network of sparse layers with rectifiers between, in training on random numbers.
struct TrainingCase {
  let widths: [Int]
  let batch: Int
  let network: Network
  let samples: Dataset
  static let optimizer = Optimizer.sgd(learningRate: 0.01, momentum: 0.9)

  /// Draws SET's random graphs and a batch of samples.
  ///
  /// - Parameter tiles: how many times the batch stands in the data; a step draws from all of it in random order.
  init(widths: [Int], epsilon: Double, batch: Int, tiles: Int) throws {
    self.widths = widths
    self.batch = batch
    let layers = widths.dropFirst().enumerated().flatMap { index, width -> [LayerDescription] in
      SparseLinear(width).descriptions + (index < widths.count - 2 ? ReLU().descriptions : [])
    }
    network = try Network(inputs: widths[0], topology: .erdosRenyi(epsilon: epsilon), seed: 1, layers: layers)
    var random = Random(seed: 2)
    let row = (0..<batch * widths[0]).map { _ in random.normal() }
    let classes = widths[widths.count - 1]
    let labels = (0..<batch).map { _ in Int32(random.below(classes)) }
    samples = Self.tiled(row, labels, tiles: tiles, widths[0], classes: classes)
  }

  /// Stored connections.
  var connections: Int { network.connectionCount }

  /// The first batch of the data, alone.
  var oneBatch: Dataset {
    guard case .classes(let labels, let names) = samples.targets else { return samples }
    let rows = samples.features
    var values = Matrix(rows: batch, columns: widths[0])
    for row in 0..<batch {
      for column in 0..<widths[0] { values[row, column] = rows[row, column] }
    }
    return Dataset(name: "bench", features: values, targets: .classes(Array(labels.prefix(batch)), names: names))
  }

  /// Begins training: `step()` assembles a batch, runs forward and backward and updates.
  func session(threads: Int, samples: Dataset? = nil) throws -> TrainingSession {
    try TrainingSession(
      Trainer(
        optimizer: Self.optimizer, evolution: .static, epochs: 1 << 30, batchSize: batch, seed: 1, threads: threads),
      network: network, train: samples ?? self.samples)
  }

  private static func tiled(_ rows: [Float], _ labels: [Int32], tiles: Int, _ features: Int, classes: Int) -> Dataset {
    var matrix = Matrix(rows: labels.count * tiles, columns: features)
    matrix.values.write { values in
      for tile in 0..<tiles {
        rows.withUnsafeBufferPointer { rows in
          guard let first = rows.baseAddress else { return }
          (values + tile * rows.count).update(from: first, count: rows.count)
        }
      }
    }
    return Dataset(
      name: "bench", features: matrix,
      targets: .classes((0..<tiles).flatMap { _ in labels }, names: (0..<classes).map { "\($0)" }))
  }
}
