// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier entities scan`.

internal import ArgumentParser
internal import Espalier

/// Judges every window along a ring of cells.
struct EntitiesScanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan",
    abstract: "Every window along the ring of an elementary cellular automaton.",
    discussion: """
      The automaton runs from random first cells, or from --cells; each window of --width cells over all steps is judged \
      with all its parts. Windows of equal contents are judged once. --json prints one object a window: cell (its first), \
      values (slice after slice), p, cli_bits, entities (how many of its parts are ι-entities), strongest_bits.

        espalier entities scan --rule 110 --ring 256 --steps 4 --width 4 --svg scan.svg
      """)

  @Option(help: "Wolfram's number, 0 to 255") var rule: Int = 110
  @Option(help: "cells of the ring (default: 64, or as many as --cells has)") var ring: Int?
  @Option(help: "slices of time") var steps: Int = 4
  @Option(help: "cells of a window") var width: Int = 4
  @Option(help: "the probability that a first cell is 1, in the model and for the random first cells") var initial:
    Double = 0.5
  @Option(help: ArgumentHelp("the first cells instead of random ones, such as 00010", valueName: "cells")) var cells:
    String?
  @Option(help: "begins the random first cells") var seed: Int = 1
  @Option(help: "windows to list, those with the largest complete local integration first") var top: Int = 10
  @Option(
    help: ArgumentHelp("draw the ring with the first of them outlined", valueName: "file.svg"), completion: .file())
  var svg: String?
  @OptionGroup var team: ThreadFlags
  @Flag(help: "print one JSON object a window, along the ring") var json = false

  func validate() throws {
    if let svg, !svg.lowercased().hasSuffix(".svg") {
      throw ValidationError("--svg: expected a file ending in .svg, got '\(svg)'")
    }
    if let ring, let cells, cells.count != ring {
      throw ValidationError("--cells: expected \(ring) cells, as --ring says, got \(cells.count)")
    }
    guard seed >= 0, top >= 0 else { throw ValidationError("--seed and --top: expected whole numbers from 0") }
    let most = ElementaryAutomaton<Double>.mostNodes
    guard steps < 1 || width < 1 || (steps <= most && width <= most && steps * width <= most) else {
      throw ValidationError(
        "--width x --steps: expected at most \(most) nodes, got \(width) x \(steps)")
    }
  }

  func run() throws {
    let (automaton, first, windows) = try execute()
    let best = windows.sorted {
      $0.integration != $1.integration ? $0.integration > $1.integration : $0.cell < $1.cell
    }
    if json {
      for window in windows { Output.result(Self.object(window)) }
    } else {
      Output.result(text(windows, best))
    }
    if let svg, let one = best.first {
      let trajectory = SpatiotemporalPattern(trajectory: try automaton.trajectory(from: first))
      let nodes = automaton.window(at: one.cell, width: width)
      let picture = SpaceTimePicture(
        trajectory, of: automaton.nodes, marking: [trajectory.part(on: nodes)],
        title: "rule \(rule): window at cell \(one.cell), ι = \(NumberText.fixed(one.integration, decimals: 6)) bits")
      try OutputFile.write(picture.svg, to: svg)
      Output.talk("picture in \(svg)")
    }
  }

  /// The automaton, its first cells, and what was found in each window.
  func execute() throws -> (automaton: ElementaryAutomaton<Double>, first: [Int], windows: [ScannedWindow]) {
    let automaton = try ElementaryAutomaton(
      rule: rule, ring: cells?.count ?? ring ?? 64, timeSteps: steps, initial: initial)
    let first = try firstCells()
    let nodes = width * steps
    let window =
      EntityOutlook.seconds(nodes: nodes)
      + EntityOutlook.seconds(firstCells: min(width + 2 * (steps - 1), automaton.ring), nodes: nodes)
    EntityOutlook.tell(seconds: window * Double(automaton.ring))
    return (automaton, first, try automaton.scan(from: first, width: width, workers: team.workers))
  }

  private func firstCells() throws -> [Int] {
    guard let cells else {
      var random = Random(seed: UInt64(seed)).split("first cells")
      return (0..<max(ring ?? 64, 0)).map { _ in random.uniformDouble() < initial ? 1 : 0 }
    }
    return try cells.map { cell in
      guard let value = cell.wholeNumberValue, value < 2 else {
        throw CommandError.usage("--cells: expected zeros and ones, got '\(cell)'")
      }
      return value
    }
  }

  private func text(_ windows: [ScannedWindow], _ best: [ScannedWindow]) -> String {
    let different = Set(windows.map(\.values)).count
    let whole = windows.count { $0.integration > LocalIntegration.threshold }
    var text = "rule \(rule)  \(windows.count) windows of \(width) x \(steps), \(different) different; "
    text += "\(whole) are ι-entities as a whole\n\n"
    var table = TextTable([.right, .left, .right, .right, .right, .right])
    table.add(["cell", "values", "p", "ι bits", "entities", "strongest"])
    for window in best.prefix(top) {
      let rows = (0..<steps).map { time in window.values[time * width..<(time + 1) * width].map { "\($0)" }.joined() }
      table.add([
        "\(window.cell)", rows.joined(separator: " "), EntitiesReport.number(window.probability),
        NumberText.fixed(window.integration, decimals: 6), NumberText.grouped(window.entities),
        NumberText.fixed(window.strongest, decimals: 6),
      ])
    }
    return text + table.text(indent: "  ") + "\n"
  }

  private static func object(_ window: ScannedWindow) -> JSONValue {
    [
      "cell": .integer(window.cell), "values": .array(window.values.map { .integer($0) }),
      "p": .number(window.probability), "cli_bits": .number(window.integration), "entities": .integer(window.entities),
      "strongest_bits": .number(window.strongest),
    ]
  }
}
