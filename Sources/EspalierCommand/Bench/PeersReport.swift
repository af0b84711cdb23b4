// SPDX-License-Identifier: Apache-2.0
// Espalier: what espalier bench peers prints.

internal import Datasets
internal import Training

/// One phase of one case, by a peer and by us in turn.
struct PeerTiming {
  let what: String
  let density: Double?
  let connections: Int
  let peer: String
  let phase: String
  let theirs: Sample
  let ours: Sample
  /// The largest difference of results, relative to our largest value.
  let difference: Double

  /// Their median time over ours: above 1 we are faster.
  var ratio: Double { theirs.median / max(1e-12, ours.median) }

  /// The timing as an object.
  func json(batch: Int, threads: Int, load: Double?) -> JSONValue {
    .object([
      .init("what", .string(what)), .init("density", .optional(density)), .init("connections", .integer(connections)),
      .init("batch", .integer(batch)), .init("threads", .integer(threads)), .init("peer", .string(peer)),
      .init("phase", .string(phase)), .init("their_median_seconds", .number(theirs.median)),
      .init("our_median_seconds", .number(ours.median)),
      .init("their_middle_half_seconds", .array([.number(theirs.low), .number(theirs.high)])),
      .init("our_middle_half_seconds", .array([.number(ours.low), .number(ours.high)])),
      .init("ratio", .number(ratio)), .init("difference", .number(difference)), .init("load_average", .optional(load)),
    ])
  }
}

/// Collects timings and sums them up.
struct PeersReport {
  private(set) var timings: [PeerTiming] = []

  mutating func add(_ timing: PeerTiming) { timings.append(timing) }

  /// The lines of some timings of one case.
  static func table(_ timings: [PeerTiming]) -> String {
    var table = TextTable([.left, .left, .right, .right, .right, .right, .right])
    table.add(["peer", "phase", "theirs", "middle half", "ours", "ratio", "difference"])
    for timing in timings {
      table.add([
        timing.peer, timing.phase, BenchText.time(timing.theirs.median), BenchText.spread(timing.theirs),
        BenchText.time(timing.ours.median), NumberText.fixed(timing.ratio, decimals: 2),
        NumberText.significant(timing.difference, digits: 2),
      ])
    }
    return table.text()
  }

  /// The ratio of forward and backward together for each case of a peer; of the forward pass where it has no more, and
  /// of the step for whole steps.
  func ratios(of peer: String) -> [(what: String, density: Double?, phase: String, ratio: Double)] {
    let own = timings.filter { $0.peer == peer }
    var cases: [(what: String, density: Double?)] = []
    for timing in own where !cases.contains(where: { $0.what == timing.what && $0.density == timing.density }) {
      cases.append((timing.what, timing.density))
    }
    return cases.compactMap { what, density in
      let phases = own.filter { $0.what == what && $0.density == density }
      if let whole = phases.first(where: { $0.phase == "both" || $0.phase == "step" }) {
        return (what, density, whole.phase == "step" ? "step" : "fwd+bwd", whole.ratio)
      }
      guard let forward = phases.first(where: { $0.phase == "forward" }) else { return nil }
      guard let backward = phases.first(where: { $0.phase == "backward" }) else {
        return (what, density, "forward", forward.ratio)
      }
      let ours = forward.ours.median + backward.ours.median
      return (what, density, "fwd+bwd", (forward.theirs.median + backward.theirs.median) / max(1e-12, ours))
    }
  }

  /// One line a peer and density: the median of the ratios over the layers, and the least.
  var summary: [(peer: String, density: Double?, phase: String, median: Double, least: Double)] {
    var peers: [String] = []
    for timing in timings where !peers.contains(timing.peer) { peers.append(timing.peer) }
    return peers.flatMap { peer in
      let ratios = ratios(of: peer)
      var densities: [Double?] = []
      for ratio in ratios where !densities.contains(ratio.density) { densities.append(ratio.density) }
      return densities.map { density in
        let own = ratios.filter { $0.density == density }
        let sample = Sample(own.map(\.ratio))
        return (peer, density, own[0].phase, sample.median, sample.least)
      }
    }
  }

  /// The summary as a table.
  var summaryText: String {
    var table = TextTable([.left, .left, .right, .right, .right])
    table.add(["peer", "phase", "density", "median ratio", "least"])
    for line in summary {
      table.add([
        line.peer, line.phase, line.density.map { NumberText.percent($0, decimals: 1) } ?? "",
        NumberText.fixed(line.median, decimals: 2), NumberText.fixed(line.least, decimals: 2),
      ])
    }
    return table.text()
  }
}
