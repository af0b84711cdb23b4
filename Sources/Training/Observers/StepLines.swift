// SPDX-License-Identifier: Apache-2.0
// Espalier: one line a step.

internal import Datasets

/// Writes one line for each step: for networks of which a step takes long.
///
///     step 3  loss 0.6731  5.21 s
///
/// The seconds are those since the line before, and not reproducible.
public final class StepLines: TrainingObserver {
  private let write: (String) -> Void
  private var last = ContinuousClock.now

  /// Sends each line, without its end, to `write`.
  public init(_ write: @escaping (String) -> Void) {
    self.write = write
  }

  /// It is told of every step.
  public var wantsSteps: Bool { true }

  /// Writes one line for each step.
  public func observe(_ event: TrainingEvent, control: inout TrainingControl) {
    switch event {
    case .began: last = ContinuousClock.now
    case .step(let report):
      let now = ContinuousClock.now
      let seconds = NumberText.fixed((now - last) / .seconds(1), decimals: 2)
      write("step \(report.step)  loss \(NumberText.fixed(report.loss, decimals: 6))  \(seconds) s")
      last = now
    default: break
    }
  }
}
