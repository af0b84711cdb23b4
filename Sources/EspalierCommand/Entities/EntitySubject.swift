// SPDX-License-Identifier: Apache-2.0
// Espalier: a model and the trajectories of it that are looked at.

internal import Espalier

/// A model, as numbers and as it was written, and trajectories of it.
struct EntitySubject {
  /// What the model is called in titles.
  let name: String
  let model: any ProbabilityModel<Double>
  let trajectories: [[Int]]
  /// Nil for a model estimated from rollouts.
  private let description: ModelDescription?

  /// Reads a model; without a choice no trajectory is chosen.
  init(_ source: EntityModelFlags, _ choice: TrajectoryFlags?) throws {
    name = source.name
    if let path = source.rollouts.rollouts {
      let (model, common) = try source.rollouts.model(path)
      (self.model, description) = (model, nil)
      trajectories = try choice?.trajectory?.trajectories(of: model, seed: choice?.seed ?? 1) ?? [common]
      return
    }
    let description = try source.description()
    let model = try description.model(as: Double.self, path: source.name)
    (self.model, self.description) = (model, description)
    for note in description.notes { Output.talk("note: " + note) }
    guard let choice else {
      trajectories = []
      return
    }
    let chosen = choice.trajectory ?? source.bundled.map { .values($0.trajectory.map { "\($0)" }) } ?? .mostProbable
    trajectories = try chosen.trajectories(of: model, seed: choice.seed)
  }

  /// The model in exact fractions.
  func exactModel() throws -> any ProbabilityModel<Rational> {
    guard let description else {
      throw CommandError.usage(
        "--exact: expected a model whose probabilities are written down, got rollouts; leave it out")
    }
    return try description.model(as: Rational.self, path: name)
  }
}
