// SPDX-License-Identifier: Apache-2.0
// Espalier: where an update grows connections.

public import SparseCore

/// Where an update grows connections in place of dropped ones.
public enum Growth: Sendable {
  /// Nowhere.
  case none

  /// Uniformly among all cells without a surviving connection.
  ///
  /// A connection dropped by the same update may be drawn, as in the authors' code, and then stays with its value.
  ///
  /// Source: D. Mocanu et al., Nature Communications 9, 2018, algorithm 1, arXiv:1707.04780.
  case random

  /// Where the gradient of the dense layer is strongest, over every cell without a surviving connection.
  ///
  /// Exact, in O(*count*) memory and *rows* x *columns* x *samples* multiply-adds; see ``GrowthSite/strongest(_:)``.
  ///
  /// Source: U. Evci et al., *Rigging the lottery: making all tickets winners*, ICML 2020, section 3 (4),
  /// arXiv:1911.11134.
  case gradient

  /// Where the gradient is strongest among ceil(`ratio` x connections) cells drawn uniformly from the absent ones.
  ///
  /// Time and memory follow the connections. The paper's ratio, gamma, is 1.
  ///
  /// Source: M. Heddes et al., *Always-sparse training by growing connections with guided stochastic exploration*,
  /// 2024, algorithm 1, arXiv:2401.06898.
  case sampledGradient(ratio: Double = 1)

  #if !hasFeature(Embedded)
    /// A rule of your own.
    case custom(any GrowthRule)
  #endif

  /// Whether ``connections(growing:at:random:)`` reads the layer's gradient.
  public var needsGradient: Bool {
    switch self {
    case .none, .random: false
    case .gradient, .sampledGradient: true
    #if !hasFeature(Embedded)
      case .custom(let rule): rule.needsGradient
    #endif
    }
  }

  /// The most connections that an update of this layer may grow: never more than there are absent cells.
  ///
  /// - Parameter locality: where connections may grow; nil: everywhere.
  /// - Complexity: O(1), with a locality O(*rows* log fan-in).
  public func capacity(of pattern: SparsityPattern, locality: Locality? = nil) -> Int {
    if case .none = self { return 0 }
    let absent = Field(rows: pattern.rows, columns: pattern.columns, locality: locality).absentCount(in: pattern)
    return capacity(absent: absent, of: pattern)
  }

  func capacity(absent: Int, of pattern: SparsityPattern) -> Int {
    switch self {
    case .none: 0
    case .sampledGradient(let ratio): Self.candidates(ratio, of: pattern.count, absent: absent)
    default: absent
    }
  }

  /// The `count` places to grow, sorted row by row.
  ///
  /// - Parameter count: at most ``capacity(of:locality:)`` of the layer.
  /// - Invariant: exactly `count` distinct places, none with a surviving connection.
  public func connections(growing count: Int, at site: GrowthSite, random: inout Random) -> [Connection] {
    let capacity = capacity(absent: site.absentCount, of: site.weights.pattern)
    precondition(count >= 0 && count <= capacity, "grow \(count) connections where \(capacity) are possible")
    switch self {
    case .none:
      return []
    case .random:
      return site.random(count, random: &random)
    case .gradient:
      return site.strongest(count)
    case .sampledGradient:
      return site.strongest(count, among: capacity, random: &random)
    #if !hasFeature(Embedded)
      case .custom(let rule):
        let connections = rule.connections(growing: count, at: site, random: &random)
        precondition(connections.count == count, "\(rule.name) grew \(connections.count) of \(count) connections")
        return connections
    #endif
    }
  }

  private static func candidates(_ ratio: Double, of count: Int, absent: Int) -> Int {
    let wish = (ratio * Double(count)).rounded(.up)
    return wish < Double(absent) ? max(0, Int(wish)) : absent
  }
}

extension Growth: Equatable {
  /// Whether both are the same rule; rules of your own are compared by name.
  public static func == (left: Growth, right: Growth) -> Bool {
    switch (left, right) {
    case (.none, .none), (.random, .random), (.gradient, .gradient): true
    case (.sampledGradient(let left), .sampledGradient(let right)): left == right
    #if !hasFeature(Embedded)
      case (.custom(let left), .custom(let right)): left.name == right.name
    #endif
    default: false
    }
  }
}
