// SPDX-License-Identifier: Apache-2.0
// Espalier: how a target network follows.

/// How the connections of a target network follow those of the online network; both ways keep exact counts.
public enum TargetTopology: String, Sendable, Equatable, CaseIterable {
  /// The target has the online network's connections: every rewiring is done to both, and newborn connections begin at 0 in
  /// both.
  ///
  /// Source: Y. Tan et al., *RLx2: Training a Sparse Deep Reinforcement Learning Model from Scratch*, ICLR 2023, section 4,
  /// arXiv 2205.15043.
  case online
  /// The target keeps connections of its own: averages run over the union of both patterns, and then the smallest go until there
  /// are as many as in the online network.
  ///
  /// Source: G. Sokar et al., *Dynamic Sparse Training for Deep Reinforcement Learning*, IJCAI 2022, section 4.2,
  /// arXiv 2106.04217.
  case own
}
