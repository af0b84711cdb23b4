// SPDX-License-Identifier: Apache-2.0
// Espalier: one line an epoch.

internal import Datasets

/// Writes one line for each epoch: for logs and files, where a progress bar would be noise.
///
///     epoch  3/20  loss 0.1422  test 97.61 %  density 5.00 %  moved 1.2 %  0.31 s
public final class EpochLines: TrainingObserver {
  private let write: (String) -> Void
  private var epochs = 0
  private var heldOutName = "test"

  /// Sends each line, without its end, to `write`.
  public init(_ write: @escaping (String) -> Void) {
    self.write = write
  }

  /// Writes one line for each epoch.
  public func observe(_ event: TrainingEvent, control: inout TrainingControl) {
    switch event {
    case .began(let plan):
      epochs = plan.epochs
      heldOutName = plan.heldOutName
      if let last = plan.history.last { write("going on after epoch \(last.epoch) of \(plan.epochs)") }
    case .epoch(let report, _):
      write(Self.line(report, epochs: epochs, heldOut: heldOutName))
    default: break
    }
  }

  /// The line of an epoch.
  package static func line(_ report: EpochReport, epochs: Int, heldOut part: String = "test") -> String {
    let width = String(epochs).count
    let number = String(report.epoch)
    var parts = [
      "epoch " + String(repeating: " ", count: max(0, width - number.count)) + number + "/\(epochs)",
      "loss " + NumberText.fixed(report.trainLoss, decimals: 4),
    ]
    if let quality = report.heldOutQuality { parts.append(part + " " + quality) }
    parts.append("density " + NumberText.percent(report.density, decimals: 2))
    if report.moved > 1 {
      // Several updates an epoch may move more connections than there are.
      parts.append("moved " + NumberText.fixed(report.moved, decimals: 1) + "x")
    } else if report.moved > 0 {
      parts.append("moved " + NumberText.percent(report.moved, decimals: 1))
    }
    parts.append(NumberText.fixed(report.seconds, decimals: 2) + " s")
    return parts.joined(separator: "  ")
  }
}

extension EpochReport {
  /// The held-out accuracy, or the root mean squared error, in words; nil without held-out data.
  var heldOutQuality: String? {
    heldOutAccuracy.map { NumberText.percent($0, decimals: 2) }
      ?? heldOutError.map { "rmse " + NumberText.significant($0, digits: 4) }
  }
}
