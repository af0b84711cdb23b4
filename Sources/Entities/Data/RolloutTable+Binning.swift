// SPDX-License-Identifier: Apache-2.0
// Espalier: making states of numbers.

public import Datasets

extension RolloutTable {
  /// Makes a few states of every variable's values.
  ///
  /// - Throws: `FileError.format` for texts where numbers are needed, naming the line, and for too many categories.
  /// - Complexity: O(*rows* log *rows*) a variable.
  public func binned(_ plan: BinningPlan) throws(FileError) -> BinnedRollouts {
    for exception in plan.exceptions where !columns.contains(where: { exception.fits($0.name) }) {
      throw .format(
        path: name, expected: "a variable '\(exception.name)' to bin",
        got: "variables " + columns.prefix(12).map(\.name).joined(separator: ", "),
        advice: Names.advice(for: exception.name, among: columns.map(\.name)))
    }
    var variables: [BinnedVariable] = []
    for column in columns { variables.append(try binned(column, plan.binning(of: column.name))) }
    return BinnedRollouts(name: name, variables: variables, episodes: episodes, steps: steps)
  }

  private func binned(_ column: RolloutColumn, _ binning: Binning) throws(FileError) -> BinnedVariable {
    switch (column.values, binning) {
    case (.texts(let codes, let names), .category):
      try check(names.count, of: column)
      return variable(column, binning, names: names, codes: codes.map { UInt16($0) }, edges: [], asked: names.count)
    case (.texts, _):
      throw .format(
        path: name, expected: "numbers in column '\(column.name)' for the binning \(binning)", got: column.firstText,
        advice: "fill it in, or bin the column with '\(column.name)=category'")
    case (.numbers(let numbers), .category):
      let sorted = Set(numbers).sorted()
      try check(sorted.count, of: column)
      let codes = Self.codes(numbers, edges: Array(sorted.dropFirst()))
      return variable(
        column, binning, names: sorted.map { NumberText.shortest($0) }, codes: codes, edges: [], asked: sorted.count)
    case (.numbers(let numbers), .quantile(let count)):
      return variable(column, binning, numbers, edges: Self.quantiles(numbers, count), asked: count)
    case (.numbers(let numbers), .uniform(let count)):
      return variable(column, binning, numbers, edges: Self.equalSteps(numbers, count), asked: count)
    case (.numbers(let numbers), .threshold(let edges)):
      return variable(column, binning, numbers, edges: edges, asked: edges.count + 1)
    }
  }

  private func check(_ states: Int, of column: RolloutColumn) throws(FileError) {
    guard states <= Binning.mostStates else {
      throw .format(
        path: name, expected: "at most \(Binning.mostStates) different values in column '\(column.name)'",
        got: "\(states)", advice: "bin it with '\(column.name)=quantile:3'")
    }
  }

  private func variable(
    _ column: RolloutColumn, _ binning: Binning, _ numbers: [Double], edges: [Double], asked: Int
  ) -> BinnedVariable {
    variable(
      column, binning, names: Self.names(edges), codes: Self.codes(numbers, edges: edges), edges: edges, asked: asked)
  }

  private func variable(
    _ column: RolloutColumn, _ binning: Binning, names: [String], codes: [UInt16], edges: [Double], asked: Int
  ) -> BinnedVariable {
    let counts = BinnedVariable.counts(codes, names.count)
    let used = counts.count { $0 > 0 }
    var note: String?
    if used == 1 {
      note = "the same state in all rows"
    } else if names.count < asked {
      note = "\(names.count) bins instead of \(asked), since equal values stay together"
    } else if used < names.count {
      note = "\(names.count - used) of \(names.count) bins are empty"
    }
    return BinnedVariable(
      name: column.name, binning: binning, edges: edges, stateNames: names, counts: counts, note: note, codes: codes)
  }

  /// How many edges each number has reached.
  private static func codes(_ numbers: [Double], edges: [Double]) -> [UInt16] {
    numbers.map { number in
      var (low, high) = (0, edges.count)
      while low < high {
        let middle = (low + high) / 2
        if edges[middle] <= number { low = middle + 1 } else { high = middle }
      }
      return UInt16(low)
    }
  }

  /// Edges between different values, each the nearest to a quantile; of two equally near ones the lower.
  private static func quantiles(_ numbers: [Double], _ count: Int) -> [Double] {
    let sorted = numbers.sorted()
    var edges: [Double] = []
    for part in 1..<max(count, 1) {
      let target = part * sorted.count / count
      guard sorted.indices.contains(target) else { continue }
      // The run of equal values about the target.
      let low = partition(sorted) { $0 >= sorted[target] }
      let high = partition(sorted) { $0 > sorted[target] }
      let isLow = low > 0 && (high == sorted.count || target - low <= high - target)
      guard isLow || high < sorted.count else { continue }
      let edge = sorted[isLow ? low : high]
      if edges.last.map({ $0 < edge }) ?? true { edges.append(edge) }
    }
    return edges
  }

  /// The first index from which on a condition holds.
  private static func partition(_ sorted: [Double], _ holds: (Double) -> Bool) -> Int {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if holds(sorted[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Edges of bins of equal width; none for a constant.
  private static func equalSteps(_ numbers: [Double], _ count: Int) -> [Double] {
    guard let least = numbers.min(), let most = numbers.max(), least < most else { return [] }
    var edges: [Double] = []
    for part in 1..<max(count, 1) {
      let share = Double(part) / Double(count)
      let edge = least * (1 - share) + most * share
      if edge > edges.last ?? least { edges.append(edge) }
    }
    return edges
  }

  /// "<0", "0..1.5", ">=1.5"; with as many digits as tell the edges apart.
  private static func names(_ edges: [Double]) -> [String] {
    guard let first = edges.first, let last = edges.last else { return ["all"] }
    let digits = (4...17).first { digits in
      Set(edges.map { NumberText.significant($0, digits: digits) }).count == edges.count
    }
    func text(_ edge: Double) -> String { NumberText.significant(edge, digits: digits ?? 17) }
    return ["<" + text(first)] + zip(edges, edges.dropFirst()).map { text($0) + ".." + text($1) } + [">=" + text(last)]
  }
}
