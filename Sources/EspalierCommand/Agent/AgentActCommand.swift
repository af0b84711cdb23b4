// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier agent act`.

internal import ArgumentParser
internal import Espalier

/// Answers observations with actions, line by line: a policy server for any language.
struct AgentActCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "act",
    abstract: "Observations in, actions out, a line each: a policy server for any language.",
    discussion: """
      An observation is a line of numbers, a JSON array or separated by spaces or commas; the parts of a tuple or a \
      dictionary follow one another. Every action is written at once as a line: numbers separated by spaces, or a JSON \
      array with --json. Empty lines are passed over; the end of the input is the end.

        printf '0.01 -0.02 0.03 0\\n' | espalier agent act runs/cartpole-ppo-set-s1
      """)

  @OptionGroup var policy: PolicyFlags
  @Option(help: ArgumentHelp("of drawn actions", valueName: "seed")) var seed = 0
  @Flag(help: "write actions as JSON arrays") var json = false
  @Flag(help: "report a line that is no observation and go on, without an action for it") var keepGoing = false

  func validate() throws {
    guard seed >= 0 else { throw ValidationError("--seed: expected at least 0, got \(seed)") }
  }

  func run() throws {
    let actor = LineActor(try policy.load(), choice: policy.choice, seed: UInt64(seed), writesJSON: json)
    var number = 0
    while let line = readLine(strippingNewline: true) {
      number += 1
      do throws(CommandError) {
        guard let answer = try actor.answer(line, number) else { continue }
        Output.result(answer)
        if Output.isClosed { return }
      } catch {
        guard keepGoing else { throw error }
        Output.talk("error: \(error)")
      }
    }
  }
}

/// Turns lines with observations into lines with actions.
final class LineActor {
  private let runner: PolicyRunner
  private let choice: ActionChoice
  private let writesJSON: Bool
  private let space: Space
  private var random: Random
  private var action: [Float]

  init(_ policy: Policy, choice: ActionChoice, seed: UInt64, writesJSON: Bool) {
    runner = PolicyRunner(policy)
    self.choice = choice
    self.writesJSON = writesJSON
    space = policy.observationSpace
    random = Random(seed: seed).split("act")
    action = [Float](repeating: 0, count: policy.actionSpace.flatCount)
  }

  /// The action for a line; nil for an empty one.
  ///
  /// - Throws: ``CommandError`` that names the line, what was expected and what came.
  func answer(_ line: String, _ number: Int) throws(CommandError) -> String? {
    guard let observation = try numbers(line, number) else { return nil }
    var span = action.mutableSpan
    runner.act(on: observation.span, into: &span, choice: choice, random: &random)
    let words = action.map { NumberText.shortest($0) }
    return writesJSON ? "[" + words.joined(separator: ",") + "]" : words.joined(separator: " ")
  }

  private func numbers(_ line: String, _ number: Int) throws(CommandError) -> [Float]? {
    // What is this long is no observation, and would take long to read.
    guard line.utf8.count <= 256 + 64 * space.flatCount else {
      throw CommandError(
        .badData,
        "line \(number): expected \(space.flatCount) numbers in at most \(256 + 64 * space.flatCount) bytes, got "
          + "\(line.utf8.count)")
    }
    let hasBrackets = line.contains("[") || line.contains("]")
    let words = Self.fields(line, isJSON: hasBrackets)
    if words.isEmpty && !hasBrackets { return nil }
    if hasBrackets {
      guard let value = try? JSONValue(parsing: line), let list = value.asArray,
        list.allSatisfy({ $0.asDouble != nil })
      else { throw wrong(number, "a JSON array of numbers", line) }
    }
    var observation: [Float] = []
    for word in words {
      guard let value = Float(word), value.isFinite else { throw wrong(number, "a finite number", String(word)) }
      observation.append(value)
    }
    guard observation.count == space.flatCount else {
      throw CommandError(
        .badData, "line \(number): expected \(space.flatCount) numbers, a value of \(space), got \(observation.count)")
    }
    guard isWithin(observation) else { throw wrong(number, "a value of \(space)", line) }
    return observation
  }

  /// The numbers of a line as texts, with spaces or commas between them; nothing between two commas is an empty text.
  private static func fields(_ line: String, isJSON: Bool) -> [Substring] {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n" }
    guard line.contains(","), !isJSON else { return line.split { isBlank($0) || ",[]".contains($0) } }
    return line.split(separator: ",", omittingEmptySubsequences: false).flatMap { field in
      let numbers = field.split(whereSeparator: isBlank)
      return numbers.isEmpty ? [""] : numbers
    }
  }

  /// Whether choices are choices; numbers of a box may lie outside of it, as sensors err.
  private func isWithin(_ observation: [Float]) -> Bool {
    if case .box = space { return true }
    return space.contains(observation)
  }

  private func wrong(_ number: Int, _ expected: String, _ got: String) -> CommandError {
    // What came may hold anything: control characters must not reach a terminal.
    var shown = String.UnicodeScalarView()
    for scalar in got.unicodeScalars.prefix(80) {
      let isPlain = scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar.value != 0xFEFF
      shown.append(isPlain ? scalar : "·")
    }
    return CommandError(.badData, "line \(number): expected \(expected), got '\(String(shown))'")
  }
}
