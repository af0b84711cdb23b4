// SPDX-License-Identifier: Apache-2.0
// Espalier: an epoch as JSON and as a line of a table.

package import Datasets

extension EpochReport {
  /// The columns of `metrics.csv`, in order; names as TensorBoard groups them.
  ///
  /// - Parameter part: what the held-out data is: "test" or "validation".
  package static func columns(heldOut part: String) -> [String] {
    [
      "epoch", "step", "train/loss", "train/accuracy", part + "/loss", part + "/accuracy", part + "/rmse",
      "optimizer/learning_rate", "topology/connections", "topology/density", "topology/moved",
      "topology/exploration", "perf/seconds",
    ]
  }

  /// The names in saved states, whatever the held-out data is.
  private static let stateColumns = columns(heldOut: "held_out")

  /// The numbers in the order of the columns; nil where there is none.
  package var row: [Double?] {
    [
      Double(epoch), Double(step), trainLoss, trainAccuracy, heldOutLoss, heldOutAccuracy, heldOutError, learningRate,
      Double(connections), density, moved, explorationRate, seconds,
    ]
  }

  package var json: JSONValue {
    .object(zip(Self.stateColumns, row).map { .init($0, $1.map { .number($0) } ?? .null) })
  }

  /// Reads what `json` wrote; nil when a number is missing.
  package init?(_ json: JSONValue) {
    let row = Self.stateColumns.map { json[$0]?.asDouble }
    guard let epoch = json["epoch"]?.asInt, let step = json["step"]?.asInt, let trainLoss = row[2],
      let learningRate = row[7], let connections = json["topology/connections"]?.asInt, let density = row[9],
      let moved = row[10], let seconds = row[12]
    else { return nil }
    self.init(
      epoch: epoch, step: step, trainLoss: trainLoss, trainAccuracy: row[3], heldOutLoss: row[4],
      heldOutAccuracy: row[5], heldOutError: row[6], learningRate: learningRate, connections: connections,
      density: density, moved: moved, explorationRate: row[11], seconds: seconds)
  }
}
