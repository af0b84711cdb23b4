// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of the other commands of `espalier entities`.

import ArgumentParser
import Datasets
import Entities
import SparseCore
import Testing

@testable import EspalierCommand

@Suite("espalier entities: actions, verdicts, regions, windows and samples")
struct EntitiesMoreTests {
  @Test("the thermostat's heater tells cold rooms from others while it is off, and acts")
  func thermostat() throws {
    let arguments = ["--example", "thermostat", "--variables", "heater", "--exact"]
    let json = try JSONValue(parsing: EntitiesActionsCommand.parse(arguments).execute().json.text())
    #expect(json["entities"]?.asArray?.count == 8 && json["interpenetration"] == JSONValue.null)
    let steps = try #require(json["steps"]?.asArray)
    #expect(steps.count == 16 && steps.allSatisfy { ($0["acting"]?.asInt ?? 0) > 0 })
    let perceptions = try #require(steps[0]["perceptions"]?.asArray)
    #expect(perceptions.map { $0["environments"]?.asArray?.count } == [1, 2])
    #expect(perceptions[0]["branch_morph"] == ["1/10", "9/10"])
    let loose = try EntitiesActionsCommand.parse(arguments + ["--tolerance", "0.8"]).execute()
    #expect(loose.json["steps"]?.asArray?.allSatisfy { $0["perceptions"]?.asArray?.count == 1 } == true)
  }

  @Test("ι-entities interpenetrate, and then nothing is perceived; a selection of rows does not")
  func interpenetration() throws {
    let all = try EntitiesActionsCommand.parse(["--example", "mc-epsilon"]).execute()
    #expect(all.json["entities"]?.asArray?.count == 72 && all.json["interpenetration"]?.asObject != nil)
    #expect(all.json["steps"]?.asArray?.first?["perceptions"] == JSONValue.null)
    #expect(all.text.contains("perceptions not defined"))
    let rows = ["--example", "mc-equal", "--select", "spanning", "--select", "at-least:3"]
    let some = try EntitiesActionsCommand.parse(rows).execute()
    #expect(some.json["entities"]?.asArray?.count == 4 && some.json["interpenetration"] == JSONValue.null)
    let blocks = try EntitiesActionsCommand.parse(["--example", "mc-equal", "--select", "partition:1"]).execute()
    #expect(blocks.json["entities"]?.asArray?.count == 4)
    let own = ["--example", "mc-equal", "--pattern", "x0@0=0,x0@1=0", "--pattern", "0=1,2=1"]
    #expect(try EntitiesActionsCommand.parse(own).execute().json["entities"]?.asArray?.count == 2)
    #expect(
      Workplace.status {
        _ = try EntitiesActionsCommand.parse(["--example", "mc-equal", "--pattern", "0=0,2=1"]).execute()
      } == .usage)
    for rule in ["top:0", "above:x", "largest", "partition"] {
      #expect(Workplace.status { _ = try EntitiesActionsCommand.parse(["--select", rule]) } == .usage)
    }
  }

  @Test("verdicts say what was proved, and long chains are judged")
  func verdicts() throws {
    let epsilon = try EntitiesVerdictCommand.parse(["--example", "mc-epsilon"]).execute()
    #expect(epsilon[0].verdict.isEntity == true)
    let trap = try EntitiesVerdictCommand.parse(["--example", "trap"]).execute()
    #expect(EntitiesVerdictCommand.text(trap[0].verdict, trap[0].pattern).contains("SLI -0.058894 bits at 0|1|2"))
    #expect(EntitiesVerdictCommand.object(trap[0].verdict)["verdict"] == "refuted")
    try Workplace.withFolder { folder in
      let path = Paths.join(folder, "long.json")
      try OutputFile.write(
        """
        {"kind": "multivariate_markov_chain", "spatial_nodes": 1, "node_states": 2, "time_steps": 300,
         "initial": ["1/2", "1/2"], "transition": [["9/10", "1/10"], ["1/10", "9/10"]]}
        """, to: path)
      let values = [String](repeating: "1", count: 300).joined(separator: ",")
      let long = try EntitiesVerdictCommand.parse([path, "--trajectory", values]).execute()
      guard case .proved(let least, let most, let method) = long[0].verdict else {
        Issue.record("expected a proof, got \(long[0].verdict)")
        return
      }
      #expect(method == .pathCover && least == most && abs(least - (1 + Double(0.9).logarithm)) < 1e-9)
    }
  }

  @Test("regions and windows are found by their commands")
  func regions() throws {
    let grown = try EntitiesGrowCommand.parse(["--example", "mc-epsilon", "--most-nodes", "6"]).execute()
    #expect(grown.entities.count == 22 && grown.regions >= 1)
    let scan = try EntitiesScanCommand.parse(["--rule", "90", "--ring", "12", "--steps", "2", "--width", "3"]).execute()
    #expect(scan.windows.count == 12)
    for window in scan.windows {
      let nodes = scan.automaton.window(at: window.cell, width: 3)
      let trajectory = try scan.automaton.trajectory(from: scan.first)
      let judged = try LocalIntegration(
        of: SpatiotemporalPattern(nodes: nodes, values: nodes.map { trajectory[$0] }), in: scan.automaton)
      #expect(abs((judged.complete ?? 0) - window.integration) < 1e-12 && judged.entityCount == window.entities)
    }
    for wrong in [
      ["--rule", "300"], ["--steps", "7"], ["--cells", "0102"], ["--initial", "1.5"], ["--width", "0"],
    ] {
      #expect(Workplace.status { _ = try EntitiesScanCommand.parse(wrong).execute() } != nil, "\(wrong)")
    }
  }

  @Test(
    "rollouts are binned, fitted and judged; a copied column holds together with its source, a shuffled one does not")
  func rollouts() throws {
    try Workplace.withFolder { folder in
      var random = Random(seed: 3)
      var text = "episode,step,source,copy,noise,reward,ending\n"
      for episode in 0..<20 {
        var last = random.uniform()
        for step in 0..<50 {
          let next = random.uniform()
          text += "\(episode),\(step),\(next),\(last),\(random.uniform()),1,\n"
          last = next
        }
      }
      let path = Paths.join(folder, "rollouts.csv")
      try OutputFile.write(text, to: path)
      let report = try EntitiesFindCommand.parse(["--rollouts", path, "--window", "2", "--bins", "threshold:0.5"])
        .execute()[0]
      #expect(report.nodes.map(\.name) == ["source@0", "copy@0", "noise@0", "source@1", "copy@1", "noise@1"])
      let best = try #require(report.strongestFirst.first)
      #expect(best.entity.pattern.nodes == [0, 4] && best.entity.integration > 0.8)
      #expect(report.rows.allSatisfy { $0.entity.pattern.nodes == [0, 4] || $0.entity.integration < 0.2 })
      let plain = ["--rollouts", path, "--columns", "source,copy", "--plug-in", "--exact"]
      #expect(Workplace.status { _ = try EntitiesFindCommand.parse(plain).execute() } == .usage)
      #expect(
        Workplace.status { _ = try EntitiesFindCommand.parse(["--rollouts", path, "--window", "51"]).execute() }
          == .usage)
      #expect(
        Workplace.status { _ = try EntitiesFindCommand.parse(["--rollouts", path, "--bins", "halves"]).execute() }
          == .usage)
      let series = [
        "--rollouts", path, "--columns", "source,copy", "--window", "2", "--json", "--surrogates", "2", "--resamples",
        "3",
      ]
      try EntitiesSeriesCommand.parse(series).run()
    }
  }
}
