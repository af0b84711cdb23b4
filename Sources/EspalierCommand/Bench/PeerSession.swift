// SPDX-License-Identifier: Apache-2.0
// Espalier: the requests that peers answer.

/// A library that can run a case, and its phases.
struct Peer: Equatable {
  let name: String
  let phases: [String]
}

/// What `open` tells about a case.
struct PeerOffer: Equatable {
  var peers: [Peer] = []
  /// Libraries that cannot run it, and why, in one word.
  var absent: [(name: String, reason: String)] = []

  static func == (left: PeerOffer, right: PeerOffer) -> Bool {
    left.peers == right.peers && left.absent.map(\.name) == right.absent.map(\.name)
      && left.absent.map(\.reason) == right.absent.map(\.reason)
  }
}

/// The protocol of `Benchmarks/peers/peers.py`, request by request.
struct PeerSession {
  private let process: LineProcess

  init(_ process: LineProcess) { self.process = process }

  /// Hands over the case in a folder.
  func open(_ folder: String) throws(CommandError) -> PeerOffer {
    var offer = PeerOffer()
    try process.send("open \(folder)")
    while true {
      let line = try process.line()
      let words = line.split(separator: " ").map(String.init)
      switch (words.first, words.count) {
      case ("peer", 3...): offer.peers.append(Peer(name: words[1], phases: Array(words[2...])))
      case ("absent", 3): offer.absent.append((words[1], words[2]))
      case ("end", 1): return offer
      default: throw Self.unexpected(line, expected: "'peer NAME PHASE...', 'absent NAME WORD' or 'end'")
      }
    }
  }

  /// The largest difference of a peer's results from ours, relative to our largest value; nil, and said, when it fails.
  func difference(_ peer: String, _ phase: String) throws(CommandError) -> Double? {
    let line = try process.ask("check \(peer) \(phase)")
    if line.hasPrefix("failed ") {
      Output.talk("left out: \(peer) \(phase), which \(line)")
      return nil
    }
    return try Self.number(line, after: "same")
  }

  /// The seconds of one of some runs of a peer, after one that does not count.
  func seconds(_ peer: String, _ phase: String, runs: Int) throws(CommandError) -> Double {
    try Self.number(try process.ask("run \(peer) \(phase) \(runs)"), after: "took")
  }

  /// Lets the case go.
  func close() throws(CommandError) {
    let line = try process.ask("close")
    guard line == "closed" else { throw Self.unexpected(line, expected: "'closed'") }
  }

  private static func number(_ line: String, after word: String) throws(CommandError) -> Double {
    let words = line.split(separator: " ")
    guard words.count == 2, words[0] == word, let number = Double(words[1]) else {
      throw unexpected(line, expected: "'\(word) NUMBER'")
    }
    return number
  }

  private static func unexpected(_ line: String, expected: String) -> CommandError {
    CommandError(.failed, "the peers' process: expected \(expected), got '\(line)'")
  }
}
