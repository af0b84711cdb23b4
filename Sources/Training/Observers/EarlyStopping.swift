// SPDX-License-Identifier: Apache-2.0
// Espalier: ending a run that no longer gets better.

/// Ends a run when the held-out score has not risen for some epochs.
///
/// It looks at the whole history each time, so a run that goes on after a pause stops where it would have stopped.
public final class EarlyStopping: TrainingObserver {
  /// Epochs without a better score that are borne.
  public let patience: Int
  private var scores: [Double] = []

  /// Bears `patience` epochs without a better score.
  public init(patience: Int) {
    precondition(patience > 0, "a patience of \(patience) epochs")
    self.patience = patience
  }

  /// Takes note of the score of each epoch and asks for the end when patience has run out.
  public func observe(_ event: TrainingEvent, control: inout TrainingControl) {
    switch event {
    case .began(let plan):
      scores = plan.history.compactMap(\.score)
      judge(&control)
    case .epoch(let report, _):
      if let score = report.score { scores.append(score) }
      judge(&control)
    default: break
    }
  }

  private func judge(_ control: inout TrainingControl) {
    guard let best = scores.max(), let first = scores.firstIndex(of: best), scores.count - 1 - first >= patience else {
      return
    }
    control.stopReason = "no better held-out score for \(patience) epochs"
  }
}
