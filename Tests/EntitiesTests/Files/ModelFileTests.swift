// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of reading models from JSON.

import Datasets
import Entities
import Testing

@Suite("Models from JSON")
struct ModelFileTests {
  static func read(_ text: String) throws(FileError) -> ModelDescription {
    try ModelFile.read(bytes: Array(text.utf8), path: "m.json")
  }

  private func chain(_ rest: String) throws -> MarkovChainDescription {
    let text = #"{"kind": "multivariate_markov_chain", \(rest)}"#.replacing(#"\(rest)"#, with: rest)
    guard case .markovChain(let description) = try Self.read(text) else { throw Wrong() }
    return description
  }

  private struct Wrong: Error {}

  /// The transition of the chain with small interactions, as rows of texts.
  static let rows = (0..<4).map { row in
    "[" + (0..<4).map { $0 == row ? "\"97/100\"" : "0.01" }.joined(separator: ",") + "]"
  }.joined(separator: ",")

  @Test("a joint transition, however it is written, is the chain built by hand")
  func jointTransition() throws {
    let hand = try ExampleModels.epsilon(0.01)
    let flat = (0..<16).map { $0 / 4 == $0 % 4 ? "0.97" : "\"1/100\"" }.joined(separator: ",")
    let listed = (0..<16).map { index in
      let (from, to) = (index / 4, index % 4)
      return
        "{\"from\": [\(from / 2), \(from % 2)], \"to\": [\(to / 2), \(to % 2)], \"p\": \(from == to ? 0.97 : 0.01)}"
    }.joined(separator: ",")
    let heads = [
      #""spatial_nodes": 2, "node_states": 2, "time_steps": 3"#,
      #""spatial_nodes": ["a", "b"], "node_states": [2, 2], "time_steps": 3"#,
      #""node_states": [["off", "on"], 2], "time_steps": 3"#,
    ]
    let laws = [
      #""uniform""#, "[0.25, 0.25, 0.25, 0.25]", #"["1/4", 0.25, "0.25", "25e-2"]"#, "[[0.5, 0.5], [0.5, \"1/2\"]]",
      #"[{"x": [0, 0], "p": 0.25}, {"x": [0, 1], "p": 0.25}, {"x": [1, 1], "p": 0.25}, {"x": [1, 0], "p": 0.25}]"#,
    ]
    for head in heads {
      for law in laws {
        for transition in ["[\(Self.rows)]", "[\(flat)]", "[\(listed)]"] {
          let read = try chain("\(head), \"initial\": \(law), \"transition\": \(transition)").model(as: Double.self)
          #expect(read.nodes.map(\.stateCount) == hand.nodes.map(\.stateCount))
          #expect(read.nodes.map(\.time) == [0, 0, 1, 1, 2, 2] && read.nodes.map(\.place) == [0, 1, 0, 1, 0, 1])
          for trajectory in try hand.trajectories(limit: 64) {
            let pattern = SpatiotemporalPattern(trajectory: trajectory.values)
            #expect(abs(try read.probability(of: pattern) - trajectory.probability) < 1e-15)
          }
        }
      }
    }
  }

  @Test("exactly: probabilities of the chain with small interactions are the published fractions")
  func exact() throws {
    let description = try chain(
      #""spatial_nodes": 2, "node_states": 2, "time_steps": 3, "initial": "uniform", "transition": [\(Self.rows)]"#
        .replacing(#"\(Self.rows)"#, with: Self.rows))
    let exact = try description.model(as: Rational.self).trajectories(limit: 64)
    #expect(exact.count == 64)
    #expect(
      Set(exact.map(\.probability)) == [Rational(9409, 40_000), Rational(97, 40_000), Rational(1, 40_000)])
    let fast = try description.model(as: Double.self).trajectories(limit: 64)
    for (left, right) in zip(exact, fast) {
      #expect(left.values == right.values && abs(left.probability.approximation - right.probability) < 1e-15)
    }
  }

  @Test("tables a variable, in every form, are the factored chain built by hand")
  func tables() throws {
    let variables = [ModelNode("a", states: 2, place: 0), ModelNode("b", states: 3, place: 1)]
    let first = ConditionalTable(nodes: [0], parents: [1], values: [0.5, 0.5, 0.25, 0.75, 1, 0])
    let all: [Double] = [0.2, 0.3, 0.5, 0.1, 0.1, 0.8, 0, 0, 1, 1, 0, 0, 0.5, 0.25, 0.25, 0.125, 0.125, 0.75]
    let second = ConditionalTable(nodes: [1], parents: [0, 1], values: all)
    let hand = try MultivariateMarkovChain(
      variables: variables, timeSteps: 3,
      initial: [
        ConditionalTable(nodes: [0], values: [0.1, 0.9]), ConditionalTable(nodes: [1], values: [0.2, 0.2, 0.6]),
      ],
      transition: .factored([first, second]))
    func rows(_ width: Int, _ values: [Double]) -> String {
      let parts = stride(from: 0, to: values.count, by: width).map { "\(Array(values[$0..<$0 + width]))" }
      return "[" + parts.joined(separator: ", ") + "]"
    }
    let (a, b) = (rows(2, first.values), rows(3, all))
    let nested = "[\(rows(3, Array(all[..<9]))), \(rows(3, Array(all[9...])))]"
    // The second variable's table given its parents in the other order.
    let swapped = rows(3, (0..<6).flatMap { row in all[(row % 2 * 3 + row / 2) * 3..<(row % 2 * 3 + row / 2) * 3 + 3] })
    let forms = [
      #"[{"parents": [1], "table": A}, {"parents": [0, 1], "table": B}]"#,
      #"[{"parents": ["b"], "table": A}, B]"#,
      #"[{"node": "b", "table": B}, {"name": "a", "parents": [1], "table": A}]"#,
      #"[{"node": 1, "parents": ["a", "b"], "table": C}, {"node": 0, "parents": [1], "table": A}]"#,
      #"{"b": {"parents": ["b", "a"], "table": D}, "a": {"parents": ["b"], "table": A}}"#,
    ]
    for form in forms {
      let text = form.replacing("A}", with: a + "}").replacing("B", with: b).replacing("C", with: nested)
        .replacing("D", with: swapped)
      let read = try chain(
        #""spatial_nodes": ["a", "b"], "node_states": [2, 3], "time_steps": 3, "initial": [[0.1, 0.9], [0.2, 0.2, 0.6]], "#
          + "\"cpts\": \(text)"
      ).model(as: Double.self)
      #expect(read.network.tables == hand.network.tables || form.contains("D"))
      for trajectory in try hand.trajectories(limit: 1000) {
        let pattern = SpatiotemporalPattern(trajectory: trajectory.values)
        #expect(abs(try read.probability(of: pattern) - trajectory.probability) < 1e-15)
      }
      #expect(read.nodes.map(\.name) == ["a@0", "b@0", "a@1", "b@1", "a@2", "b@2"])
    }
    let still = try chain(
      #""node_states": [2, 2], "time_steps": 2, "initial": "uniform", "cpts": [{"table": [0.1, 0.9]}, {"table": [[1, 0]]}]"#
    )
    #expect(still.transition.map(\.parents) == [[], []])
  }

  @Test("joint tables: listed or whole, named states, over time")
  func jointTables() throws {
    func table(_ text: String) throws -> JointTableDescription {
      guard case .jointTable(let description) = try Self.read(#"{"kind": "joint_table", "# + text + "}") else {
        throw Wrong()
      }
      return description
    }
    let listed = try table(
      #""node_states": [2, ["no", "yes"]], "table": [{"x": [1, "yes"], "p": "2/3"}, {"x": [0, 0], "p": "1/3"}]"#)
    let exact = try listed.model(as: Rational.self)
    #expect(exact.entries.map(\.values) == [[0, 0], [1, 1]])
    #expect(exact.entries.map(\.probability) == [Rational(1, 3), Rational(2, 3)])
    let whole = try table(#""node_states": [2, 3], "table": [0, 0.25, 0, 0.5, 0, 0.25]"#).model(as: Double.self)
    #expect(whole.entries.map(\.values) == [[0, 1], [1, 0], [1, 2]])
    #expect(whole.entries.map(\.probability) == [0.25, 0.5, 0.25])
    #expect(whole.nodes.map(\.name) == ["x0", "x1"] && whole.timeSteps == 1)
    for text in [
      #""spatial_nodes": 1, "node_states": 2, "time_steps": 3, "table": [{"x": [0, 1, 0], "p": 1}]"#,
      #""node_states": [2], "time_steps": 3, "table": [{"x": [0, 1, 0], "p": 1}]"#,
      #""node_states": [2, 2, 2], "time_steps": 3, "table": [{"x": [0, 1, 0], "p": 1}]"#,
      #""node_states": 2, "time_steps": 3, "table": [{"x": [0, 1, 0], "p": 1}]"#,
      #""spatial_nodes": 1, "node_states": [2, 2, 2], "time_steps": 3, "table": [0, 0, 1, 0, 0, 0, 0, 0]"#,
    ] {
      let model = try table(text).model(as: Double.self)
      #expect(model.nodes.map(\.name) == ["x0@0", "x0@1", "x0@2"])
      #expect(model.entries == [Trajectory(values: [0, 1, 0], probability: 1)])
      #expect(model.nodes.map(\.time) == [0, 1, 2] && model.nodes.map(\.place) == [0, 0, 0])
    }
  }

  @Test("cellular automata: a density or a probability a cell")
  func automata() throws {
    guard
      case .elementaryAutomaton(let rule) = try Self.read(
        #"{"kind": "elementary_ca", "rule": 110, "ring": 3, "time_steps": 4, "initial": "1/3"}"#),
      case .lifeRegion(let life) = try Self.read(
        #"{"kind": "life_region", "rows": 2, "cols": 3, "time_steps": 2, "initial": [[0, 1, 0.5], [1, 1, "0"]]}"#)
    else { throw Wrong() }
    #expect(rule == ElementaryAutomatonDescription(rule: 110, ring: 3, timeSteps: 4, initial: .density(.text("1/3"))))
    let cells: [ProbabilityLiteral] = [.number(0), .number(1), .number(0.5), .number(1), .number(1), .text("0")]
    #expect(life == LifeRegionDescription(rows: 2, columns: 3, timeSteps: 2, initial: .cells(cells)))
    guard
      case .elementaryAutomaton(let other) = try Self.read(
        #"{"kind": "elementary_ca", "rule": 30, "ring": 2, "time_steps": 1, "initial": [0, 1]}"#)
    else { throw Wrong() }
    #expect(other.initial == .cells([.number(0), .number(1)]))
  }
}
