// SPDX-License-Identifier: Apache-2.0
// Espalier: models made of what a file says.

public import Datasets

extension ModelDescription {
  /// The model with its probabilities as numbers of one kind.
  ///
  /// - Throws: `FileError.format` saying what is wrong; exact rows must sum to exactly 1.
  public func model<Scalar: ProbabilityScalar>(
    as scalar: Scalar.Type, path: String
  ) throws(FileError) -> any ProbabilityModel<Scalar> {
    switch self {
    case .markovChain(let description): return try description.model(as: scalar)
    case .bayesianNetwork(let description): return try description.model(as: scalar)
    case .jointTable(let description): return try description.model(as: scalar)
    case .elementaryAutomaton(let description):
      let initial = try description.initial.probabilities(as: scalar, count: description.ring, path: path)
      do throws(EntityError) {
        return try ElementaryAutomaton(rule: description.rule, timeSteps: description.timeSteps, initial: initial)
      } catch { throw FileError(error, in: path) }
    case .lifeRegion(let description):
      guard case .density(let density) = description.initial else {
        throw .format(
          path: path, expected: "one probability for all cells of a life_region as 'initial'", got: "a list of them",
          advice: "cells outside the region begin like those inside")
      }
      let initial = try CellLaw.density(density).probabilities(as: scalar, count: 1, path: path)
      do throws(EntityError) {
        return try LifeRegion(
          rows: description.rows, columns: description.columns, timeSteps: description.timeSteps, initial: initial[0])
      } catch { throw FileError(error, in: path) }
    }
  }
}

extension CellLaw {
  /// A probability a cell.
  func probabilities<Scalar: ProbabilityScalar>(
    as _: Scalar.Type, count: Int, path: String
  ) throws(FileError) -> [Scalar] {
    var literals: [ProbabilityLiteral]
    switch self {
    case .density(let literal): literals = [ProbabilityLiteral](repeating: literal, count: count)
    case .cells(let list): literals = list
    }
    var numbers: [Scalar] = []
    for literal in literals {
      guard let number = Scalar(literal) else {
        throw .format(path: path, expected: "a probability of 0 to 1 in 'initial'", got: "'\(literal.text)'")
      }
      numbers.append(number)
    }
    return numbers
  }
}
