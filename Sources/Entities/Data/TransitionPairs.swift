// SPDX-License-Identifier: Apache-2.0
// Espalier: counting what follows what.

/// The pairs of consecutive steps of rollouts.
struct TransitionPairs {
  private let variables: [BinnedVariable]
  /// The earlier row of each pair; the later one comes next.
  private let rows: [Int]

  init(_ rollouts: BinnedRollouts) {
    variables = rollouts.variables
    rows = rollouts.runs.flatMap { Array($0.dropLast()) }
  }

  var count: Int { rows.count }

  /// How often each value of a variable followed each choice of its parents' values, [rows · states].
  ///
  /// - Throws: `EntityError.tooLarge` beyond 2^20 numbers.
  func counts(of variable: Int, given parents: [Int]) throws(EntityError) -> (counts: [Int], rows: Int) {
    guard let size = size(of: variable, given: parents) else {
      throw .tooLarge(
        what: "the table of \(variables[variable].name) given \(parents.count) variables",
        limit: "\(BinnedRollouts.mostFitted) numbers", got: "more", advice: "choose fewer parents or bins")
    }
    let next = variables[variable]
    var counts = [Int](repeating: 0, count: size)
    var places = [Int](repeating: 0, count: rows.count)
    for parent in parents {
      let (codes, states) = (variables[parent].codes, variables[parent].stateCount)
      for (index, row) in rows.enumerated() { places[index] = places[index] * states + Int(codes[row]) }
    }
    for (index, row) in rows.enumerated() { counts[places[index] * next.stateCount + Int(next.codes[row + 1])] += 1 }
    return (counts, size / next.stateCount)
  }

  /// The numbers of a table, nil beyond the limit.
  private func size(of variable: Int, given parents: [Int]) -> Int? {
    var size = variables[variable].stateCount
    for parent in parents {
      let (product, overflow) = size.multipliedReportingOverflow(by: variables[parent].stateCount)
      guard !overflow, product <= BinnedRollouts.mostFitted else { return nil }
      size = product
    }
    return size
  }

  /// The variable itself and those others that tell the most about it given the ones chosen before, rising.
  ///
  /// A candidate counts when its conditional mutual information is more than that of independent variables, whose 2 *N* ln 2-fold has
  /// the law χ² for large *N*, by four standard deviations, and when every row of the table has eight samples in the mean.
  ///
  /// Source: S. Kullback, *Information theory and statistics*, 1959, chapter 6.
  func informative(for variable: Int, most: Int) -> [Int] {
    var parents = [variable]
    while parents.count <= most {
      guard let rest = try? conditionalEntropy(of: variable, given: parents) else { break }
      var best: (gain: Double, candidate: Int)?
      for candidate in variables.indices where !parents.contains(candidate) {
        let wider = parents + [candidate]
        guard let size = size(of: variable, given: wider), size <= max(rows.count / 8, 1),
          let entropy = try? conditionalEntropy(of: variable, given: wider)
        else { continue }
        let states = variables[candidate].stateCount
        let freedom =
          size / states * (states - 1) / variables[variable].stateCount * (variables[variable].stateCount - 1)
        let gain = rest - entropy
        let chance = Double(freedom) + 4 * (2 * Double(freedom)).squareRoot()
        guard gain > chance / (2 * Double(rows.count) * 0.693_147_180_559_945_3) else { continue }
        if best.map({ gain > $0.gain }) ?? true { best = (gain, candidate) }
      }
      guard let best else { break }
      parents.append(best.candidate)
    }
    return parents.sorted()
  }

  /// H(next value | parents) in bits, plug-in.
  private func conditionalEntropy(of variable: Int, given parents: [Int]) throws(EntityError) -> Double {
    let (counts, rows) = try counts(of: variable, given: parents)
    let columns = counts.count / rows
    var sum = 0.0
    for row in 0..<rows {
      let cells = counts[row * columns..<(row + 1) * columns]
      let whole = Double(cells.reduce(0, +))
      for cell in cells where cell > 0 { sum += Double(cell) * binaryLogarithm(whole / Double(cell)) }
    }
    return sum / Double(max(count, 1))
  }
}
