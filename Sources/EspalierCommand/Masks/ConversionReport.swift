// SPDX-License-Identifier: Apache-2.0
// Espalier: what espalier masks convert prints.

internal import Datasets
internal import NeuralNetworks
internal import SparseTopology
internal import Training

/// A model before and after its conversion.
struct ConversionReport {
  /// A stage of the conversion.
  struct Stage {
    let name: String
    let connections: Int
    /// Nil without labelled samples.
    let metrics: Metrics?
  }

  let pattern: TilePattern
  let out: String
  let before: Network
  let data: String
  private(set) var stages: [Stage] = []

  init(pattern: TilePattern, out: String, before: Network, data: String) {
    self.pattern = pattern
    self.out = out
    self.before = before
    self.data = data
  }

  mutating func add(_ stage: String, _ network: Network, _ metrics: Metrics?) {
    stages.append(Stage(name: stage, connections: network.connectionCount, metrics: metrics))
  }

  var text: String {
    var table = TextTable([.left, .right, .right, .right])
    table.add(["\(pattern)\(pattern.isTransposable ? " transposable" : "")", "connections", "score", "loss"])
    for stage in stages {
      let score = stage.metrics.map { metrics in
        metrics.accuracy.map { NumberText.percent($0, decimals: 2) }
          ?? metrics.rootMeanSquaredError.map { "RMSE " + NumberText.significant($0, digits: 5) } ?? "-"
      }
      table.add([
        stage.name, NumberText.grouped(stage.connections), score ?? "-",
        stage.metrics.map { NumberText.fixed($0.loss, decimals: 4) } ?? "-",
      ])
    }
    return table.text() + "\nwrote \(out)"
  }

  var json: JSONValue {
    .object([
      .init("pattern", .string("\(pattern)")), .init("transposable", .bool(pattern.isTransposable)),
      .init("data", .string(data)), .init("model", .string(out)),
      .init(
        "stages",
        .array(
          stages.map { stage in
            .object([
              .init("stage", .string(stage.name)), .init("connections", .integer(stage.connections)),
              .init("accuracy", .optional(stage.metrics?.accuracy)),
              .init("rmse", .optional(stage.metrics?.rootMeanSquaredError)),
              .init("loss", .optional(stage.metrics?.loss)),
            ])
          })),
    ])
  }
}
