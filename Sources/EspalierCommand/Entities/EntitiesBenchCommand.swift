// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier entities bench`.

internal import ArgumentParser
internal import Espalier

/// Times what the search for entities does.
struct EntitiesBenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "This machine's times for each part of the search.",
    discussion: """
      Each line is the fastest of a few runs: the wall time, and the processor time of all threads. Parts are epsilon \
      (all parts of all 64 trajectories of mc-epsilon), subsets (all parts of one pattern of --nodes nodes), hierarchy \
      (all partitions of 12 nodes; the 100 lowest levels of 16), chain (one variable over 200 and 1,000 steps), scan (a \
      ring of 256 cells, windows of 4 x 4), series (100,000 samples of 10 binary variables).

        espalier entities bench --threads 2 --nodes 16,18,20,22
      """)

  @Option(help: ArgumentHelp("parts to time (default: all)", valueName: "list")) var parts: String?
  @Option(help: ArgumentHelp("sizes of patterns, 24 take minutes on a small machine", valueName: "list"))
  var nodes: String = "12,16,18,20"
  @OptionGroup var team: ThreadFlags
  @Flag(help: "print one JSON object a line") var json = false

  private static let names = ["epsilon", "subsets", "hierarchy", "chain", "scan", "series"]

  func validate() throws {
    guard !chosen.isEmpty else {
      throw ValidationError("--parts: expected some of \(Self.names.joined(separator: ", "))")
    }
    for part in chosen where !Self.names.contains(part) {
      throw ValidationError("--parts: there is no '\(part)'; " + Names.advice(for: part, among: Self.names))
    }
    guard !sizes.isEmpty, sizes.count == nodes.split(separator: ",").count, sizes.allSatisfy({ (2...26).contains($0) })
    else {
      throw ValidationError("--nodes: expected numbers of 2 to 26, parted by commas, got '\(nodes)'")
    }
  }

  private var chosen: [String] { parts?.split(separator: ",").map(String.init) ?? Self.names }
  private var sizes: [Int] { nodes.split(separator: ",").compactMap { Int($0) } }

  func run() throws {
    let workers = team.workers
    if !json { Output.result("\(workers.threads) threads, kernels \(Kernels.name)") }
    for part in chosen {
      switch part {
      case "epsilon": try epsilon()
      case "subsets": for size in sizes { try subsets(size, workers) }
      case "hierarchy": try hierarchy(workers)
      case "chain": for steps in [200, 1000] { try chain(steps) }
      case "scan": try scan(workers)
      default: try series(workers)
      }
    }
  }

  /// Runs a few times and prints the fastest.
  private func time(_ name: String, repeats: Int = 5, _ body: () throws -> String) throws {
    var (wall, cpu, words) = (Double.infinity, Double.infinity, "")
    for _ in 0..<repeats {
      let (wallStart, cpuStart) = (BenchClock.wall.now, BenchClock.process.now)
      words = try body()
      cpu = min(cpu, BenchClock.process.now - cpuStart)
      wall = min(wall, BenchClock.wall.now - wallStart)
    }
    if json {
      Output.result([
        "part": .string(name), "wall_seconds": .number(wall), "cpu_seconds": .number(cpu), "result": .string(words),
      ])
    } else {
      let columns = [
        name, NumberText.significant(wall * 1000, digits: 3), NumberText.significant(cpu * 1000, digits: 3),
      ]
      Output.result("\(columns[0].padded(to: 40))  wall \(columns[1]) ms  processor \(columns[2]) ms  \(words)")
    }
  }

  private func epsilon() throws {
    guard let example = EntityExample.named("mc-epsilon") else { return }
    let model = try example.description().model(as: Double.self, path: example.name)
    try time("epsilon: 63 parts of 64 trajectories", repeats: 20) {
      let all = try LocalIntegration.ofTrajectories(of: model, limit: 64)
      return "\(all.reduce(0) { $0 + $1.integration.entityCount }) entities"
    }
    try time("epsilon: one hierarchy with its covers", repeats: 20) {
      let pattern = SpatiotemporalPattern(trajectory: example.trajectory)
      let integration = try LocalIntegration(of: pattern, in: model)
      let diagram = HasseDiagram(try integration.refinementFreePartitions(), of: model.nodes)
      return
        "\(try DisintegrationHierarchy(of: integration).levels.count) levels, \(diagram.covers.reduce(0) { $0 + $1.count }) covers"
    }
  }

  /// A random law of binary nodes as an agreement histogram.
  private static func agreement(_ size: Int) -> [Double] {
    var random = Random(seed: UInt64(size))
    var numbers = (0..<1 << size).map { _ in 0.01 + random.uniformDouble() }
    let sum = numbers.reduce(0, +)
    for index in numbers.indices { numbers[index] /= sum }
    return numbers
  }

  private static func pattern(_ size: Int) -> SpatiotemporalPattern {
    SpatiotemporalPattern(trajectory: [Int](repeating: 0, count: size))
  }

  private func subsets(_ size: Int, _ workers: Workers) throws {
    let agreement = Self.agreement(size)
    try time("subsets: all parts of \(size) nodes", repeats: size > 20 ? 1 : 5) {
      let integration = try LocalIntegration(agreement: agreement, with: Self.pattern(size), workers: workers)
      return "\(integration.entityCount) entities"
    }
  }

  private func hierarchy(_ workers: Workers) throws {
    let twelve = try LocalIntegration(agreement: Self.agreement(12), with: Self.pattern(12), workers: workers)
    try time("hierarchy: all partitions of 12 nodes", repeats: 3) {
      "\(try DisintegrationHierarchy(of: twelve).levels.count) levels"
    }
    let sixteen = try LocalIntegration(agreement: Self.agreement(16), with: Self.pattern(16), workers: workers)
    try time("hierarchy: 100 lowest levels of 16 nodes", repeats: 3) {
      "\(try DisintegrationHierarchy(of: sixteen, lowest: 100).levels.count) levels"
    }
  }

  private func chain(_ steps: Int) throws {
    var random = Random(seed: 7)
    let rows = (0..<3).flatMap { _ -> [Double] in
      let weights = (0..<3).map { _ in 0.1 + random.uniformDouble() }
      return weights.map { $0 / weights.reduce(0, +) }
    }
    let chain = try UnivariateChain(initial: [0.2, 0.3, 0.5], transition: rows, timeSteps: steps)
    let pattern = SpatiotemporalPattern(trajectory: (0..<steps).map { _ in random.below(3) })
    try time("chain: one variable over \(steps) steps", repeats: 3) {
      "ι \(NumberText.significant(try ChainIntegration(of: pattern, in: chain).complete, digits: 6)) bits"
    }
  }

  private func scan(_ workers: Workers) throws {
    let automaton = try ElementaryAutomaton(rule: 110, ring: 256, timeSteps: 4, initial: 0.5)
    var random = Random(seed: 5)
    let cells = (0..<256).map { _ in random.below(2) }
    try time("scan: 256 cells, windows of 4 x 4", repeats: 3) {
      let windows = try automaton.scan(from: cells, width: 4, workers: workers)
      return "\(Set(windows.map(\.values)).count) different windows"
    }
  }

  private func series(_ workers: Workers) throws {
    var random = Random(seed: 9)
    var text = (0..<10).map { "v\($0)" }.joined(separator: ",") + "\n"
    for _ in 0..<100_000 {
      let word = random.nextWord() & random.nextWord()
      text += (0..<10).map { word >> UInt32($0) & 1 == 0 ? "0" : "1" }.joined(separator: ",") + "\n"
    }
    let bytes = Array(text.utf8)
    let table = try RolloutTable.read(bytes: bytes, path: "samples").binned(BinningPlan(.category))
    try time("series: 100,000 samples of 10 variables", repeats: 3) {
      "\(try table.windows(length: 1).integrationOfVisitedStates(workers: workers).count) states"
    }
    try time("series: the same with reading 2 MB of text", repeats: 3) {
      let table = try RolloutTable.read(bytes: bytes, path: "samples").binned(BinningPlan(.category))
      return "\(try table.windows(length: 1).integrationOfVisitedStates(workers: workers).count) states"
    }
  }
}

extension String {
  /// The text with spaces up to a width.
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
