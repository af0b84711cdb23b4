// SPDX-License-Identifier: Apache-2.0
// Espalier: what a step of an environment answers.

/// How an episode ended.
public enum Ending: Sendable, Equatable {
  /// The task ended: the value of what would come is 0.
  case terminated
  /// The episode was cut, by a time limit for instance: what would come still has a value.
  case truncated
}

/// What one step of an environment answers, besides the observation.
///
/// Gymnasium's two flags as one value: learners bootstrap after a truncation and not after a termination, so the two must not
/// be mixed up. A step at which both happen is a termination.
public struct Step: Sendable, Equatable {
  /// The reward of the action.
  public var reward: Double
  /// How the episode ended with this step; nil while it goes on.
  public var ending: Ending?

  /// Joins the parts.
  public init(reward: Double, ending: Ending? = nil) {
    self.reward = reward
    self.ending = ending
  }

  /// A step that ends its episode when `isOver`.
  public init(reward: Double, terminated isOver: Bool) {
    self.init(reward: reward, ending: isOver ? .terminated : nil)
  }
}
