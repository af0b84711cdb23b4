// SPDX-License-Identifier: Apache-2.0
// Espalier: a bar that fills while a network learns.

internal import Datasets

/// Draws one line on a terminal, again and again: a bar, the epoch, the latest figures, the time that is left.
///
/// It draws at most ten times a second, and nothing but its own line is touched.
public final class ProgressBar: TrainingObserver {
  private let write: (String) -> Void
  private let width: Int
  private var plan: RunPlan?
  private var begun = ContinuousClock.now
  private var lastDrawn: ContinuousClock.Instant?
  private var firstStep = 0
  private var figures = ""

  /// Draws with `write`, which must not add line ends.
  ///
  /// - Parameter width: characters of the bar itself.
  public init(width: Int = 24, _ write: @escaping (String) -> Void) {
    self.width = width
    self.write = write
  }

  /// True: the bar moves with the steps.
  public var wantsSteps: Bool { true }

  /// Draws the bar at most ten times a second, and wipes it at the end.
  public func observe(_ event: TrainingEvent, control: inout TrainingControl) {
    switch event {
    case .began(let plan):
      self.plan = plan
      begun = ContinuousClock.now
      firstStep = plan.history.last?.step ?? 0
    case .step(let report):
      draw(step: report.step, epoch: report.epoch)
    case .epoch(let report, _):
      figures = "loss " + NumberText.fixed(report.trainLoss, decimals: 4)
      if let quality = report.heldOutQuality { figures += "  \(plan?.heldOutName ?? "test") " + quality }
    case .ended:
      write("\r\u{1B}[K")
    case .rewired: break
    }
  }

  private func draw(step: Int, epoch: Int) {
    guard let plan, plan.totalSteps > 0 else { return }
    let now = ContinuousClock.now
    if let lastDrawn, now - lastDrawn < .milliseconds(100) { return }
    lastDrawn = now
    let line = Self.line(
      step: step, epoch: epoch, plan: plan, figures: figures, left: timeLeft(step: step, now: now, plan), width: width)
    write("\r" + line + "\u{1B}[K")
  }

  private func timeLeft(step: Int, now: ContinuousClock.Instant, _ plan: RunPlan) -> Double? {
    guard step > firstStep else { return nil }
    let elapsed = (now - begun) / .seconds(1)
    guard elapsed > 0.5 else { return nil }
    return elapsed / Double(step - firstStep) * Double(plan.totalSteps - step)
  }

  /// The bar as text.
  package static func line(
    step: Int, epoch: Int, plan: RunPlan, figures: String, left: Double?, width: Int
  ) -> String {
    let filled = min(width, width * step / max(1, plan.totalSteps))
    let bar = String(repeating: "━", count: filled) + String(repeating: "╌", count: width - filled)
    var parts = [bar, "epoch \(min(epoch, plan.epochs))/\(plan.epochs)"]
    if !figures.isEmpty { parts.append(figures) }
    if let left { parts.append(time(left) + " left") }
    return parts.joined(separator: "  ")
  }

  /// "8 s", "3 min 20 s", "2 h 05 min".
  package static func time(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    let minutes = whole % 3600 / 60
    return "\(whole / 3600) h \(minutes < 10 ? "0" : "")\(minutes) min"
  }
}
