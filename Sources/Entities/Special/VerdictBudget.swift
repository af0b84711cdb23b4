// SPDX-License-Identifier: Apache-2.0
// Espalier: how much work a verdict may be.

/// How much work a verdict may be, and which ways it may take.
public struct VerdictBudget: Sendable {
  /// How many marginal probabilities may be worked out, those of `LocalIntegration` not counted.
  public var evaluations: Int
  /// Up to how many nodes all subsets are summed: 18 take a fraction of a second, each two more nine times that.
  public var exactNodes: Int
  /// How many moves the annealing makes.
  public var annealingMoves: Int
  /// The ways that may be taken.
  public var methods: Set<VerdictMethod>
  /// Asked often; true ends the work with the bounds found so far.
  public var isCancelled: @Sendable () -> Bool

  /// A budget.
  ///
  /// - Parameters:
  ///   - evaluations: how many marginal probabilities.
  ///   - exactNodes: up to how many nodes all subsets are summed.
  ///   - annealingMoves: how many moves the annealing makes.
  ///   - methods: the ways that may be taken.
  ///   - isCancelled: true ends the work.
  public init(
    evaluations: Int = 100_000, exactNodes: Int = 18, annealingMoves: Int = 20_000,
    methods: Set<VerdictMethod> = Set(VerdictMethod.allCases), isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    self.evaluations = evaluations
    self.exactNodes = exactNodes
    self.annealingMoves = annealingMoves
    self.methods = methods
    self.isCancelled = isCancelled
  }
}
