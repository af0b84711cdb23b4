// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of `espalier bench peers`, with a shell script in the place of the Python side.

import ArgumentParser
import Datasets
import SparseCore
import SparseTopology
import Testing
import Training

@testable import EspalierCommand

@Suite("Peers")
struct PeerTests {
  /// Answers `open` with two peers and a missing one; the second peer's numbers are wrong.
  private static let good = """
    while read request rest; do
      case "$request" in
        open)
          test -f "$rest/case.json" && echo "peer quick forward backward"
          echo "peer wrong both"
          echo "peer broken both"
          echo "absent rare not-installed"
          echo end ;;
        check)
          case "$rest" in
            wrong*) echo "same 3.5e-1" ;;
            broken*) echo "failed ValueError: no" ;;
            *) echo "same 1e-7" ;;
          esac ;;
        run) echo "took 2.0" ;;
        close) echo closed ;;
      esac
    done
    """

  private static func withScript<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
    try Workplace.withFolder { folder in
      let path = Paths.join(folder, "peers.sh")
      try OutputFile.write(text + "\n", to: path)
      return try body(path)
    }
  }

  private static func session(_ path: String) throws -> PeerSession { PeerSession(try LineProcess("/bin/sh", [path])) }

  @Test("a case is opened, checked, run and closed")
  func protocolWords() throws {
    try Self.withScript(Self.good) { path in
      let session = try Self.session(path)
      let folder = try PeerFolder()
      try OutputFile.write("{}", to: Paths.join(folder.path, "case.json"))
      let offer = try session.open(folder.path)
      #expect(offer.peers.first == Peer(name: "quick", phases: ["forward", "backward"]))
      #expect(offer.absent.map(\.name) == ["rare"] && offer.absent.map(\.reason) == ["not-installed"])
      #expect(try session.difference("quick", "forward") == 1e-7)
      #expect(try session.difference("broken", "both") == nil)
      #expect(try session.seconds("quick", "forward", runs: 2) == 2)
      try session.close()
    }
  }

  @Test("peers are measured in turn with us, and one with other numbers is not")
  func comparison() throws {
    try Self.withScript(Self.good) { path in
      let subject = try LayerCase(
        shape: LayerShape(outputs: 9, inputs: 12), density: 0.5, batch: 4, workers: Workers(threads: 1))
      var comparison = PeerComparison(try Self.session(path), threads: 1, repeats: 3)
      let timings = try comparison.compare(subject)
      #expect(timings.map { $0.peer + " " + $0.phase } == ["quick forward", "quick backward"])
      #expect(timings.allSatisfy { $0.theirs.median == 2 && $0.ours.median > 0 && $0.ratio > 1 })
      #expect(comparison.different == ["wrong both of 9x12 by 0.35"])
      #expect(comparison.report.timings.count == 2)
      var skipping = PeerComparison(try Self.session(path), only: ["quick"], skip: ["quick"], threads: 1, repeats: 3)
      let nothing = try skipping.compare(subject)
      #expect(nothing.isEmpty && skipping.different.isEmpty)
    }
  }

  @Test("a folder holds the arrays of a case and goes with its object")
  func folders() throws {
    let subject = try LayerCase(
      shape: LayerShape(outputs: 9, inputs: 12), density: 0.5, batch: 4, workers: Workers(threads: 1))
    var path = ""
    do {
      let folder = try PeerFolder()
      path = folder.path
      try folder.write(subject)
      let sizes = try ["columns.i32", "dw.f32", "dx.f32", "dy.f32", "row_starts.i64", "values.f32", "x.f32", "y.f32"]
        .map { try Workplace.bytes(Paths.join(path, $0)).count }
      #expect(sizes == [4 * 54, 4 * 54, 4 * 48, 4 * 36, 8 * 10, 4 * 54, 4 * 48, 4 * 36])
      let facts = try JSONValue(parsing: Workplace.text(Paths.join(path, "case.json")))
      #expect(facts["kind"]?.asString == "layer" && facts["outputs"]?.asInt == 9 && facts["batch"]?.asInt == 4)
      let training = try TrainingCase(widths: [12, 9, 3], epsilon: 2, batch: 4, tiles: 3)
      try folder.write(training, tiles: 3, steps: 2)
      let step = try JSONValue(parsing: Workplace.text(Paths.join(path, "case.json")))
      #expect(step["losses"]?.asArray?.count == 2 && step["tiles"]?.asInt == 3)
      #expect(try Workplace.bytes(Paths.join(path, "1.columns.i32")).count == 4 * 24)
    }
    #expect(!Paths.exists(path))
  }

  @Test("ratios sum forward and backward; the summary has their median and least over the layers")
  func summary() throws {
    var report = PeersReport()
    func add(_ what: String, _ peer: String, _ phase: String, theirs: Double, ours: Double) {
      report.add(
        PeerTiming(
          what: what, density: 0.1, connections: 10, peer: peer, phase: phase, theirs: Sample([theirs]),
          ours: Sample([ours]), difference: 0))
    }
    add("a", "dense", "forward", theirs: 2, ours: 1)
    add("a", "dense", "backward", theirs: 10, ours: 2)
    add("b", "dense", "forward", theirs: 3, ours: 1)
    add("b", "dense", "backward", theirs: 3, ours: 2)
    add("a", "scipy", "forward", theirs: 5, ours: 1)
    add("a", "layer", "forward", theirs: 9, ours: 1)
    add("a", "layer", "both", theirs: 6, ours: 3)
    #expect(report.ratios(of: "dense").map(\.ratio) == [4, 2])
    #expect(report.ratios(of: "scipy").map(\.phase) == ["forward"])
    #expect(report.ratios(of: "layer").map(\.ratio) == [2], "a layer's own measurement of both counts")
    let line = try #require(report.summary.first)
    #expect(line.peer == "dense" && line.median == 3 && line.least == 2 && report.summary.count == 3)
    #expect(report.summaryText.contains("dense  fwd+bwd   10.0 %          3.00   2.00"))
  }

  @Test("a child that ends, does not start or talks nonsense is an error that says so")
  func failures() throws {
    let missing = #expect(throws: CommandError.self) { _ = try LineProcess("/no/such/program", []) }
    #expect(missing?.status == .failed && missing?.description.contains("/no/such/program") == true)
    try Self.withScript("read request; exit 3") { path in
      let died = #expect(throws: CommandError.self) { _ = try Self.session(path).open("/") }
      #expect(died?.description.contains("it ended with code 3") == true)
    }
    try Self.withScript("read request; echo hello; read request; echo took; read request") { path in
      let session = try Self.session(path)
      let odd = #expect(throws: CommandError.self) { _ = try session.open("/") }
      #expect(odd?.description.contains("got 'hello'") == true)
      let short = #expect(throws: CommandError.self) { _ = try session.seconds("a", "b", runs: 1) }
      #expect(short?.description.contains("expected 'took NUMBER'") == true)
    }
    #expect(Workplace.status { try BenchPeersCommand.parse(["--script", "/no/such/file"]).run() } == .inputMissing)
    #expect(Workplace.status { _ = try BenchPeersCommand.parse(["--threads", "0"]) } == .usage)
  }
}
