// SPDX-License-Identifier: Apache-2.0
// Espalier: a table of probabilities as it stands in a file.

public import Datasets

/// p(nodes | parents) with its probabilities as they were written, and where that was.
public struct LiteralTable: Sendable, Hashable {
  /// The nodes that the table is about.
  public let nodes: [Int]
  /// The nodes that it is conditioned on.
  public let parents: [Int]
  /// How many probabilities make a row.
  public let columns: Int
  /// [rows · columns], row after row; rows as in `ConditionalTable`.
  public let values: [ProbabilityLiteral]
  /// Where the table stands: "cpts[2].table".
  public let place: String
  /// The line of each row, or of the whole table, or empty when lines are not known.
  public let lines: [Int]
  /// Whether the numbers may be rounded, so that a row's sum is off 1 by as much as their decimals explain.
  public let isRounded: Bool

  /// Joins nodes, parents and probabilities as they were written.
  public init(
    nodes: [Int], parents: [Int] = [], columns: Int, values: [ProbabilityLiteral], place: String, lines: [Int] = [],
    isRounded: Bool = false
  ) {
    self.nodes = nodes
    self.parents = parents
    self.columns = columns
    self.values = values
    self.place = place
    self.lines = lines
    self.isRounded = isRounded
  }

  /// The table with its probabilities as numbers, each row of the sum 1.
  ///
  /// As `Double` a row may be off by 1e-6, or by what the decimals of rounded numbers explain, at most 0.01, and is rescaled; exactly
  /// it must sum to 1.
  ///
  /// - Throws: `FileError.format` naming the row and the number that is none, is negative, or does not fit the others.
  public func table<Scalar: ProbabilityScalar>(
    as _: Scalar.Type = Scalar.self, path: String
  ) throws(FileError) -> ConditionalTable<Scalar> {
    var numbers: [Scalar] = []
    numbers.reserveCapacity(values.count)
    for row in 0..<values.count / max(columns, 1) {
      var sum = Scalar.zero
      let range = row * columns..<(row + 1) * columns
      for index in range {
        let number = try Self.number(
          values[index], as: Scalar.self, path: path, place: "\(rowPlace(row)), number \(index - range.lowerBound + 1)")
        numbers.append(number)
        sum += number
      }
      let error = max(sum - .one, .one - sum)
      guard sum > .zero, error <= Scalar.rowTolerance || error.approximation <= roundingError(range, Scalar.self) else {
        let isExact = Scalar.rowTolerance == .zero
        throw .format(
          path: path, expected: "probabilities that sum to \(isExact ? "exactly " : "")1 in \(rowPlace(row))",
          got: Self.text(sum), advice: isExact ? "write fractions as texts such as \"1/3\"" : "")
      }
      if error.approximation > 1e-13 { for index in range { numbers[index] = numbers[index] / sum } }
    }
    return ConditionalTable(nodes: nodes, parents: parents, values: numbers)
  }

  /// How many rows are off 1 by more than the core's tolerance and are rescaled, and by how much at most.
  var rescaledRows: (count: Int, error: Double) {
    guard isRounded, columns > 0 else { return (0, 0) }
    var result = (count: 0, error: 0.0)
    for row in 0..<values.count / columns {
      let error = values[row * columns..<(row + 1) * columns].reduce(-1.0) { $0 + ($1.doubleValue ?? 0) }.magnitude
      if error > Double.rowTolerance { result = (result.count + 1, max(result.error, error)) }
    }
    return result
  }

  /// One probability: a number of at least 0 (at most 1 follows from the sums).
  static func number<Scalar: ProbabilityScalar>(
    _ literal: ProbabilityLiteral, as _: Scalar.Type, path: String, place: @autoclosure () -> String
  ) throws(FileError) -> Scalar {
    guard let number = Scalar(literal), number >= .zero, number.approximation.isFinite else {
      throw .format(
        path: path, expected: "a probability such as 0.25 or \"1/4\" in \(place())",
        got: words(literal))
    }
    return number
  }

  /// A literal for a message: a number, or a text in quotes.
  static func words(_ literal: ProbabilityLiteral) -> String {
    if case .text(let text) = literal { "'\(text.prefix(40))'" } else { literal.text }
  }

  /// A sum for a message: a `Double` with six digits.
  private static func text<Scalar: ProbabilityScalar>(_ sum: Scalar) -> String {
    if let double = sum as? Double { return NumberText.significant(double, digits: 7) }
    return "\(sum)"
  }

  /// "cpts[2].table row 3".
  private func rowPlace(_ row: Int) -> String {
    let isOnlyRow = values.count == columns
    let line = lines.isEmpty ? nil : lines.count == 1 ? lines[0] : lines[row]
    return place + (isOnlyRow ? "" : " row \(row + 1)") + (line.map { ", line \($0)" } ?? "")
  }

  /// How far off rounding to the printed decimals may have brought a sum.
  private func roundingError<Scalar: ProbabilityScalar>(_ range: Range<Int>, _: Scalar.Type) -> Double {
    guard isRounded, Scalar.rowTolerance > .zero else { return -1 }
    return min(0.01, range.reduce(0.0) { $0 + Self.halfStep(values[$1].text) }) * (1 + 1e-6)
  }

  /// Half a unit of a decimal number's last digit; 0 for a whole number or a fraction, which are not rounded.
  static func halfStep(_ text: String) -> Double {
    let parts = text.lowercased().split(separator: "e", omittingEmptySubsequences: false)
    guard parts.count <= 2, let exponent = parts.count == 2 ? Int(parts[1]) : 0, exponent.magnitude < 400 else {
      return 0
    }
    let pieces = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let decimals = (pieces.count == 2 ? pieces[1].count : 0) - exponent
    guard !text.contains("/"), decimals > 0, decimals < 300 else { return 0 }
    return Double("5e-\(decimals + 1)") ?? 0
  }
}
