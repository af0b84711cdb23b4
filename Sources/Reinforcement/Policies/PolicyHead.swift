// SPDX-License-Identifier: Apache-2.0
// Espalier: from a policy network's outputs to actions.

/// How a policy network's outputs become an action.
///
/// Continuous actions are numbers between -1 and 1, stretched to the bounds of the action space.
public enum PolicyHead: Sendable, Equatable {
  /// The outputs are values of the choices: the greatest is taken. A duelling network's last output is the state's value.
  case values(isDuelling: Bool)
  /// The outputs are logits of the choices, one group for each number of the action.
  case categorical
  /// The outputs are means; the logarithms of the deviations are the same everywhere. What lies outside -1 ... 1 is clipped.
  case gaussian(logDeviations: [Float])
  /// The outputs are means and logarithms of deviations, [2 x numbers]; the hyperbolic tangent squashes what is drawn.
  case squashedGaussian
  /// The outputs are squashed by the hyperbolic tangent.
  case squashed

  /// Between what bounds SAC's logarithms of deviations lie.
  static let logDeviationRange: ClosedRange<Float> = -20...2
}

/// Whether a policy takes its best action or draws one.
public enum ActionChoice: String, Sendable, Equatable, CaseIterable {
  /// The best action: the greatest value, logit or mean.
  case best
  /// An action drawn from the policy's distribution; as ``best`` for heads without one.
  case drawn
}
