// SPDX-License-Identifier: Apache-2.0
// Espalier: the way in for new rules of growth.

public import SparseCore

/// A rule of your own for where to grow.
///
///     struct HalfAndHalf: GrowthRule {   // the strongest half of twice as many random places
///       let name = "half-and-half"
///       let needsGradient = true
///       func connections(growing count: Int, at site: GrowthSite, random: inout Random) -> [Connection] {
///         site.strongest(count, among: min(2 * count, site.absentCount), random: &random)
///       }
///     }
///     let evolution = Evolution(schedule: .init(every: .steps(100)), prune: .magnitude, grow: .custom(HalfAndHalf()))
public protocol GrowthRule: Sendable {
  /// What tells this rule from others.
  var name: String { get }

  /// Whether the site must come with the layer's gradient.
  var needsGradient: Bool { get }

  /// Exactly `count` distinct places without a surviving connection, sorted row by row; `count` is never above
  /// `site.absentCount`.
  func connections(growing count: Int, at site: GrowthSite, random: inout Random) -> [Connection]
}
