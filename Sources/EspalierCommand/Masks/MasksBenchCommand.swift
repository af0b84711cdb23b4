// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier masks bench.

internal import ArgumentParser
internal import Datasets
internal import SparseCore
internal import SparseTopology
internal import Training

/// Measures the mask solvers.
struct MasksBenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Tiles per second of each solver and pattern, on one thread and on two.",
    discussion: """
      Masks of Gaussian weights; with one thread the clock is the thread's processor time, with more the wall. Each number \
      is the best of the repeats, measured in turn. 'speed-up' compares the walls of one thread and of several.

        espalier masks bench --json
        espalier masks bench --patterns 4:8,8:16 --side 2048
      """)

  @Option(
    help: ArgumentHelp("the patterns (default: 1:4,2:4,3:4,2:8,4:8,4:16,8:16,8:32,16:32)", valueName: "N:M,..."),
    transform: patterns)
  var patterns: [TilePattern] = []

  @Option(help: "rows and columns of the weights")
  var side = 1024

  @Option(help: "threads of the second measurement")
  var threads = 2

  @OptionGroup var measuring: BenchFlags

  func validate() throws {
    guard (64...16384).contains(side) else {
      throw ValidationError("--side: expected a whole number from 64 to 16384, got \(side)")
    }
    _ = try BenchText.threads("\(threads)")
  }

  func run() throws {
    if !measuring.json { Output.result("\(Kernels.name); \(BenchText.load(SystemLoad.now))") }
    var table = TextTable([.left, .left, .right, .right, .right, .right])
    table.add(["pattern", "solver", "tiles/s", "one tile", "\(threads) threads", "speed-up"])
    for line in try execute() {
      if measuring.json { Output.result(line.json) } else { table.add(line.cells) }
    }
    if !measuring.json { Output.result(table.text()) }
  }

  /// Measures all patterns and solvers.
  func execute() throws -> [MaskTiming] {
    var random = Random(seed: 1).split("masks bench")
    var weights = Matrix(rows: side, columns: side)
    weights.values = Vector((0..<side * side).map { _ in random.normal() })
    let teams = (one: Workers(threads: 1), several: Workers(threads: threads))
    let texts = ["1:4", "2:4", "3:4", "2:8", "4:8", "4:16", "8:16", "8:32", "16:32"]
    let wanted = patterns.isEmpty ? try texts.map { try TilePattern($0, isTransposable: true) } : patterns
    var lines: [MaskTiming] = []
    for pattern in wanted {
      let plain = try TilePattern(kept: pattern.kept, side: pattern.side, isTransposable: false)
      for (name, pattern, method) in [
        ("exact", pattern, MaskMethod.exact), ("keep-greedy", pattern, .keepGreedy),
        ("prune-greedy", pattern, .pruneGreedy), ("plain N:M", plain, .exact),
      ] {
        lines.append(try measure(name, pattern, method, weights, teams))
      }
    }
    return lines
  }

  private func measure(
    _ name: String, _ pattern: TilePattern, _ method: MaskMethod, _ weights: Matrix,
    _ teams: (one: Workers, several: Workers)
  ) throws -> MaskTiming {
    let masks = try TileMasks.solve(weights, pattern: pattern, method: method, workers: teams.one)
    func run(_ workers: Workers) {
      _ = try? TileMasks.solve(weights, pattern: pattern, method: method, workers: workers)
    }
    let watch = Stopwatch(threads: 1)
    let runs = watch.runs { run(teams.one) }
    var seconds = Double.infinity
    var walls = (one: Double.infinity, several: Double.infinity)
    let wall = Stopwatch(threads: 2)
    for _ in 0..<measuring.repeats {
      seconds = min(seconds, watch.seconds({ run(teams.one) }, runs: runs))
      // Run by run: on a busy machine only a short stretch has several cores to itself.
      for _ in 0..<runs {
        walls.one = min(walls.one, wall.seconds({ run(teams.one) }, runs: 1))
        walls.several = min(walls.several, wall.seconds({ run(teams.several) }, runs: 1))
      }
    }
    return MaskTiming(
      pattern: "\(pattern)", solver: name, tiles: masks.tileCount, threads: threads, seconds: seconds,
      wallOne: walls.one, wallSeveral: walls.several)
  }

  private static func patterns(_ text: String) throws -> [TilePattern] {
    try BenchText.list(text).map { part in
      do { return try TilePattern(part, isTransposable: true) } catch {
        throw ValidationError("--patterns: \(error)")
      }
    }
  }
}

/// One solver at one pattern.
struct MaskTiming {
  let pattern: String
  let solver: String
  let tiles: Int
  let threads: Int
  /// Processor time of one thread, and the walls of one thread and of several, for the whole matrix.
  let seconds: Double
  let wallOne: Double
  let wallSeveral: Double

  var cells: [String] {
    [
      pattern, solver, Self.rate(Double(tiles) / seconds), BenchText.time(seconds / Double(tiles)),
      Self.rate(Double(tiles) / wallSeveral), NumberText.fixed(wallOne / wallSeveral, decimals: 2),
    ]
  }

  var json: JSONValue {
    .object([
      .init("pattern", .string(pattern)), .init("solver", .string(solver)), .init("tiles", .integer(tiles)),
      .init("kernels", .string(Kernels.name)), .init("thread_seconds", .number(seconds)),
      .init("tiles_per_second", .number(Double(tiles) / seconds)), .init("threads", .integer(threads)),
      .init("wall_one", .number(wallOne)), .init("wall_several", .number(wallSeveral)),
      .init("tiles_per_second_several", .number(Double(tiles) / wallSeveral)),
      .init("speed_up", .number(wallOne / wallSeveral)),
    ])
  }

  private static func rate(_ value: Double) -> String {
    value >= 1e6
      ? NumberText.significant(value / 1e6, digits: 3) + " M" : NumberText.significant(value / 1e3, digits: 3) + " k"
  }
}
