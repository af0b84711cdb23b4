// SPDX-License-Identifier: Apache-2.0
// Espalier: values for some of a model's variables.

/// A spatiotemporal pattern x_A: a value for every node of a set A.
///
/// A pattern on all nodes is a trajectory. Nodes are numbers in the model's order, which is time-major for chains:
/// node = time · variables + variable.
///
/// Source: M. Biehl, T. Ikegami, D. Polani, *Towards information based spatiotemporal patterns as a foundation for agent
/// representation in dynamical systems*, ALIFE 2016.
public struct SpatiotemporalPattern: Sendable, Hashable {
  /// The nodes, rising.
  public let nodes: [Int]
  /// The value of each of `nodes`.
  public let values: [Int]

  /// Joins nodes, rising, and their values, as many.
  public init(nodes: [Int], values: [Int]) {
    precondition(nodes.count == values.count, "\(values.count) values for \(nodes.count) nodes")
    precondition(zip(nodes, nodes.dropFirst()).allSatisfy(<), "nodes must rise")
    self.nodes = nodes
    self.values = values
  }

  /// A trajectory: a value for every node of a model.
  public init(trajectory values: [Int]) {
    self.init(nodes: Array(values.indices), values: values)
  }

  /// How many nodes it fixes.
  public var count: Int { nodes.count }

  /// The part on the nodes whose bits are set: bit *k* stands for `nodes[k]`.
  public func part(_ mask: Int) -> SpatiotemporalPattern {
    let kept = nodes.indices.filter { mask >> $0 & 1 == 1 }
    return SpatiotemporalPattern(nodes: kept.map { nodes[$0] }, values: kept.map { values[$0] })
  }

  /// The part on those of `nodes` that the pattern has.
  public func part(on nodes: [Int]) -> SpatiotemporalPattern {
    let wanted = Set(nodes)
    let kept = self.nodes.indices.filter { wanted.contains(self.nodes[$0]) }
    return SpatiotemporalPattern(nodes: kept.map { self.nodes[$0] }, values: kept.map { values[$0] })
  }

  /// The value of a node, nil when the pattern leaves it open.
  ///
  /// - Complexity: O(log *nodes*).
  public func value(of node: Int) -> Int? {
    var (low, high) = (0, nodes.count)
    while low < high {
      let middle = (low + high) / 2
      if nodes[middle] < node { low = middle + 1 } else { high = middle }
    }
    return low < nodes.count && nodes[low] == node ? values[low] : nil
  }

  /// Whether a trajectory, a value for every node of the model, has these values here.
  public func occurs(in trajectory: [Int]) -> Bool {
    zip(nodes, values).allSatisfy { trajectory[$0] == $1 }
  }
}

extension SpatiotemporalPattern: Comparable {
  /// Fewer nodes first, then by the nodes, then by the values.
  public static func < (left: SpatiotemporalPattern, right: SpatiotemporalPattern) -> Bool {
    if left.count != right.count { return left.count < right.count }
    if left.nodes != right.nodes { return left.nodes.lexicographicallyPrecedes(right.nodes) }
    return left.values.lexicographicallyPrecedes(right.values)
  }
}

extension SpatiotemporalPattern: CustomStringConvertible {
  /// "0=1 2=0": each node and its value.
  public var description: String { zip(nodes, values).map { "\($0)=\($1)" }.joined(separator: " ") }
}
