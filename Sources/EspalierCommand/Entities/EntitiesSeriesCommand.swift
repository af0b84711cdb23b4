// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier entities series`.

internal import ArgumentParser
internal import Espalier

/// Judges every window that a table of samples has.
struct EntitiesSeriesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "series",
    abstract: "The complete local integration of every window that was seen in a table of samples.",
    discussion: """
      Probabilities are the windows' own frequencies. With few samples integration grows mechanically; --surrogates \
      shuffles every column and tells the largest integration that is then left, --resamples draws episodes (or stretches \
      of a single one) anew and gives 95 % intervals. --json prints one object a window: values, count, p, cli_bits, \
      low_bits, high_bits.

        espalier entities series --rollouts rollouts.csv --columns 'observation_*' --window 1 --surrogates 20
      """)

  @OptionGroup var source: RolloutFlags
  @Option(help: "windows to judge, the most frequent first") var most: Int = 4096
  @Option(help: "shuffled tables to compare with") var surrogates: Int = 0
  @Option(help: "resampled tables for intervals") var resamples: Int = 0
  @Option(help: "begins the random numbers of surrogates and resamples") var seed: Int = 1
  @Option(help: "windows to list, the strongest first") var top: Int = 20
  @OptionGroup var team: ThreadFlags
  @Flag(help: "print one JSON object a window") var json = false

  func validate() throws {
    guard source.rollouts != nil else { throw ValidationError("expected --rollouts and a table") }
    guard most >= 1 else { throw ValidationError("--most: expected at least 1, got \(most)") }
    guard top >= 0, seed >= 0 else {
      throw ValidationError("--top and --seed: expected whole numbers from 0")
    }
    guard (0...10_000).contains(surrogates), (0...10_000).contains(resamples) else {
      throw ValidationError("--surrogates and --resamples: expected 0 to 10,000")
    }
  }

  func run() throws {
    let rollouts = try source.binned(source.rollouts ?? "")
    let windows = try rollouts.windows(length: source.window)
    for note in windows.notes { Output.talk("note: " + note) }
    let workers = team.workers
    let rounds = Double(1 + surrogates + resamples) * Double(min(most, windows.count))
    EntityOutlook.tell(seconds: EntityOutlook.seconds(nodes: windows.nodes.count) * rounds)
    let states = try windows.integrationOfVisitedStates(most: most, workers: workers)
    let intervals = try intervals(of: states, rollouts, workers)
    let order = states.indices.sorted {
      states[$0].integration != states[$1].integration ? states[$0].integration > states[$1].integration : $0 < $1
    }
    if json {
      for index in states.indices { Output.result(Self.object(states[index], intervals.map { $0[index] })) }
    } else {
      Output.result(text(windows, states, order, intervals))
    }
    guard surrogates > 0 else { return }
    let random = Random(seed: UInt64(seed)).split("surrogates")
    var largest: [Double] = []
    for index in 0..<surrogates {
      let shuffled = try rollouts.surrogate(random.split(index)).windows(length: source.window)
      largest.append(
        try shuffled.integrationOfVisitedStates(most: most, workers: workers).map(\.integration).max() ?? 0)
    }
    largest.sort()
    let above = states.count { $0.integration > largest[largest.count - 1] }
    Output.talk(
      "\(surrogates) shuffled tables: largest integration \(NumberText.fixed(largest[0], decimals: 6)) to "
        + "\(NumberText.fixed(largest[largest.count - 1], decimals: 6)) bits; \(above) of \(states.count) windows are above all of them"
    )
  }

  /// For each state the middle 95 % of its integration in resampled tables; nil where it came up in too few.
  private func intervals(
    of states: [VisitedState], _ rollouts: BinnedRollouts, _ workers: Workers
  ) throws -> [(low: Double, high: Double)?]? {
    guard resamples > 0 else { return nil }
    let random = Random(seed: UInt64(seed)).split("resamples")
    var found: [[Int]: [Double]] = [:]
    for index in 0..<resamples {
      let drawn = try rollouts.resampled(random.split(index)).windows(length: source.window)
      for state in try drawn.integrationOfVisitedStates(most: most, workers: workers) {
        found[state.values, default: []].append(state.integration)
      }
    }
    return states.map { state in
      guard let values = found[state.values]?.sorted(), values.count * 2 >= resamples else { return nil }
      let last = Double(values.count - 1)
      return (values[Int((0.025 * last).rounded())], values[Int((0.975 * last).rounded())])
    }
  }

  private func text(
    _ windows: WindowSample, _ states: [VisitedState], _ order: [Int], _ intervals: [(low: Double, high: Double)?]?
  ) -> String {
    let positive = states.count { $0.integration > LocalIntegration.threshold }
    var text = "\(NumberText.grouped(windows.total)) windows of \(windows.nodes.count) nodes, "
    text += "\(NumberText.grouped(windows.count)) different, \(NumberText.grouped(states.count)) judged, "
    text += "\(NumberText.grouped(positive)) ι-entities as a whole\n  nodes: "
    text += windows.nodes.map(\.name).joined(separator: " ") + "\n\n"
    var table = TextTable([.right, .right, .right, .left])
    table.add(["ι bits", intervals == nil ? "" : "95 %", "count", "values"])
    for index in order.prefix(top) {
      let state = states[index]
      let interval = intervals.flatMap { $0[index] }.map {
        NumberText.fixed($0.low, decimals: 3) + " to " + NumberText.fixed($0.high, decimals: 3)
      }
      table.add([
        NumberText.fixed(state.integration, decimals: 6), interval ?? "", NumberText.grouped(state.count),
        zip(windows.nodes, state.values).map { $0.stateName($1) }.joined(separator: " "),
      ])
    }
    return text + table.text(indent: "  ") + "\n"
  }

  private static func object(_ state: VisitedState, _ interval: (low: Double, high: Double)??) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("values", .array(state.values.map { .integer($0) })), .init("count", .integer(state.count)),
      .init("p", .number(state.probability)), .init("cli_bits", .number(state.integration)),
    ]
    if let interval {
      members.append(.init("low_bits", .optional(interval?.low)))
      members.append(.init("high_bits", .optional(interval?.high)))
    }
    return .object(members)
  }
}
