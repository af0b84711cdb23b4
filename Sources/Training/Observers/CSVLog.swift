// SPDX-License-Identifier: Apache-2.0
// Espalier: the epochs of a run as a table.

/// Writes `metrics.csv`: a line for each epoch.
///
/// When a run goes on after a pause, the table is written anew from the saved history, so that it is the same as that of
/// a run without a pause.
public final class CSVLog: TrainingObserver {
  private let path: String
  private var table: MetricsTable?

  /// Writes to `path`.
  public init(_ path: String) {
    self.path = path
  }

  /// Begins the table anew with the epochs done before, then appends each epoch.
  public func observe(_ event: TrainingEvent, control: inout TrainingControl) throws {
    switch event {
    case .began(let plan):
      let table = try MetricsTable(path, columns: EpochReport.columns(heldOut: plan.heldOutName), keepingThrough: -1)
      for report in plan.history { try table.append(report.row) }
      self.table = table
    case .epoch(let report, _):
      try table?.append(report.row)
    default: break
    }
  }
}
