// SPDX-License-Identifier: Apache-2.0
// Espalier: one line an epoch.

/// Writes one line for each epoch: for logs and files, where a progress bar would be noise.
///
///     epoch  3/20  loss 0.1422  test 97.61 %  density 5.00 %  moved 1.2 %  0.31 s
public final class EpochLines: TrainingObserver {
  private let write: (String) -> Void
  private var epochs = 0

  /// Sends each line, without its end, to `write`.
  public init(_ write: @escaping (String) -> Void) {
    self.write = write
  }

  /// Writes one line for each epoch.
  public func observe(_ event: TrainingEvent, control: inout TrainingControl) {
    switch event {
    case .began(let plan):
      epochs = plan.epochs
      if let last = plan.history.last { write("going on after epoch \(last.epoch) of \(plan.epochs)") }
    case .epoch(let report, _):
      write(Self.line(report, epochs: epochs))
    default: break
    }
  }

  /// The line of an epoch.
  package static func line(_ report: EpochReport, epochs: Int) -> String {
    let width = String(epochs).count
    let number = String(report.epoch)
    var parts = [
      "epoch " + String(repeating: " ", count: max(0, width - number.count)) + number + "/\(epochs)",
      "loss " + NumberText.fixed(report.trainLoss, decimals: 4),
    ]
    if let accuracy = report.heldOutAccuracy {
      parts.append("test " + NumberText.percent(accuracy, decimals: 2))
    } else if let error = report.heldOutError {
      parts.append("test rmse " + NumberText.significant(error, digits: 4))
    }
    parts.append("density " + NumberText.percent(report.density, decimals: 2))
    if report.moved > 0 { parts.append("moved " + NumberText.percent(report.moved, decimals: 1)) }
    parts.append(NumberText.fixed(report.seconds, decimals: 2) + " s")
    return parts.joined(separator: "  ")
  }
}
