// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of `espalier entities`.

import ArgumentParser
import Datasets
import Entities
import Testing

@testable import EspalierCommand

@Suite("espalier entities")
struct EntitiesTests {
  private func find(_ arguments: String...) throws -> [EntitiesReport] {
    try EntitiesFindCommand.parse(arguments).execute()
  }

  private func object(_ report: EntitiesReport) throws -> JSONValue {
    var text = ""
    report.json(top: nil) { text += $0 }
    return try JSONValue(parsing: text)
  }

  private func status(_ arguments: String...) -> CommandStatus? {
    Workplace.status { _ = try EntitiesFindCommand.parse(arguments).execute() }
  }

  @Test("the command's words are the ones committed (ESPALIER_RECORD=1 commits them anew)")
  func words() throws {
    let help = [
      EntitiesCommand.helpMessage(columns: 100), EntitiesFindCommand.helpMessage(columns: 100),
      EntitiesActionsCommand.helpMessage(columns: 100), EntitiesVerdictCommand.helpMessage(columns: 100),
      EntitiesGrowCommand.helpMessage(columns: 100), EntitiesSeriesCommand.helpMessage(columns: 100),
      EntitiesScanCommand.helpMessage(columns: 100), EntitiesExamplesCommand.helpMessage(columns: 100),
      EntitiesBenchCommand.helpMessage(columns: 100),
    ].joined(separator: "\n\n")
    #expect(try Workplace.snapshot("entities-help.txt", help + "\n") == help + "\n")
    let report = try find("--example", "mc-epsilon", "--partition", "0,2,4|1,3,5", "--top", "7")[0].text(top: 7)
    #expect(try Workplace.snapshot("entities-find.txt", report) == report)
    let exact = try find("--example", "weather", "--exact")[0].text(top: 20)
    #expect(try Workplace.snapshot("entities-exact.txt", exact) == exact)
    let actions = try EntitiesActionsCommand.parse(["--example", "thermostat", "--variables", "heater"]).execute().text
    #expect(try Workplace.snapshot("entities-actions.txt", actions) == actions)
  }

  @Test("the JSON object has the trajectory's p, integration, entities and levels, rising")
  func json() throws {
    let report = try find("--example", "mc-epsilon", "--trajectory", "0,0,0,0,0,0", "--json")
    let json = try object(report[0])
    #expect(json.asObject?.prefix(5).map(\.key) == ["p", "cli_bits", "argmin", "entities", "levels"])
    #expect(abs((json["p"]?.asDouble ?? 0) - 0.235225) < 1e-12)
    #expect(abs((json["cli_bits"]?.asDouble ?? 0) - 0.0286986874) < 1e-9)
    let entities = try #require(json["entities"]?.asArray)
    #expect(entities.count == 22)
    #expect(entities[0].asObject?.map(\.key) == ["nodes", "values", "p", "cli_bits", "argmin"])
    #expect(entities[0]["nodes"] == [0, 2] && entities[0]["argmin"] == [[0], [2]])
    #expect(entities[21]["nodes"] == [0, 1, 2, 3, 4, 5] && entities[21]["argmin"] == [[0, 2, 4], [1, 3, 5]])
    let levels = try #require(json["levels"]?.asArray)
    #expect(levels.compactMap { $0["partitions"]?.asInt } == [1, 1, 4, 8, 2, 4, 4, 32, 8, 20, 2, 5, 52, 26, 34])
    #expect(levels.compactMap { $0["refinement_free"]?.asInt } == [1, 1, 4, 4, 2, 2, 2, 6, 4, 4, 1, 1, 4, 2, 1])
    let bits = levels.compactMap { $0["sli_bits"]?.asDouble }
    #expect(bits == bits.sorted() && bits[0] == 0 && json["levels_complete"] == true)
  }

  @Test("exact fractions say the same and show the fractions")
  func exact() throws {
    let (rounded, exact) = (try find("--example", "mc-equal")[0], try find("--example", "mc-equal", "--exact")[0])
    #expect(rounded.rows.map(\.entity.pattern) == exact.rows.map(\.entity.pattern) && exact.rows.count == 8)
    #expect(try object(exact)["cli_ratio"] == "1" && object(exact)["p_exact"] == "1/4")
    #expect(exact.hierarchy?.levels.map(\.partitions) == [2, 18, 71, 78, 34])
    #expect(status("--example", "rule-110", "--exact") == .usage)
  }

  @Test("trajectories are chosen by values, names, files, probability, all of them, or by lot")
  func choices() throws {
    #expect(try find("--example", "mc-epsilon", "--trajectory", "all", "--levels", "0").count == 64)
    #expect(try find("--example", "mc-epsilon", "--trajectory", "most-probable")[0].trajectory == [0, 0, 0, 0, 0, 0])
    let drawn = try find("--example", "mc-epsilon", "--trajectory", "sample:5", "--seed", "3").map(\.trajectory)
    #expect(drawn.count == 5)
    #expect(try find("--example", "mc-epsilon", "--trajectory", "sample:5", "--seed", "3").map(\.trajectory) == drawn)
    let named = try find("--example", "wind", "--trajectory", "0,east,1,still,1,still")
    #expect(named[0].trajectory == [0, 1, 1, 0, 1, 0])
    try Workplace.withFolder { folder in
      let path = Paths.join(folder, "values.txt")
      try OutputFile.write("0 0\n0 0\n0 1\n", to: path)
      #expect(try find("--example", "mc-epsilon", "--trajectory", "@" + path)[0].trajectory == [0, 0, 0, 0, 0, 1])
      #expect(status("--example", "mc-epsilon", "--trajectory", "@" + path + "x") == .inputMissing)
    }
    let part = try find("--example", "mc-epsilon", "--nodes", "x0@0,x0@1,4")[0]
    #expect(part.pattern.nodes == [0, 2, 4] && part.rows.count == 4)
  }

  @Test("examples can be written, read back, and are what they say")
  func examples() throws {
    try Workplace.withFolder { folder in
      for example in EntityExample.all {
        let path = Paths.join(folder, example.name + ".json")
        _ = try EntitiesExamplesCommand.parse([example.name, "--out", path])
        try OutputFile.write(example.text, to: path)
        let model = try ModelFile.read(path).model(as: Double.self, path: path)
        try model.check(trajectory: example.trajectory)
        if example.name != "life" {
          #expect(
            try model.probability(of: SpatiotemporalPattern(trajectory: example.trajectory)) > 0, "\(example.name)")
        }
        #expect(throws: Never.self) { try ModelFile.read(path).model(as: Rational.self, path: path) }
      }
    }
    #expect(try find("--example", "trap")[0].rows.isEmpty)
    #expect(try find("--example", "xor")[0].rows.count == 1)
  }

  @Test("tables and pictures are written, and only for one trajectory")
  func files() throws {
    try Workplace.withFolder { folder in
      let paths = ["e.csv", "e.svg", "h.svg", "h.dot"].map { Paths.join(folder, $0) }
      try EntitiesFindCommand.parse([
        "--example", "mc-epsilon", "--json", "--csv", paths[0], "--svg", paths[1], "--hasse", paths[2],
      ]).run()
      let lines = try Workplace.text(paths[0]).split(separator: "\n")
      #expect(lines.count == 23 && lines[0] == "nodes,names,values,p,cli_bits,argmin")
      #expect(lines[1].hasPrefix("0 2,x0@0 x0@1,0 0,0.49,0.97085365"))
      #expect(lines[22].hasSuffix("\"0,2,4|1,3,5\""))
      #expect(try Workplace.text(paths[1]).contains("ι = 0.970854 bits"))
      #expect(try Workplace.text(paths[2]).contains("3.912113"))
      try EntitiesFindCommand.parse(["--example", "mc-epsilon", "--hasse", paths[3]]).run()
      #expect(try Workplace.text(paths[3]).hasPrefix("digraph"))
      #expect(
        Workplace.status {
          try EntitiesFindCommand.parse(["--example", "mc-epsilon", "--trajectory", "all", "--svg", paths[1]]).run()
        } == .usage)
      #expect(
        Workplace.status {
          try EntitiesFindCommand.parse(["--example", "mc-epsilon", "--svg", paths[1], "--mark", "23"]).run()
        } == .usage)
    }
  }

  @Test("what is wrong with a call has its exit code")
  func mistakes() throws {
    #expect(status() == .usage)
    #expect(status("none.json") == .inputMissing)
    #expect(status("--example", "nothing") == .usage)
    #expect(status("a.json", "--example", "trap") == .usage)
    #expect(status("--example", "mc-equal", "--trajectory", "0,0,1,0,0,0") == .usage)
    #expect(status("--example", "mc-equal", "--trajectory", "0,0") == .usage)
    #expect(status("--example", "mc-equal", "--trajectory", "0,0,0,0,0,2") == .usage)
    #expect(status("--example", "mc-equal", "--partition", "0,1|2") == .usage)
    #expect(status("--example", "mc-equal", "--partition", "0,0,1|2,3,4,5") == .usage)
    #expect(status("--example", "mc-equal", "--nodes", "x9") == .usage)
    #expect(status("--example", "rule-110", "--levels", "all") == .usage)
    #expect(status("--example", "mc-equal", "--svg", "picture.png") == .usage)
    try Workplace.withFolder { folder in
      let path = Paths.join(folder, "bad.json")
      try OutputFile.write(
        #"{"kind": "joint_table", "node_states": 2, "table": [{"x": [0], "p": 0.5}, {"x": [1], "p": 0.4}]}"#, to: path)
      #expect(status(path) == .badData)
      try OutputFile.write(#"{"kind": "joint_table"#, to: path)
      #expect(status(path) == .badData)
    }
  }
}
