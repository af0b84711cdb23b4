// SPDX-License-Identifier: Apache-2.0
// Espalier: naming a policy.

internal import ArgumentParser
internal import Espalier

/// Which policy, and how it chooses.
struct PolicyFlags: ParsableArguments {
  @Argument(
    help: ArgumentHelp("the policy: policy.safetensors, or the run folder that holds it", valueName: "policy"),
    completion: .file(extensions: ["safetensors"]))
  var path: String

  @Flag(help: "draw actions from the policy's distribution instead of taking the best")
  var drawn = false

  var choice: ActionChoice { drawn ? .drawn : .best }

  /// Reads the policy.
  func load() throws -> Policy {
    try Policy(contentsOf: Paths.isFolder(path) ? RunFolder(path).policy : path)
  }

  /// The environment that a flag names, else the one that the policy learned in, with its time limit.
  func world(_ named: String?, for policy: Policy) throws -> any AgentWorld {
    func fact(_ name: String) -> String? { policy.facts.first { $0.name == name }?.value }
    guard let name = named ?? fact("environment") else {
      throw CommandError.usage("--env: expected an environment's name, since '\(path)' does not tell where it learned")
    }
    let world = try AgentWorlds.named(name)
    guard world.name == fact("environment"), let limit = fact("time_limit") else { return world }
    return world.limited(to: Int(limit))
  }
}
