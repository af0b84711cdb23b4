// SPDX-License-Identifier: Apache-2.0
// Espalier: which seeds a command runs.

/// Seeds as people write them: a count of runs from `--seed` on, a range `1..5`, or a list `1,2,7`.
enum SeedList: Equatable, Sendable {
  case count(Int)
  case list([Int])

  /// The most runs of one command.
  static let most = 10_000

  /// Reads a flag's or a file's value; nil when it is none.
  init?(_ value: SettingValue) {
    if let count = value.asInteger {
      guard (1...Self.most).contains(count) else { return nil }
      self = .count(count)
      return
    }
    if let text = value.asText, let dots = text.firstRange(of: "..") {
      guard let first = Int(text[..<dots.lowerBound]), let last = Int(text[dots.upperBound...]), first >= 0,
        first <= last, last - first < Self.most
      else { return nil }
      self = .list(Array(first...last))
      return
    }
    guard let list = value.asList, !list.isEmpty, list.count <= Self.most else { return nil }
    let seeds = list.compactMap(\.asInteger)
    guard seeds.count == list.count, seeds.allSatisfy({ $0 >= 0 }), Set(seeds).count == seeds.count else { return nil }
    self = .list(seeds)
  }

  /// The value as a file has it.
  var value: SettingValue {
    switch self {
    case .count(let count): .integer(count)
    case .list(let seeds): .list(seeds.map { .integer($0) })
    }
  }

  /// The seeds, a count beginning with `first`.
  func seeds(from first: Int) -> [Int] {
    switch self {
    case .count(let count): (0..<count).map { first &+ $0 }
    case .list(let seeds): seeds
    }
  }
}
