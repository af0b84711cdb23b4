// SPDX-License-Identifier: Apache-2.0
// Espalier: which trajectories are judged.

internal import ArgumentParser
internal import Espalier

/// The trajectories of a model that a command looks at.
enum TrajectoryChoice: Equatable, Sendable, ExpressibleByArgument {
  /// Values, or names of states, one a node.
  case values([String])
  /// The most probable one, the first of equals.
  case mostProbable
  /// All of positive probability.
  case all
  /// Drawn at random, so many.
  case sample(Int)
  /// Values from a file, parted by commas, spaces or lines.
  case file(String)

  init?(argument: String) {
    if argument == "most-probable" {
      self = .mostProbable
    } else if argument == "all" {
      self = .all
    } else if argument.hasPrefix("sample") {
      let rest = argument.dropFirst("sample".count)
      guard rest.isEmpty || rest.first == ":", let count = rest.isEmpty ? 1 : Int(rest.dropFirst()),
        (1...100_000).contains(count)
      else { return nil }
      self = .sample(count)
    } else if argument.hasPrefix("@"), argument.count > 1 {
      self = .file(String(argument.dropFirst()))
    } else {
      let parts = argument.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
      guard !parts.isEmpty else { return nil }
      self = .values(parts)
    }
  }

  /// The most trajectories that are listed to choose from.
  static let most = 1 << 18

  /// The trajectories of a model, with the probabilities that are known from listing them.
  func trajectories<Scalar: ProbabilityScalar>(
    of model: any ProbabilityModel<Scalar>, seed: Int
  ) throws -> [[Int]] {
    switch self {
    case .values(let words):
      let values = try Self.values(words, of: model.nodes)
      try model.check(trajectory: values)
      return [values]
    case .file(let path):
      let text = String(decoding: try InputFile.contents(of: path, limit: 1 << 26), as: UTF8.self)
      let words = text.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
      let values = try Self.values(words, of: model.nodes)
      try model.check(trajectory: values)
      return [values]
    case .all: return try model.trajectories(limit: Self.most).map(\.values)
    case .mostProbable:
      let all = try listed(model)
      return all.max { $0.probability < $1.probability }.map { best in
        [(all.first { !($0.probability < best.probability) } ?? best).values]
      } ?? []
    case .sample(let count):
      var random = Random(seed: UInt64(seed)).split("trajectories")
      return (0..<count).map { _ in model.draw(&random) }
    }
  }

  private func listed<Scalar: ProbabilityScalar>(
    _ model: any ProbabilityModel<Scalar>
  ) throws -> [Trajectory<Scalar>] {
    do {
      return try model.trajectories(limit: Self.most)
    } catch EntityError.tooLarge(let what, let limit, let got, _) {
      throw CommandError.usage(
        "\(what): at most \(limit), got \(got); give one with --trajectory 0,1,..., "
          + "\(NumberText.grouped(model.nodes.count)) values, or draw one with --trajectory sample:1")
    }
  }

  /// Numbers or names of states as numbers.
  private static func values(_ words: [String], of nodes: [ModelNode]) throws -> [Int] {
    guard words.count == nodes.count else {
      throw CommandError.usage(
        "--trajectory: expected \(nodes.count) values, one a node, slice after slice, got \(words.count)")
    }
    return try zip(words, nodes).map { word, node in
      if let named = node.stateNames.firstIndex(of: word) { return named }
      if let value = Int(word), (0..<node.stateCount).contains(value) { return value }
      let states = node.stateNames.isEmpty ? "0 to \(node.stateCount - 1)" : node.stateNames.joined(separator: ", ")
      throw CommandError.usage("--trajectory: expected a state of \(node.name) (\(states)), got '\(word)'")
    }
  }
}
