// SPDX-License-Identifier: Apache-2.0
// Espalier: damaged models and rollouts.

package import Datasets
internal import SparseCore

/// Ways into the readers of models and of rollouts for hostile bytes, and good ones to begin with: what tests and a fuzzing program call.
package enum EntityFuzz {
  /// Small bounds, so that a claim of a large model is refused early.
  private static let limits = ModelLimits(nodes: 10_000, tableNumbers: 1 << 16, expandedNumbers: 1 << 12)

  /// Reads a model and makes it, as `Double` and exactly.
  ///
  /// - Returns: nil when the model keeps its promises, else what is odd about it.
  /// - Throws: `FileError` when it is refused.
  package static func model(_ bytes: [UInt8], path: String) throws(FileError) -> String? {
    switch try ModelFile.read(bytes: bytes, path: path, limits: limits) {
    case .markovChain(let description):
      let chain = try description.model(as: Double.self)
      _ = try? description.model(as: Rational.self)
      return odd(chain.network)
    case .bayesianNetwork(let description):
      _ = try? description.model(as: Rational.self)
      return odd(try description.model(as: Double.self))
    case .jointTable(let description):
      let table = try description.model(as: Double.self)
      _ = try? description.model(as: Rational.self)
      return abs(table.entries.reduce(-1) { $0 + $1.probability }) < 1e-9 ? nil : "a joint table of another sum than 1"
    case .elementaryAutomaton(let rule):
      return rule.ring * rule.timeSteps <= limits.nodes ? nil : "\(rule.ring) cells in \(rule.timeSteps) steps"
    case .lifeRegion(let region):
      let cells = region.rows * region.columns
      return cells * region.timeSteps <= limits.nodes ? nil : "\(cells) cells in \(region.timeSteps) steps"
    }
  }

  /// Reads rollouts, bins them, counts windows and fits a chain.
  ///
  /// - Returns: nil when all keep their promises, else what is odd.
  /// - Throws: `FileError` when they are refused.
  package static func rollouts(_ bytes: [UInt8], path: String) throws(FileError) -> String? {
    let table = try RolloutTable.read(bytes: bytes, path: path)
    let texts = table.columns.filter { if case .texts = $0.values { true } else { false } }
    let plan = BinningPlan(
      bytes.count % 2 == 0 ? .category : .quantile(3), exceptions: texts.map { .init($0.name, .category) })
    let binned = try table.binned(plan)
    guard binned.variables.allSatisfy({ $0.counts.reduce(0, +) == table.count }) else { return "rows without a state" }
    do throws(EntityError) {
      let windows = try binned.windows(length: 2)
      guard windows.counts.reduce(0, +) == windows.total else { return "windows that are not counted" }
      return odd(try binned.fit(timeSteps: 2).chain.network)
    } catch { throw FileError(error, in: path) }
  }

  /// What is odd about a network: a row that does not sum to 1.
  private static func odd(_ network: BayesianNetwork<Double>) -> String? {
    for table in network.tables {
      let columns = table.nodes.reduce(1) { $0 * network.nodes[$1].stateCount }
      for row in 0..<table.values.count / columns {
        let sum = table.values[row * columns..<(row + 1) * columns].reduce(0, +)
        if !(abs(sum - 1) < 1e-9) { return "a row of the sum \(sum)" }
      }
    }
    return nil
  }

  /// Models in JSON.
  package static let models: [[UInt8]] = [
    #"{"kind": "multivariate_markov_chain", "spatial_nodes": ["a", "b"], "node_states": [2, ["x", "y"]], "time_steps": 3, "#
      + #""initial": [{"x": [0, "y"], "p": 0.5}, {"x": [1, 0], "p": "1/2"}], "#
      + #""transition": [[1, 0, 0, 0], ["1/4", 0.25, 0.25, 0.25], [0, 1, 0, 0], [0.5, 0, 0, 5e-1]]}"#,
    #"{"kind": "multivariate_markov_chain", "spatial_nodes": 2, "node_states": 2, "time_steps": 4, "initial": "uniform", "#
      + #""cpts": [{"node": 1, "parents": [0], "table": [[0.9, 0.1], ["1/3", "2/3"]]}, {"node": 0, "table": [0.5, 0.5]}]}"#,
    #"{"kind": "joint_table", "node_states": [2, 2], "table": [{"x": [0, 0], "p": 0.25}, {"x": [1, 1], "p": "3/4"}]}"#,
    #"{"kind": "bif", "text": "variable a { type discrete [ 2 ] { x, y }; } probability ( a ) { table 0.5, 0.5; }"}"#,
    #"{"kind": "elementary_ca", "rule": 110, "ring": 3, "time_steps": 2, "initial": [0, 0.5, "1/3"]}"#,
    #"{"kind": "life_region", "rows": 2, "cols": 2, "time_steps": 2, "initial": 0.5}"#,
  ].map { model in
    // Words that may be anything, so that some damage is harmless.
    let words = String(repeating: "a small model made by hand, ", count: 12)
    return Array((model.dropLast() + ", \"name\": \"\(words)\"}").utf8)
  }

  /// Networks in the interchange format.
  package static let networks: [[UInt8]] = [
    """
    network n { property "a network of two variables, made by hand for this test" ; }
    // Words in a comment may be anything that ends with its line.
    variable rain { type discrete [ 2 ] { yes, no }; } // weather
    variable wet { type discrete [ 3 ] { dry, damp, wet }; property x "a;b" ; }
    probability ( rain ) { table 0.2, 0.8; }
    probability ( wet | rain ) { (yes) 0.1, 0.3, 0.6; default 0.333, 0.333, 0.333; }
    """,
    """
    variable "a" { type discrete [ 2 ] { 0 1 }; } variable b { type discrete [ 2 ] { u, v }; } /* table */
    probability ( a | b ) { table .1 .2 .9 .8; } probability ( b ) { table 1e-1 9e-1; }
    """,
  ].map { Array($0.utf8) }

  /// Rollouts.
  package static let tables: [[UInt8]] = [
    "episode,step,observation_0,action_0,reward,ending\n0,0,0.5,1,0,\n0,1,1.5,0,0,\n0,2,-1,1,1,terminated\n1,0,2,0,0,\n1,1,3,1,0,\n",
    "t;x;color\n0;1;red\n1;2;\"dark; red\"\n2;3e-1;blue\n0;4;red\n1;5;blue\n",
  ].map { Array($0.utf8) }
}
