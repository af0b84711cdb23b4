// SPDX-License-Identifier: Apache-2.0
// Espalier: a model and the trajectories of it that are looked at.

internal import Espalier

/// A model, as numbers and as it was written, and trajectories of it.
struct EntitySubject {
  let description: ModelDescription
  let model: any ProbabilityModel<Double>
  let trajectories: [[Int]]
  private let path: String

  init(_ source: EntityModelFlags, _ choice: TrajectoryFlags) throws {
    description = try source.description()
    path = source.name
    let model = try description.model(as: Double.self, path: path)
    self.model = model
    for note in description.notes { Output.talk("note: " + note) }
    let chosen = choice.trajectory ?? source.bundled.map { .values($0.trajectory.map { "\($0)" }) } ?? .mostProbable
    trajectories = try chosen.trajectories(of: model, seed: choice.seed)
  }

  /// The model in exact fractions.
  func exactModel() throws -> any ProbabilityModel<Rational> {
    try description.model(as: Rational.self, path: path)
  }
}
