// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of reading Bayesian networks.

import Datasets
import Entities
import Testing

@Suite("Models from the interchange format")
struct BIFTests {
  /// The network of chest complaints.
  ///
  /// Source: S. L. Lauritzen, D. J. Spiegelhalter, *Local computations with probabilities on graphical structures*, JRSS B 50, 1988.
  static let asia = """
    network unknown { property "made; by hand" ; }
    // the declarations' order is the nodes'
    variable asia { type discrete [ 2 ] { yes, no }; property position = (73, 165) ; }
    variable tub { type discrete[2]{ yes, no }; }
    variable smoke { type discrete [ 2 ] { yes, no }; }
    variable lung { type discrete [ 2 ] { yes, no }; }
    variable "bronc" { type discrete [ 2 ] { "yes" "no" }; }
    variable either { type discrete [ 2 ] { yes, no }; }
    variable xray { type discrete [ 2 ] { yes, no }; }
    variable dysp { type discrete [ 2 ] { yes, no }; }
    probability ( asia ) { table 0.01, 0.99; }
    probability ( tub | asia ) {
      (yes) 0.05, 0.95;
      (no) 0.01, 0.99;
    }
    /* a comment
       of two lines */
    probability ( smoke ) { table .5 .5; }
    probability ( lung | smoke ) { (no) 1e-2, 0.99; (yes) 0.1, 0.9; }
    probability ( bronc | smoke ) { table 0.6, 0.3, 0.4, 0.7; }
    probability ( either | lung, tub ) {
      default 1.0, 0.0;
      (no, no) 0.0, 1.0;
    }
    probability ( xray | either ) { (yes) 0.98, 0.02; (no) 0.05, 0.95; }
    probability ( dysp | bronc, either ) {
      (yes, yes) 0.9, 0.1;
      (no, yes) 0.7, 0.3;
      (yes, no) 0.8, 0.2;
      (no, no) 0.1, 0.9;
    }
    """

  static func read(_ text: String) throws(FileError) -> BayesianNetworkDescription {
    guard case .bayesianNetwork(let network) = try ModelFile.read(bytes: Array(text.utf8), path: "n.bif") else {
      throw .missing(path: "a network")
    }
    return network
  }

  @Test("ASIA has its known marginals")
  func asia() throws {
    let description = try Self.read(Self.asia)
    let network = try description.model(as: Double.self)
    #expect(network.nodes.map(\.name) == ["asia", "tub", "smoke", "lung", "bronc", "either", "xray", "dysp"])
    #expect(network.nodes.allSatisfy { $0.stateNames == ["yes", "no"] } && description.notes == [])
    let known = [0.01, 0.0104, 0.5, 0.055, 0.45, 0.064828, 0.11029004, 0.4359706]
    for (node, wanted) in known.enumerated() {
      let got = try network.probability(of: SpatiotemporalPattern(nodes: [node], values: [0]))
      #expect(abs(got - wanted) < 1e-9, "\(network.nodes[node].name)")
    }
    // A smoker with short breath: p = p(smoke) Σ p(bronc | smoke) p(either | smoke) p(dysp | bronc, either).
    let either = 0.1 + 0.0104 - 0.1 * 0.0104
    let breath = 0.6 * (either * 0.9 + (1 - either) * 0.8) + 0.4 * (either * 0.7 + (1 - either) * 0.1)
    let got = try network.probability(of: SpatiotemporalPattern(nodes: [2, 7], values: [0, 0]))
    #expect(abs(got - 0.5 * breath) < 1e-12)
    let exact = try description.model(as: Rational.self)
    #expect(
      try exact.probability(of: SpatiotemporalPattern(nodes: [7], values: [0])) == Rational(4_359_706, 10_000_000))
  }

  @Test("a network inside JSON is the same network")
  func insideJSON() throws {
    let text = Self.asia.replacing("\\", with: "").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    let json = "{\"kind\": \"bif\", \"text\": \"\(text)\"}"
    guard case .bayesianNetwork(let inside) = try ModelFile.read(bytes: Array(json.utf8), path: "n.json") else {
      Issue.record("no network")
      return
    }
    let alone = try Self.read(Self.asia)
    #expect(inside.nodes == alone.nodes)
    #expect(inside.tables.map(\.values) == alone.tables.map(\.values))
  }

  @Test("a conditional table counts the node's own values slowest, as its rows would say")
  func order() throws {
    let head = """
      variable a { type discrete [ 3 ] { x, y, z }; } variable b { type discrete [ 2 ] { u, v }; }
      variable c { type discrete [ 2 ] { l, r }; }
      probability ( a ) { table 0.2 0.3 0.5; } probability ( b ) { table 0.5 0.5; }

      """
    let rows = try Self.read(
      head + """
        probability ( c | b, a ) { (u, x) .1 .9; (u, y) .2 .8; (u, z) .3 .7; (v, x) .4 .6; (v, y) .5 .5; (v, z) .6 .4; }
        """)
    let whole = try Self.read(head + "probability ( c | b a ) { table .1 .2 .3 .4 .5 .6 .9 .8 .7 .6 .5 .4; }")
    #expect(rows.tables[2].values == whole.tables[2].values && rows.tables[2].parents == [1, 0])
    #expect(try rows.model(as: Double.self).tables == whole.model(as: Double.self).tables)
  }

  @Test("rounded rows are rescaled as Double within what their decimals explain, and refused exactly")
  func rounding() throws {
    func network(_ row: String) throws(FileError) -> BayesianNetworkDescription {
      try Self.read("variable a { type discrete [ 3 ] { x, y, z }; }\nprobability ( a ) { table \(row); }")
    }
    let thirds = try network("0.3333, 0.3333, 0.3333")
    let values = try thirds.model(as: Double.self).tables[0].values
    #expect(values.allSatisfy { abs($0 - 1.0 / 3) < 1e-15 })
    #expect(thirds.notes == ["1 rows of rounded numbers, off 1 by at most 0.0001, are rescaled"])
    #expect(throws: FileError.self) { try thirds.model(as: Rational.self) }
    #expect(throws: Never.self) { try network("0.33, 0.33, 0.33").model(as: Double.self) }
    #expect(throws: Never.self) { try network("0.25, 0.25, 0.5").model(as: Rational.self) }
    for row in ["0.3333, 0.3333, 0.3330", "0.5, 0.4, 0.0", "0.333, 0.333, 0.4"] {
      #expect(throws: FileError.self, "\(row)") { try network(row).model(as: Double.self) }
    }
  }

  /// What is wrong, and what the message must name.
  static let broken: [(text: String, words: [String])] = {
    let a = "variable a { type discrete [ 2 ] { x, y }; }\n"
    let b = "variable b { type discrete [ 2 ] { u, v }; }\n"
    let p = "probability ( a ) { table 0.5, 0.5; }\n"
    return [
      ("", ["a model", "an empty file"]),
      ("   \n", ["a model", "an empty file"]),
      ("// nothing", ["at least one variable"]),
      ("hello", ["'network', 'variable' or 'probability' in line 1", "'hello'"]),
      (a, ["probability ( a ...", "got none"]),
      (a + p + p, ["one table a variable in line 3", "a second one of a"]),
      (a + a, ["every variable once in line 2", "'a' again"]),
      (a + "probability ( c ) { table 1, 0; }", ["declared in line 2", "'c'"]),
      (a + b + p + "probability ( b | aa ) { }", ["declared in line 4", "did you mean 'a'"]),
      (
        a + b + p + "probability ( b | a ) { (x) 1, 0; }",
        ["each of the 2 choices", "p(b | a) in line 4", "none for (y)"]
      ),
      (a + b + p + "probability ( b | a ) {\n(x) 1, 0;\n(x) 1, 0; }", ["every row once in line 6", "(x) again"]),
      (a + b + p + "probability ( b | a ) {\n(z) 1, 0; }", ["a state of a in line 5", "'z'"]),
      (a + b + p + "probability ( b | a ) {\n(x, y) 1, 0; }", ["1 values of the parents in line 5", "got 2"]),
      (a + b + p + "probability ( b | a ) {\n(x) 1; }", ["2 probabilities in line 5", "got 1"]),
      (a + b + p + "probability ( b | a ) {\ntable 1, 0; }", ["4 probabilities of p(b | a) in line 5", "got 2"]),
      (a + b + p + "probability ( b | a ) {\ntable 1,1,0,0;\n(x) 1,0; }", ["a 'table' alone in line 5"]),
      (a + b + p + "probability ( b | b ) { default 1, 0; }", ["every variable once in line 4"]),
      (
        a + b + p + "probability ( b | a ) {\n(x) .5, .4; (y) 1, 0; }",
        ["sum to 1 in p(b | a) row 1, line 5", "got 0.9"]
      ),
      (a + "probability ( a ) { table 0.5, -0.5; }", ["a probability such as 0.25 in line 2", "'-0.5'"]),
      (a + "probability ( a ) { table 0.5, nan; }", ["a probability such as 0.25 in line 2", "'nan'"]),
      (a + "probability ( a ) { table 0.5, 1e999; }", ["a probability such as 0.25 in line 2", "'1e999'"]),
      (a + "probability ( a ) { table 0.5, 0.5 }", ["line 2", "'}'"]),
      (a + "probability ( a ) { table 0.5, 0.5;", ["a row '(values) numbers;'", "the end of the text"]),
      (a + "probability ( a ) { default 0.5, 0.5; default 0.5, 0.5; }", ["one 'default'", "'default'"]),
      ("variable a { type discrete [ 3 ] { x, y }; }", ["3 names of states in line 1", "got 2"]),
      ("variable a { type discrete [ 0 ] { }; }", ["a number of states of at least 1", "'0'"]),
      ("variable a { type discrete [ 99999999999999999999 ] { x }; }", ["a number of states", "'9999"]),
      ("variable a { type discrete [ 2 ] { x, x }; }", ["every state once in line 1", "'x' again"]),
      ("variable a { type continuous; }", ["'discrete' in line 1", "'continuous'"]),
      ("\nvariable \"a\u{1b}\" { }", ["a name without control characters in line 2"]),
      ("variable a { }", ["the type of a in line 1", "'}'"]),
      ("variable \"a { }\n\n", ["a closing quote in line 1", "the end of the text"]),
      ("variable a { property x", ["a ';' after the property of line 1"]),
      ("\n/* for ever", ["the end of the comment in line 2"]),
      (
        a + b + "probability ( a | b ) { default 1, 0; }\nprobability ( b | a ) { default 1, 0; }",
        ["no cycles in the graph of parents", "a cycle among or above"]
      ),
    ]
  }()

  @Test("what is wrong is named with its line", arguments: 0..<broken.count)
  func refused(_ index: Int) {
    let (text, words) = Self.broken[index]
    do {
      _ = try Self.read(text).model(as: Double.self)
      Issue.record("accepted: \(text)")
    } catch {
      for word in words { #expect("\(error)".contains(word), "\(error)") }
    }
  }

  @Test("sizes are refused before memory is taken")
  func sizes() {
    let states = (0..<100).map { "s\($0)" }.joined(separator: ", ")
    let variables = (0..<5).map { "variable v\($0) { type discrete [ 100 ] { \(states) }; }" }.joined(separator: "\n")
    let roots = (1..<5).map { "probability ( v\($0) ) { default \(states.replacing(/s\d+/, with: "0.01")); }" }
    func read(_ parents: String) -> String {
      let table = "probability ( v0 | \(parents) ) { default \(states.replacing(/s\d+/, with: "0.01")); }"
      do {
        _ = try Self.read(variables + "\n" + roots.joined(separator: "\n") + table)
        return "accepted"
      } catch { return "\(error)" }
    }
    #expect(read("v1") == "accepted")
    #expect(read("v1, v2") == "accepted")
    #expect(read("v1, v2, v3").contains("a table of at most 16777216 numbers in line 9"))
    #expect(read("v1, v2, v3, v4").contains("a table of at most 16777216 numbers"))
  }
}
