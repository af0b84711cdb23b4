// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of refusing what is wrong with a model in JSON.

import Datasets
import Entities
import Testing

@Suite("Hostile models in JSON")
struct HostileModelTests {
  static let head =
    #"{"kind": "multivariate_markov_chain", "spatial_nodes": ["a", "b"], "node_states": 2, "time_steps": 2, "#
  static let uniform = #""initial": "uniform", "#
  static let whole = #""transition": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}"#

  /// What is wrong, and what the message must name.
  static let broken: [(text: String, words: [String])] = [
    ("", ["a model", "an empty file"]),
    (#"{"kind": "#, ["a value in line 1, byte 10", "the end", "a model file is JSON"]),
    ("[1]", ["an object with a key 'kind'", "a list of 1"]),
    ("{}", ["a key 'kind'", "got none"]),
    (#"{"kind": 3}"#, ["a kind of model in kind", "got 3", "one of: multivariate_markov_chain"]),
    (#"{"kind": "joint_tabel"}"#, ["a kind of model in kind", "'joint_tabel'", "did you mean 'joint_table'"]),
    (#"{"kind": "bif", "kind": "bif"}"#, ["each key once", "'kind' again"]),
    (String(repeating: "[", count: 100_000), ["at most 64 levels", "deeper nesting"]),
    (head + uniform + #""transitions": 1}"#, ["known keys", "'transitions'", "did you mean 'transition'"]),
    (head + uniform + #""name": "x"}"#, ["a key 'transition' or 'cpts', since there are 2 time steps"]),
    (head + #""transition": 1}"#, ["a key 'initial'", "got none"]),
    (head + uniform + #""cpts": [1], "#, ["a key in quotes"]),
    (head + uniform + #""cpts": [1], "# + whole, ["'transition' or 'cpts' in cpts", "got both"]),
    (head + uniform + #""transition": []}"#, ["4 rows of 4 probabilities in transition", "an empty list"]),
    (head + uniform + #""transition": [1, 0]}"#, ["16 probabilities in transition", "a list of 2"]),
    (
      head + uniform + #""transition": [[1,0,0,0],[0,1,0,0],[0,0,1,0]]}"#,
      ["a list of 4 lists in transition", "a list of 3"]
    ),
    (
      head + uniform + #""transition": [[1,0,0,0],[0,1,0],[0,0,1,0],[0,0,0,1]]}"#,
      ["4 probabilities in transition[1]", "a list of 3"]
    ),
    (
      head + uniform + #""transition": [[1,0,0,0],[0,1,0,0],[0,0.9,0,0],[0,0,0,1]]}"#,
      ["sum to 1 in transition row 3", "got 0.9"]
    ),
    (
      head + uniform + #""transition": [[1,0,0,0],[0,1,0,0],[0,-1,2,0],[0,0,0,1]]}"#,
      ["a probability such as 0.25 or \"1/4\" in transition row 3, number 2", "got -1"]
    ),
    (
      head + uniform + #""transition": [[1,0,0,0],[0,1,0,0],[0,"1/0",1,0],[0,0,0,1]]}"#,
      ["transition row 3, number 2", "got '1/0'"]
    ),
    (
      head + uniform + #""transition": [[1,0,0,0],[0,1,0,0],[0,true,1,0],[0,0,0,1]]}"#,
      ["a probability such as 0.25 or \"1/4\" in transition[2][1]", "a Boolean"]
    ),
    (head + #""initial": "even", "# + whole, ["a list of probabilities, or \"uniform\" in initial", "'even'"]),
    (head + #""initial": [], "# + whole, ["in initial", "an empty list"]),
    (head + #""initial": [0.5, 0.5], "# + whole, ["4 probabilities in initial", "a list of 2"]),
    (head + #""initial": [[0.5, 0.5]], "# + whole, ["2 lists, one a node in initial", "got 1"]),
    (head + #""initial": [[0.5, 0.5], [1]], "# + whole, ["2 probabilities in initial[1]", "a list of 1"]),
    (head + #""initial": [[0.5, 0.5], [1, 1]], "# + whole, ["sum to 1 in initial[1]", "got 2"]),
    (head + #""initial": [{"x": [0, 0], "q": 1}], "# + whole, ["known keys in initial[0]", "'q'"]),
    (head + #""initial": [{"x": [0, 0]}], "# + whole, ["a key 'p' in initial[0]"]),
    (head + #""initial": [{"x": [0], "p": 1}], "# + whole, ["2 values, one a node in initial[0].x", "a list of 1"]),
    (
      head + #""initial": [{"x": [0, 2], "p": 1}], "# + whole, ["a value of b from 0 to 1 in initial[0].x[1]", "got 2"]
    ),
    (
      head + #""initial": [{"x": [0, 1], "p": 1}, {"x": [0, 1], "p": 0}], "# + whole,
      ["every slice once in initial[1]"]
    ),
    (head + uniform + #""cpts": [[1, 0]]}"#, ["2 tables, one a node in cpts", "got 1"]),
    (
      head + uniform + #""cpts": [[1, 0], {"table": [1, 0], "parent": []}]}"#,
      ["known keys in cpts[1]", "did you mean 'parents'"]
    ),
    (
      head + uniform + #""cpts": [{"table": [1, 0], "node": "c"}, []]}"#, ["the name of a node in cpts[0].node", "'c'"]
    ),
    (head + uniform + #""cpts": [{"table": [1, 0], "node": 2}, []]}"#, ["from 0 to 1 in cpts[0].node", "got 2"]),
    (
      head + uniform + #""cpts": [{"table": [1, 0], "node": 1}, {"table": [1, 0]}]}"#,
      ["one table a node in cpts[1]", "a second one of b"]
    ),
    (head + uniform + #""cpts": {"a": {"table": [1, 0]}}}"#, ["a table for each of 2 nodes in cpts", "none for b"]),
    (
      head + uniform + #""cpts": [{"table": [1, 0], "parents": [0, "a"]}, 1]}"#,
      ["every parent once in cpts[0].parents[1]"]
    ),
    (
      head + uniform + #""cpts": [{"table": [1, 0]}, {"parents": [0, 1], "table": [[1,0],[1,0],[0.5,0.4],[1,0]]}]}"#,
      ["sum to 1 in cpts[1].table row 3", "got 0.9"]
    ),
    (
      head + uniform + #""cpts": [{"table": [1, 0]}, {"parents": [0], "table": [[1,0]]}]}"#,
      ["a list of 2 lists in cpts[1].table"]
    ),
    (
      head + uniform + #""cpts": [{"table": [1, 0]}, {"parents": [0], "table": "all"}]}"#,
      ["probabilities in cpts[1].table", "'all'"]
    ),
    (
      #"{"kind": "multivariate_markov_chain", "spatial_nodes": 1000001, "node_states": 2}"#,
      ["a whole number from 1 to 1000000 in spatial_nodes", "1000001"]
    ),
    (
      #"{"kind": "multivariate_markov_chain", "spatial_nodes": 1000, "node_states": 2, "time_steps": 1001}"#,
      ["a whole number from 1 to 1000 in time_steps", "got 1001"]
    ),
    (
      #"{"kind": "multivariate_markov_chain", "spatial_nodes": 30, "node_states": 2, "time_steps": 2, "initial": [1]}"#,
      ["at most 16777216 slices in initial", "give a list of probabilities a node"]
    ),
    (
      #"{"kind": "multivariate_markov_chain", "spatial_nodes": 13, "node_states": 2, "time_steps": 2, "initial": "uniform", "transition": [1]}"#,
      ["a transition of at most 16777216 numbers in transition", "give 'cpts'"]
    ),
    (
      #"{"kind": "multivariate_markov_chain", "spatial_nodes": 40, "node_states": 2, "time_steps": 2, "initial": "uniform", "cpts": 1}"#,
      ["a list of tables, one a node in cpts", "got 1"]
    ),
    (
      #"{"kind": "multivariate_markov_chain", "spatial_nodes": 1, "node_states": 2, "time_steps": 1000000, "initial": "uniform", "transition": [1, 0, 0, 1, 5]}"#,
      ["4 probabilities in transition", "a list of 5"]
    ),
    (
      #"{"kind": "multivariate_markov_chain", "spatial_nodes": 1, "node_states": 5, "time_steps": 1000000, "initial": "uniform", "transition": [\#(Array(repeating: "[0.2,0.2,0.2,0.2,0.2]", count: 5).joined(separator: ","))]}"#,
      ["tables of at most 16777216 numbers over all time steps", "take fewer time steps"]
    ),
    (
      #"{"kind": "multivariate_markov_chain", "node_states": 2}"#,
      ["one entry a spatial node in node_states", "'spatial_nodes'"]
    ),
    (#"{"kind": "multivariate_markov_chain", "node_states": [2, 0]}"#, ["in node_states[1]", "got 0"]),
    (
      #"{"kind": "multivariate_markov_chain", "node_states": [["u", "u"]]}"#,
      ["every name once in node_states[0][1]", "'u' again"]
    ),
    (
      #"{"kind": "multivariate_markov_chain", "spatial_nodes": ["a"], "node_states": [2, 2]}"#,
      ["1 entries, one a spatial node"]
    ),
    (
      #"{"kind": "multivariate_markov_chain", "spatial_nodes": [""], "node_states": 2}"#,
      ["a name of 1 to 256 bytes without control characters in spatial_nodes[0]"]
    ),
    (
      #"{"kind": "multivariate_markov_chain", "node_states": [2], "time_steps": 1.5}"#,
      ["a whole number", "time_steps", "1.5"]
    ),
    (#"{"kind": "joint_table", "node_states": [2], "table": {}}"#, ["a list of {x, p}", "in table", "an object"]),
    (
      #"{"kind": "joint_table", "node_states": [2, 2], "table": [0.5, 0.5]}"#,
      ["4 probabilities in table", "a list of 2"]
    ),
    (#"{"kind": "joint_table", "node_states": [2], "table": [0.5, 0.4]}"#, ["sum to 1 in the table", "got 0.9"]),
    (
      #"{"kind": "joint_table", "node_states": [2], "table": [{"x": [0], "p": 1}, {"x": [0], "p": 0}]}"#,
      ["every x once in table[1]", "that of table[0] again"]
    ),
    (#"{"kind": "joint_table", "node_states": [2], "table": [{"x": [0], "p": ""}]}"#, ["in table[0]", "got ''"]),
    (
      #"{"kind": "joint_table", "node_states": [2], "table": [0, "2", -1]}"#,
      ["2 probabilities in table", "a list of 3"]
    ),
    (#"{"kind": "joint_table", "node_states": [2], "table": ["2", -1]}"#, ["in table[1]", "got -1"]),
    (head + uniform + #""transition": [[[1]]]}"#, ["4 lists of 4 probabilities, or 16 probabilities in transition"]),
    (
      #"{"kind": "joint_table", "node_states": [["a", "b\u001b"]], "table": [1, 0]}"#,
      ["without control characters in node_states[0][1]"]
    ),
    (
      #"{"kind": "joint_table", "node_states": [2], "time_steps": 1000000, "spatial_nodes": 2, "table": [1]}"#,
      ["2 entries, one a spatial node in node_states", "got 1"]
    ),
    (
      #"{"kind": "joint_table", "node_states": [2, 2], "time_steps": 600000, "table": [1]}"#,
      ["at most 1000000 nodes over all time steps", "2 times 600000"]
    ),
    (
      #"{"kind": "joint_table", "node_states": [2], "time_steps": 21, "table": [1]}"#,
      ["at most 1048576 trajectories in table"]
    ),
    (#"{"kind": "joint_table", "node_states": 2, "table": [1, 0]}"#, ["one entry a spatial node in node_states"]),
    (
      #"{"kind": "joint_table", "node_states": 2, "table": [{"x": [0, 1], "p": 1}, {"x": [0], "p": 1}]}"#,
      ["2 values, one a node in table[1].x", "a list of 1"]
    ),
    (#"{"kind": "bif"}"#, ["a key 'text'"]),
    (#"{"kind": "bif", "text": 5}"#, ["a network as text in text", "got 5"]),
    (#"{"kind": "bif", "text": "variable a\n{ typo }"}"#, ["'type' or a property in the text, line 2", "'typo'"]),
    (#"{"kind": "elementary_ca", "rule": 256}"#, ["a whole number from 0 to 255 in rule", "got 256"]),
    (
      #"{"kind": "elementary_ca", "rule": 1, "ring": 3, "time_steps": 2, "initial": [0, 1]}"#,
      ["3 probabilities in initial", "a list of 2"]
    ),
    (
      #"{"kind": "elementary_ca", "rule": 1, "ring": 3, "time_steps": 2, "initial": [0, 1, "3/2"]}"#,
      ["a probability from 0 to 1 in initial, cell 2", "got '3/2'"]
    ),
    (
      #"{"kind": "elementary_ca", "rule": 1, "ring": 3, "time_steps": 2, "initial": -0.5}"#,
      ["a probability from 0 to 1 in initial", "got -0.5"]
    ),
    (#"{"kind": "life_region", "rows": 1000, "cols": 1001}"#, ["from 1 to 1000 in cols", "got 1001"]),
    (
      #"{"kind": "life_region", "rows": 1, "cols": 2, "time_steps": 1, "initial": [[0], [1]]}"#,
      ["a list of 1 lists in initial", "a list of 2"]
    ),
  ]

  @Test("what is wrong is named with its place", arguments: 0..<broken.count)
  func refused(_ index: Int) {
    let (text, words) = Self.broken[index]
    do throws(FileError) {
      switch try ModelFileTests.read(text) {
      case .markovChain(let description): _ = try description.model(as: Double.self)
      case .bayesianNetwork(let description): _ = try description.model(as: Double.self)
      case .jointTable(let description): _ = try description.model(as: Double.self)
      case .elementaryAutomaton, .lifeRegion: break
      }
      Issue.record("accepted: \(text.prefix(300))")
    } catch {
      for word in words { #expect(error.description.contains(word), "\(error.description)") }
    }
  }

  @Test("a probability that is no exact fraction is refused in exact mode only, with what to write")
  func exact() throws {
    let text =
      Self.head + Self.uniform + #""transition": [[1,0,0,0],[0,1,0,0],[0,0.3333333,0.3333333,0.3333334],[0,0,0,1]]}"#
    let other =
      Self.head + Self.uniform + #""transition": [[1,0,0,0],[0,1,0,0],[0,0.3333333,0.3333333,0.3333333],[0,0,0,1]]}"#
    guard case .markovChain(let good) = try ModelFileTests.read(text),
      case .markovChain(let rounded) = try ModelFileTests.read(other)
    else { return }
    #expect(throws: Never.self) { try good.model(as: Rational.self) }
    #expect(throws: Never.self) { try rounded.model(as: Double.self) }
    let error = #expect(throws: FileError.self) { try rounded.model(as: Rational.self) }
    #expect(error?.description.contains("sum to exactly 1 in transition row 3") == true)
    #expect(error?.description.contains("write fractions as texts such as \"1/3\"") == true)
  }
}
