// SPDX-License-Identifier: Apache-2.0
// Espalier: fitting a Markov chain to rollouts.

extension BinnedRollouts {
  /// The most numbers of a fitted table or initial law.
  public static var mostFitted: Int { 1 << 20 }

  /// Fits a stationary chain in which each variable depends on variables of the step before.
  ///
  /// p(x | parents) = (count + α) / (row's count + α · states), pooled over all pairs of consecutive steps inside episodes; a row that
  /// was never seen is uniform. The initial law is joint: (count + α / slices) / (rows + α), so that α weighs as much as α rows in all
  /// and no slice is impossible.
  ///
  /// - Parameters:
  ///   - timeSteps: the slices of the chain.
  ///   - smoothing: α, at least 0; ½ is Jeffreys' choice, as in Krichevsky and Trofimov's estimator.
  ///   - parents: which variables each one depends on.
  ///   - start: which rows tell how the chain begins.
  /// - Throws: `EntityError.tooLarge` beyond 2^20 numbers in a table, `EntityError.undefined` when no two steps are consecutive,
  ///   `EntityError.pattern` for parents that there are not.
  /// - Complexity: O(*rows* · *parents*) a variable; for `informative(k)` O(*rows* · *variables*² · *k*²).
  ///
  /// Source: R. E. Krichevsky, V. K. Trofimov, *The performance of universal encoding*, IEEE Transactions on Information Theory 27, 1981.
  public func fit(
    timeSteps: Int, smoothing: Double = 0.5, parents: ParentChoice = .all, start: StartLaw = .pooled
  ) throws(EntityError) -> FittedChain {
    guard smoothing >= 0, smoothing.isFinite, smoothing <= 1e6 else {
      throw .pattern(expected: "a smoothing from 0 to 1,000,000", got: "\(smoothing)")
    }
    let pairs = TransitionPairs(self)
    guard pairs.count > 0 else {
      throw .undefined(what: "a chain's transition", reason: "no episode has two consecutive steps")
    }
    var tables: [ConditionalTable<Double>] = []
    var fitted: [FittedTable] = []
    for (variable, list) in try parentLists(parents, pairs).enumerated() {
      let (counts, rows) = try pairs.counts(of: variable, given: list)
      tables.append(
        ConditionalTable(
          nodes: [variable], parents: list, values: Self.smoothed(counts, rows: rows, smoothing)))
      let columns = variables[variable].stateCount
      let sums = (0..<rows).map { row in counts[row * columns..<(row + 1) * columns].reduce(0, +) }
      let visited = sums.filter { $0 > 0 }
      fitted.append(
        FittedTable(
          variable: variable, parents: list, rows: rows, visitedRows: visited.count, leastCount: visited.min() ?? 0))
    }
    let firstRows = start == .pooled ? Array(0..<count) : episodes.compactMap(\.first)
    let chain = try MultivariateMarkovChain(
      variables: nodes(1), timeSteps: timeSteps, initial: [try initialLaw(firstRows, smoothing)],
      transition: .factored(tables))
    return FittedChain(
      chain: chain, transitions: pairs.count, starts: firstRows.count, tables: fitted, notes: notes(fitted, pairs.count)
    )
  }

  private func notes(_ tables: [FittedTable], _ transitions: Int) -> [String] {
    tables.compactMap { table in
      let name = variables[table.variable].name
      if table.visitedRows < table.rows {
        return "\(name): \(table.rows - table.visitedRows) of \(table.rows) choices of its parents were never seen"
      }
      guard transitions < 8 * table.rows * (variables[table.variable].stateCount - 1) else { return nil }
      return "\(name): \(transitions) transitions are few for a table of \(table.rows) rows"
    }
  }

  private static func smoothed(_ counts: [Int], rows: Int, _ smoothing: Double) -> [Double] {
    let columns = counts.count / rows
    var values: [Double] = []
    values.reserveCapacity(counts.count)
    for row in 0..<rows {
      let cells = counts[row * columns..<(row + 1) * columns]
      let sum = Double(cells.reduce(0, +)) + smoothing * Double(columns)
      for cell in cells { values.append(sum > 0 ? (Double(cell) + smoothing) / sum : 1 / Double(columns)) }
    }
    return values
  }

  private func initialLaw(_ rows: [Int], _ smoothing: Double) throws(EntityError) -> ConditionalTable<Double> {
    let all = Array(variables.indices)
    guard let slices = BayesianNetwork<Double>.stateCount(all, nodes(1)), slices <= Self.mostFitted else {
      throw .tooLarge(
        what: "the slices of the initial law", limit: "\(Self.mostFitted)", got: "more",
        advice: "choose fewer variables or bins")
    }
    var counts = [Int](repeating: 0, count: slices)
    for row in rows {
      counts[variables.reduce(0) { $0 * $1.stateCount + Int($1.codes[row]) }] += 1
    }
    let sum = Double(rows.count) + smoothing
    return ConditionalTable(
      nodes: all, values: counts.map { (Double($0) + smoothing / Double(slices)) / sum })
  }

  private func parentLists(_ choice: ParentChoice, _ pairs: TransitionPairs) throws(EntityError) -> [[Int]] {
    switch choice {
    case .all: return variables.map { _ in Array(variables.indices) }
    case .chosen(let lists):
      guard lists.count == variables.count,
        lists.allSatisfy({ list in list.allSatisfy(variables.indices.contains) && Set(list).count == list.count })
      else {
        throw .pattern(
          expected: "\(variables.count) lists of different variables from 0 to \(variables.count - 1)", got: "\(lists)")
      }
      return lists
    case .informative(let count):
      guard count >= 0 else { throw .pattern(expected: "at least 0 parents", got: "\(count)") }
      return variables.indices.map { pairs.informative(for: $0, most: count) }
    }
  }
}
