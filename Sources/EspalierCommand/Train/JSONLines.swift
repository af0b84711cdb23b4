// SPDX-License-Identifier: Apache-2.0
// Espalier: a run as lines of JSON.

internal import Datasets
internal import Training

/// Writes each epoch as one JSON object a line, for `--json`.
final class JSONLines: TrainingObserver {
  private let write: (JSONValue) -> Void
  private let seed: Int

  init(seed: Int, _ write: @escaping (JSONValue) -> Void) {
    self.seed = seed
    self.write = write
  }

  func observe(_ event: TrainingEvent, control: inout TrainingControl) {
    guard case .epoch(let report, _) = event else { return }
    let members = report.json.asObject ?? []
    write(.object([.init("event", "epoch"), .init("seed", .integer(seed))] + members))
  }
}
