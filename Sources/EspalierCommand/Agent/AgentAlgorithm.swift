// SPDX-License-Identifier: Apache-2.0
// Espalier: the algorithms of `espalier agent`.

internal import Espalier

/// An algorithm that `espalier agent train` knows.
enum AgentAlgorithm: String, CaseIterable, Sendable {
  case ppo, dqn, sac, td3, reinforce

  /// What it is, in one line.
  var summary: String {
    switch self {
    case .ppo: "proximal policy optimisation: several passes over what the policy has just done (Schulman et al. 2017)"
    case .dqn: "deep Q-learning: values of choices, learned from what is remembered (Mnih et al. 2015)"
    case .sac: "soft actor-critic: a policy that stays as random as it can afford (Haarnoja et al. 2018)"
    case .td3: "twin delayed deterministic policy gradient (Fujimoto et al. 2018)"
    case .reinforce: "REINFORCE: what earned more than usual becomes likelier; to learn from (Williams 1992)"
    }
  }

  /// The spaces it acts in, in words.
  var actions: String {
    switch self {
    case .ppo, .reinforce: "choices, or a box with bounds"
    case .dqn: "one discrete choice"
    case .sac, .td3: "a box with bounds"
    }
  }

  /// Whether it can act in a space.
  func suits(_ actions: Space) -> Bool {
    switch (self, actions) {
    case (.dqn, .discrete): true
    case (.dqn, _): false
    case (.sac, .box(let box)), (.td3, .box(let box)), (.ppo, .box(let box)), (.reinforce, .box(let box)):
      box.isBounded
    case (.sac, _), (.td3, _): false
    case (_, .tuple), (_, .named): false
    default: true
    }
  }

  /// What is usual for a space; nil when none can act in it.
  static func usual(for actions: Space) -> AgentAlgorithm? {
    if case .box = actions { return AgentAlgorithm.sac.suits(actions) ? .sac : nil }
    return AgentAlgorithm.ppo.suits(actions) ? .ppo : nil
  }

  /// Whether it has a critic besides what acts.
  var hasActorAndCritic: Bool { self == .ppo || self == .sac || self == .td3 }

  /// Whether it learns from what it remembers.
  var hasReplay: Bool { self == .dqn || self == .sac || self == .td3 }
}
