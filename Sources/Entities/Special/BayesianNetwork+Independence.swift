// SPDX-License-Identifier: Apache-2.0
// Espalier: parts of a network that know nothing of each other.

extension BayesianNetwork where Scalar == Double {
  /// The nodes of a pattern in groups that are independent of each other by the network's structure: with all other nodes
  /// left out but ancestors, no table joins two groups (d-separation given nothing).
  ///
  /// Two groups or more mean that the pattern is no ι-entity, whatever its values: cutting between them costs nothing. One group
  /// means nothing; the numbers in the tables are not looked at.
  ///
  /// - Complexity: O(links).
  public func independentGroups(of nodes: [Int]) -> [[Int]] {
    precondition(nodes.allSatisfy(self.nodes.indices.contains), "nodes \(nodes) of \(self.nodes.count)")
    var parent = Array(self.nodes.indices)
    func root(_ node: Int) -> Int {
      var node = node
      while parent[node] != node {
        parent[node] = parent[parent[node]]
        node = parent[node]
      }
      return node
    }
    for table in relevantTables(nodes) {
      let first = root(table.nodes[0])
      for node in table.nodes + table.parents { parent[root(node)] = first }
    }
    var groups: [[Int]] = []
    var place: [Int: Int] = [:]
    for node in nodes {
      let top = root(node)
      if let index = place[top] {
        groups[index].append(node)
      } else {
        place[top] = groups.count
        groups.append([node])
      }
    }
    return groups
  }

  /// The chain that the relevant ancestors of some nodes form, and each node's time in it; nil when they form none.
  func chain(through wanted: [Int]) -> (chain: UnivariateChain, times: [Int: Int])? {
    let tables = relevantTables(wanted)
    var path: [Int] = []
    for table in tables {
      guard table.nodes.count == 1, table.parents == path.suffix(1) else { return nil }
      path.append(table.nodes[0])
    }
    guard let chain = UnivariateChain(along: path, of: self) else { return nil }
    return (chain, Dictionary(uniqueKeysWithValues: path.enumerated().map { ($1, $0) }))
  }
}
