// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier entities examples`.

internal import ArgumentParser
internal import Espalier

/// Lists the bundled models, or writes one as a file to begin from.
struct EntitiesExamplesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "examples",
    abstract: "The bundled models; with --out one of them as a file to begin from.",
    discussion: """
      A model file is one JSON object; probabilities are numbers or texts such as "97/100". Its kind is one of

        multivariate_markov_chain  spatial_nodes node_states time_steps initial transition|cpts
        joint_table                node_states, table: a list of {"x": values, "p": probability}
        bif                        text: a Bayesian network in the interchange format (a .bif file needs no JSON)
        elementary_ca              rule ring time_steps initial
        life_region                rows cols time_steps initial

      A chain's transition is a row of next slices for each slice, the last variable fastest; cpts has an object for each \
      variable instead: {"node": name, "parents": [names], "table": rows, one for each choice of the parents}.

        espalier entities examples mc-epsilon --out chain.json
        espalier entities chain.json --trajectory 0,0,0,0,0,0
      """)

  @Argument(help: "the model to print or write; without it, the list")
  var name: String?

  @Option(help: ArgumentHelp("write the model to a file", valueName: "file.json"), completion: .file())
  var out: String?

  @Flag(help: "print the list as one JSON object a line") var json = false

  func validate() throws {
    if let name, EntityExample.named(name) == nil {
      throw ValidationError(
        "there is no example '\(name)'; " + Names.advice(for: name, among: EntityExample.all.map(\.name)))
    }
    if json, name != nil { throw ValidationError("--json: expected no name with it; an example is JSON as it is") }
    if out != nil, name == nil { throw ValidationError("--out: expected the name of an example before it") }
  }

  func run() throws {
    guard let name, let example = EntityExample.named(name) else {
      if json {
        for example in EntityExample.all { Output.result(Self.object(example)) }
      } else {
        Output.result(Self.table())
      }
      return
    }
    if let out {
      try OutputFile.write(example.text + "\n", to: out)
      let values = example.trajectory.map { "\($0)" }.joined(separator: ",")
      Output.talk("\(example.summary)\nmodel in \(out); try: espalier entities \(out) --trajectory \(values)")
    } else {
      Output.result(example.text)
    }
  }

  private static func object(_ example: EntityExample) -> JSONValue {
    [
      "name": .string(example.name), "summary": .string(example.summary),
      "trajectory": .array(example.trajectory.map { .integer($0) }),
    ]
  }

  private static func table() -> String {
    var table = TextTable([.left, .left])
    for example in EntityExample.all { table.add([example.name, example.summary]) }
    return table.text()
  }
}
