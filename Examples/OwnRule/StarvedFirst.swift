// SPDX-License-Identifier: Apache-2.0
// Espalier: a rule of growth of one's own.

import Espalier

/// Grows at the neurons with the fewest inputs, among a few random places for each connection to grow.
///
/// A rule proposes places; the engine drops, grows, carries weights and optimizer state over and checks the counts.
struct StarvedFirst: GrowthRule {
  /// Random places looked at for each connection that grows.
  var places = 4

  let name = "starved-first"
  let needsGradient = false

  func connections(growing count: Int, at site: GrowthSite, random: inout Random) -> [Connection] {
    let free = site.absentCount + site.dropped.count
    let candidates = site.random(min(places * count, free), random: &random)
    let degrees = site.weights.pattern.inDegrees
    let chosen = candidates.indices.sorted {
      (degrees[candidates[$0].row], $0) < (degrees[candidates[$1].row], $1)
    }
    return chosen.prefix(count).sorted().map { candidates[$0] }
  }
}
