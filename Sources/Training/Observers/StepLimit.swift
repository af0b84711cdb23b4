// SPDX-License-Identifier: Apache-2.0
// Espalier: ending a run after some steps.

/// Ends a run after a number of steps of the optimizer, wherever in an epoch that is.
public final class StepLimit: TrainingObserver {
  private let steps: Int

  /// Allows `steps` steps, at least one.
  public init(_ steps: Int) {
    precondition(steps > 0, "a limit of \(steps) steps")
    self.steps = steps
  }

  /// It is told of every step.
  public var wantsSteps: Bool { true }

  /// Stops at the last step.
  public func observe(_ event: TrainingEvent, control: inout TrainingControl) {
    guard case .step(let report) = event, report.step >= steps else { return }
    control.stopReason = "\(steps) steps are done"
  }
}
