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

  /// Stops at the last step, or before any when a resumed run has done them all.
  public func observe(_ event: TrainingEvent, control: inout TrainingControl) {
    let done: Int
    switch event {
    case .began(let plan): done = plan.step
    case .step(let report): done = report.step
    default: return
    }
    if done >= steps { control.stopReason = "\(steps) steps are done" }
  }
}
