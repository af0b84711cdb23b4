// SPDX-License-Identifier: Apache-2.0
// Espalier: nodes that say the same.

extension SurprisalOracle {
  /// The pattern's nodes in classes of which all members agree with the pattern or none does, the first of a class standing for it.
  ///
  /// The surprisal of a part then depends on the classes that it touches only. With two classes or more, ι of the pattern is
  /// that of one node a class: from any partition each class can be given to one of the blocks that touch it so that two blocks are left,
  /// and no block has grown. With one class every block has surprisal f(O), and ι = f(O).
  ///
  /// That two nodes agree is not read from rounded numbers but from probabilities of exactly 0: those of one agreeing and the other
  /// having any other value. (A sum of products of tables' entries is 0 exactly when all its terms are.)
  ///
  /// - Complexity: up to *n* · *classes* evaluations, and one for each other value of a copy and its class.
  mutating func copyClasses() throws(EntityError) -> [[Int]] {
    var classes: [[Int]] = []
    for position in 0..<pattern.count {
      let own = try surprisal(of: NodeSet([position], upTo: pattern.count))
      var home = -1
      for (index, members) in classes.enumerated() {
        let first = try surprisal(of: NodeSet([members[0]], upTo: pattern.count))
        guard (first - own).magnitude < 1e-9 else { continue }
        let both = try surprisal(of: NodeSet([members[0], position], upTo: pattern.count))
        guard (both - own).magnitude < 1e-9, try implies(members[0], position), try implies(position, members[0]) else {
          continue
        }
        home = index
        break
      }
      if home >= 0 { classes[home].append(position) } else { classes.append([position]) }
    }
    return classes
  }

  /// Whether one position of the pattern cannot agree with it unless another does.
  private mutating func implies(_ first: Int, _ second: Int) throws(EntityError) -> Bool {
    for value in 0..<model.nodes[pattern.nodes[second]].stateCount where value != pattern.values[second] {
      let pair = [(pattern.nodes[first], pattern.values[first]), (pattern.nodes[second], value)].sorted { $0.0 < $1.0 }
      let other = SpatiotemporalPattern(nodes: pair.map(\.0), values: pair.map(\.1))
      if try probability(of: other) > 0 { return false }
    }
    return true
  }
}
