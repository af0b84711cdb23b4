// SPDX-License-Identifier: Apache-2.0
// Espalier: how a sparse network changes its connections while it learns.

public import SparseCore

/// How a sparse network changes its connections while it learns: a schedule and three independent choices.
///
/// Together with the ``Topology`` of its birth this is a whole sparse-training method; SET, RigL and GSE are presets.
///
///     let evolution = Evolution.rigL()
///     if evolution.isUpdate(step: step, stepsPerEpoch: 600, totalSteps: 60_000) {
///       let rewiring = evolution.rewiring(
///         weights: weights, fraction: evolution.schedule.fraction(step: step, totalSteps: 60_000),
///         gradients: GradientSource(input: input, outputGradient: gradient, workers: workers), random: &random)
///       let rewired = rewiring.apply(to: weights.pattern)
///       weights.replace(pattern: rewired.pattern, values: rewired.carry(weights.values, newborn: 0))
///     }
public struct Evolution: Sendable, Equatable {
  /// When, and how much.
  public var schedule: UpdateSchedule
  /// What to drop.
  public var prune: Pruning
  /// Where to grow.
  public var grow: Growth
  /// How layers share what was dropped.
  public var redistribute: Redistribution

  /// Puts a method together.
  public init(schedule: UpdateSchedule, prune: Pruning, grow: Growth, redistribute: Redistribution = .none) {
    self.schedule = schedule
    self.prune = prune
    self.grow = grow
    self.redistribute = redistribute
  }

  /// Whether connections never change.
  public var isStatic: Bool { prune == .none || grow == .none }

  /// Whether an update reads the layers' gradients.
  public var needsGradient: Bool { !isStatic && grow.needsGradient }

  /// Checks what a user has chosen.
  ///
  /// - Throws: ``TopologyError`` for a schedule or a ratio out of range.
  public func validate() throws(TopologyError) {
    try schedule.validate()
    if case .sampledGradient(let ratio) = grow, !(ratio > 0 && ratio.isFinite) { throw .ratio(ratio) }
  }

  /// Whether connections change after `step` finished steps.
  public func isUpdate(step: Int, stepsPerEpoch: Int, totalSteps: Int) -> Bool {
    !isStatic && schedule.isUpdate(step: step, stepsPerEpoch: stepsPerEpoch, totalSteps: totalSteps)
  }

  /// How many connections of a layer an update drops: floor(fraction x count), at most what can grow.
  public func dropCount(of pattern: SparsityPattern, fraction: Double, locality: Locality? = nil) -> Int {
    guard !isStatic else { return 0 }
    return dropCount(of: pattern, fraction: fraction, capacity: grow.capacity(of: pattern, locality: locality))
  }

  private func dropCount(of pattern: SparsityPattern, fraction: Double, capacity: Int) -> Int {
    precondition(fraction >= 0 && fraction <= 1, "a drop fraction of \(fraction)")
    return min(Int(fraction * Double(pattern.count) + 1e-9), pattern.count, capacity)
  }

  /// Proposes the change of one layer.
  ///
  /// - Parameters:
  ///   - weights: the layer before the update, `[outputs, inputs]`.
  ///   - fraction: the share of connections to move, 0 ... 1.
  ///   - gradients: the layer's gradient, for rules that need it.
  ///   - locality: where connections may grow; nil: everywhere. Those that lie elsewhere stay until they are dropped.
  ///   - workers: the threads that may help; nil takes those of the gradients, or the caller's alone. The proposal is the
  ///     same.
  ///   - random: a stream of its own for this update and layer.
  /// - Complexity: as the growth rule; dropping is O(connections).
  /// - Invariant: as many connections grow as are dropped.
  public func rewiring(
    weights: SparseMatrix, fraction: Double, gradients: GradientSource? = nil, locality: Locality? = nil,
    workers: Workers? = nil, random: inout Random
  ) -> Rewiring {
    guard !isStatic else { return Rewiring() }
    let workers = workers ?? gradients?.workers ?? Workers(threads: 1)
    let capacity = grow.capacity(of: weights.pattern, locality: locality)
    let count = dropCount(of: weights.pattern, fraction: fraction, capacity: capacity)
    guard count > 0 else { return Rewiring() }
    precondition(!needsGradient || gradients != nil, "this growth rule needs the layer's gradients")
    let dropped = prune.positions(dropping: count, of: weights, workers: workers)
    let growing = redistribute.growthCounts(dropped: [dropped.count], capacities: [capacity])[0]
    let site = GrowthSite(
      weights: weights, dropped: dropped, gradients: gradients, locality: locality, workers: workers)
    let grown = grow.connections(growing: growing, at: site, random: &random)
    #if !hasFeature(Embedded)
      if case .custom = prune { return Rewiring(dropped: dropped, grown: grown) }
      if case .custom = grow { return Rewiring(dropped: dropped, grown: grown) }
    #endif
    return Rewiring(trustedDropped: dropped, grown: grown)
  }
}
