// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of what a run of an agent is told to need.

import ArgumentParser
import Datasets
import Environments
import Reinforcement
import Testing

@testable import EspalierCommand

@Suite("What an agent's run is going to need")
struct AgentOutlookTests {
  private func outlook(_ arguments: [String]) throws -> AgentOutlook {
    let (configuration, world) = try AgentTrainCommand.parse(arguments).asked()
    return AgentOutlook(try configuration.resolved(in: world), world)
  }

  @Test("networks, replay and rollouts beyond memory are refused with the numbers, before anything is made")
  func memory() throws {
    let machine = MachineMemory(bytes: 8 << 30, source: "the machine has")
    for arguments in [
      [], ["--env", "pendulum"], ["--hidden", "4096,4096"], ["--env", "taxi"],
      ["--network", "simba", "--hidden", "256"],
      ["--env", "pendulum", "--replay-capacity", "999999999999"],
    ] { try outlook(arguments).check(machine) }
    for arguments in [
      ["--hidden", "1000000,1000000"], ["--hidden", "100000,100000", "--sparsity", "0"],
      ["--rollout", "1000000000"], ["--env", "pendulum", "--steps", "9000000000", "--replay-capacity", "9000000000"],
      ["--network", "simba", "--hidden", "1000000"], ["--hidden", "10000000,10000000", "--epsilon", "1000"],
    ] {
      let outlook = try outlook(arguments)
      let error = try #require(throws: CommandError.self) { try outlook.check(machine) }
      #expect(error.description.contains("the machine has 8.0 GiB"), "\(arguments)")
    }
  }

  @Test("runs in which nothing can be learned are told so")
  func idleness() throws {
    #expect(try outlook([]).idleness == nil)
    #expect(try outlook(["--env", "pendulum"]).idleness == nil)
    let rollout = try outlook(["--steps", "100"]).idleness
    #expect(rollout?.contains("after 256 steps") == true, "\(rollout ?? "")")
    let start = try outlook(["--env", "pendulum", "--steps", "10", "--learning-start", "500"]).idleness
    #expect(start?.contains("after 500 steps") == true, "\(start ?? "")")
  }
}
