// SPDX-License-Identifier: Apache-2.0
// Espalier: keeping the best network of a run.

/// Saves the network whenever its held-out score is the best so far.
///
/// The first of equal scores stays. When a run goes on after a pause, the best of the saved history counts.
public final class BestModel: TrainingObserver {
  private let path: String
  private let template: Model
  private var best: Double?

  /// Saves to `path`.
  ///
  /// - Parameter template: the model whose network is replaced by the best one.
  public init(_ path: String, template: Model) {
    self.path = path
    self.template = template
  }

  /// Saves the network of an epoch that is better than all before.
  public func observe(_ event: TrainingEvent, control: inout TrainingControl) throws {
    switch event {
    case .began(let plan):
      best = plan.history.compactMap(\.score).max()
    case .epoch(let report, let network):
      guard let score = report.score, score.isFinite, best.map({ score > $0 }) ?? true else { return }
      best = score
      var model = template
      model.network = network
      try model.save(to: path)
    default: break
    }
  }
}
