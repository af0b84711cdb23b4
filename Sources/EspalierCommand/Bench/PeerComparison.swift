// SPDX-License-Identifier: Apache-2.0
// Espalier: peers and this library in turn.

internal import Datasets
internal import SparseTopology
internal import Training

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Hands cases to the peers, holds their numbers against ours, and measures each in turn with us.
struct PeerComparison {
  /// The largest difference of results that counts as rounding, relative to our largest value.
  static let tolerance = 1e-4
  /// How many times a batch stands in the data of a training step.
  static let tiles = 40

  let session: PeerSession
  let only: [String]
  let skip: [String]
  let threads: Int
  let repeats: Int
  /// Everything measured so far.
  private(set) var report = PeersReport()
  /// Phases of peers whose numbers are not ours; they were not measured.
  private(set) var different: [String] = []
  private var told: Set<String> = []

  init(_ session: PeerSession, only: [String] = [], skip: [String] = [], threads: Int, repeats: Int) {
    self.session = session
    self.only = only
    self.skip = skip
    self.threads = threads
    self.repeats = repeats
  }

  /// One sparse layer: forward, backward, both.
  mutating func compare(_ subject: LayerCase) throws -> [PeerTiming] {
    let folder = try PeerFolder()
    try folder.write(subject)
    return try compare(
      BenchText.name(subject.shape), subject.density, connections: subject.connections, folder,
      [
        "forward": { subject.forward() }, "backward": { subject.backward() },
        "both": {
          subject.forward()
          subject.backward()
        },
      ])
  }

  /// A whole training step.
  mutating func compare(_ subject: TrainingCase) throws -> [PeerTiming] {
    let folder = try PeerFolder()
    try folder.write(subject, tiles: Self.tiles, steps: 3)
    let training = try subject.session(threads: threads)
    return try compare(
      subject.widths.map { "\($0)" }.joined(separator: "-"), nil, connections: subject.connections, folder,
      ["step": { _ = training.step() }])
  }

  private mutating func compare(
    _ what: String, _ density: Double?, connections: Int, _ folder: PeerFolder, _ ours: [String: () -> Void]
  ) throws -> [PeerTiming] {
    let offer = try session.open(folder.path)
    tell(offer.absent)
    var entries: [PeerEntry] = []
    for peer in offer.peers where (only.isEmpty || only.contains(peer.name)) && !skip.contains(peer.name) {
      for phase in peer.phases {
        guard let own = ours[phase], let difference = try session.difference(peer.name, phase) else { continue }
        if difference <= Self.tolerance {
          entries.append(try PeerEntry(peer.name, phase, difference, own, session, threads: threads))
        } else {
          different.append("\(peer.name) \(phase) of \(what) by \(NumberText.significant(difference, digits: 2))")
        }
      }
    }
    for _ in 0..<repeats {
      for index in entries.indices { try entries[index].measure(session) }
    }
    try session.close()
    let timings = entries.map { $0.timing(what, density, connections: connections) }
    for timing in timings { report.add(timing) }
    return timings
  }

  /// Says once for each peer why it is left out.
  private mutating func tell(_ absent: [(name: String, reason: String)]) {
    for peer in absent where (only.isEmpty || only.contains(peer.name)) && told.insert(peer.name).inserted {
      Output.talk("left out: \(peer.name) (\(peer.reason))")
    }
  }
}

/// One phase of one peer, measured in turn with ours.
private struct PeerEntry {
  let peer: String
  let phase: String
  let difference: Double
  let ours: () -> Void
  let watch: Stopwatch
  let theirRuns: Int
  let ourRuns: Int
  /// Microseconds to wait before our turn, so that the peer's idle threads have gone to sleep.
  let pause: UInt32
  var theirSeconds: [Double] = []
  var ourSeconds: [Double] = []

  init(
    _ peer: String, _ phase: String, _ difference: Double, _ ours: @escaping () -> Void, _ session: PeerSession,
    threads: Int
  ) throws {
    self.peer = peer
    self.phase = phase
    self.difference = difference
    self.ours = ours
    watch = Stopwatch(threads: threads)
    pause = threads == 1 ? 0 : 3000
    theirRuns = max(1, Int((watch.shortest / max(1e-9, try session.seconds(peer, phase, runs: 1))).rounded(.up)))
    ourRuns = watch.runs(of: ours)
  }

  mutating func measure(_ session: PeerSession) throws {
    theirSeconds.append(try session.seconds(peer, phase, runs: theirRuns))
    if pause > 0 { usleep(pause) }
    ours()
    ourSeconds.append(watch.seconds(ours, runs: ourRuns))
  }

  func timing(_ what: String, _ density: Double?, connections: Int) -> PeerTiming {
    PeerTiming(
      what: what, density: density, connections: connections, peer: peer, phase: phase,
      theirs: Sample(theirSeconds), ours: Sample(ourSeconds), difference: difference)
  }
}
