// SPDX-License-Identifier: Apache-2.0
// Espalier: the ι-entities of many trajectories as one set.

public import SparseCore
internal import Synchronization

extension EntitySet {
  /// The ι-entities of all possible trajectories of a model: the patterns of two nodes or more on them whose complete local
  /// integration is positive.
  ///
  /// Such sets are large, and their entities overlap and interpenetrate; perceptions mostly need a selection of them.
  ///
  /// - Parameters:
  ///   - limit: the most trajectories of positive probability that the model may have.
  ///   - threshold: the bits above which an integration counts as positive.
  ///   - workers: threads to share the work.
  /// - Throws: `EntityError.tooLarge` beyond the limit, the model's budget or `mostNodes` nodes.
  /// - Complexity: that of `LocalIntegration` for every trajectory.
  public static func iota<Model: ProbabilityModel>(
    of model: Model, limit: Int = mostTrajectories, above threshold: Double = LocalIntegration.threshold,
    workers: Workers? = nil
  ) throws(EntityError) -> EntitySet where Model.Scalar == Scalar {
    let trajectories = try model.trajectories(limit: limit)
    let found = try entities(
      of: trajectories.map { SpatiotemporalPattern(trajectory: $0.values) }, in: model, above: threshold,
      workers: workers)
    return try EntitySet(
      nodes: model.nodes, trajectories: trajectories, patterns: found.map { ($0.pattern, $0.integration) })
  }

  /// The ι-entities of some trajectories; they occur wherever the model's possible trajectories have their values.
  ///
  /// - Parameters:
  ///   - chosen: trajectories, a value for every node, in node order.
  ///   - limit: the most trajectories of positive probability that the model may have.
  ///   - threshold: the bits above which an integration counts as positive.
  ///   - workers: threads to share the work.
  /// - Throws: `EntityError.pattern` for a trajectory that does not fit the model, `EntityError.impossible` for one of probability
  ///   0, `EntityError.tooLarge` beyond the limit, the model's budget or `mostNodes` nodes.
  /// - Complexity: that of `LocalIntegration` for every chosen trajectory.
  public static func iota<Model: ProbabilityModel>(
    of model: Model, along chosen: [[Int]], limit: Int = mostTrajectories,
    above threshold: Double = LocalIntegration.threshold, workers: Workers? = nil
  ) throws(EntityError) -> EntitySet where Model.Scalar == Scalar {
    for values in chosen { try model.check(trajectory: values) }
    let found = try entities(
      of: chosen.map { SpatiotemporalPattern(trajectory: $0) }, in: model, above: threshold, workers: workers)
    return try EntitySet(of: model, entities: found, limit: limit)
  }

  /// The entities that a judge of one's own finds on all possible trajectories of a model, such as an exact one.
  ///
  /// - Parameters:
  ///   - limit: the most trajectories of positive probability that the model may have.
  ///   - judge: the entities among the parts of a trajectory.
  /// - Throws: `EntityError.tooLarge` beyond the limit, and what the judge throws.
  public static func iota<Model: ProbabilityModel>(
    of model: Model, limit: Int = mostTrajectories,
    judge: (SpatiotemporalPattern) throws(EntityError) -> [IotaEntity]
  ) throws(EntityError) -> EntitySet where Model.Scalar == Scalar {
    let trajectories = try model.trajectories(limit: limit)
    var patterns: [(pattern: SpatiotemporalPattern, integration: Double?)] = []
    for trajectory in trajectories {
      for entity in try judge(SpatiotemporalPattern(trajectory: trajectory.values)) {
        try model.check(entity.pattern)
        patterns.append((entity.pattern, entity.integration))
      }
    }
    return try EntitySet(nodes: model.nodes, trajectories: trajectories, patterns: patterns)
  }

  /// The ι-entities of trajectories, one trajectory after another whatever thread finds them.
  private static func entities<Model: ProbabilityModel>(
    of trajectories: [SpatiotemporalPattern], in model: Model, above threshold: Double, workers: Workers?
  ) throws(EntityError) -> [IotaEntity] where Model.Scalar == Scalar {
    guard let workers, trajectories.count > 1 else {
      var found: [IotaEntity] = []
      for trajectory in trajectories {
        found += try entities(of: trajectory, in: model, above: threshold, workers: workers)
      }
      return found
    }
    let results = Mutex([Result<[IotaEntity], EntityError>](repeating: .success([]), count: trajectories.count))
    workers.forEach(trajectories.count) { task in
      let result = Result { () throws(EntityError) in
        try entities(of: trajectories[task], in: model, above: threshold, workers: nil)
      }
      results.withLock { $0[task] = result }
    }
    var found: [IotaEntity] = []
    for result in results.withLock({ $0 }) { found += try result.get() }
    return found
  }

  private static func entities<Model: ProbabilityModel>(
    of pattern: SpatiotemporalPattern, in model: Model, above threshold: Double, workers: Workers?
  ) throws(EntityError) -> [IotaEntity] where Model.Scalar == Scalar {
    let agreement = try model.agreement(with: pattern).map(\.approximation)
    return try LocalIntegration(agreement: agreement, with: pattern, workers: workers).entities(above: threshold)
  }
}
