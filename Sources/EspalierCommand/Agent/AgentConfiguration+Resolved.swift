// SPDX-License-Identifier: Apache-2.0
// Espalier: from what was asked to what will be done.

internal import Espalier

extension AgentConfiguration {
  /// Fills in what was left to the tool, for a world.
  ///
  /// - Throws: ``CommandError`` for an algorithm that cannot act there, and for settings that contradict each other.
  func resolved(in world: any AgentWorld) throws(CommandError) -> AgentConfiguration {
    let algorithm = try self.algorithm(in: world)
    var result = self
    result.agent.algorithm = algorithm
    let standard = AgentConfiguration.standard(algorithm, in: world.name)
    for setting in Self.settings where setting.read(self) == .text("auto") {
      if let value = setting.read(standard), value != .text("auto") { _ = setting.write(value, &result) }
    }
    let steps = result.agent.steps ?? 1
    result.evaluation.every = evaluation.every ?? max(1, steps / 20)
    result.run.checkpointEvery = run.checkpointEvery ?? max(1, steps / 10)
    result.agent.timeLimit = agent.timeLimit ?? world.timeLimit
    if network.epsilon == nil { result.network.sparsity = network.sparsity ?? 0.9 }
    result.network.birth = network.birth ?? (network.epsilon == nil ? .erk : .er)
    if network.epsilon != nil, result.network.birth != .er {
      throw .usage(
        "--epsilon: expected --birth er, got \(result.network.birth?.rawValue ?? ""); give --sparsity instead")
    }
    if network.network == .simba, let hidden = network.hidden, hidden.count != 1 {
      throw .usage(
        "--hidden: expected one width with --network simba, got \(hidden.count); --blocks says how many blocks")
    }
    if network.network == .simba, network.hidden == nil {
      result.network.hidden = [result.network.hidden?.first ?? 256]
    }
    if let end = seeds.last, end < 0 { throw .usage("--seeds: expected seeds up to \(Int.max), got more") }
    return result
  }

  private func algorithm(in world: any AgentWorld) throws(CommandError) -> AgentAlgorithm {
    if let chosen = agent.algorithm {
      guard chosen.suits(world.actionSpace) else {
        let fitting = AgentAlgorithm.allCases.filter { $0.suits(world.actionSpace) }.map(\.rawValue)
        throw .usage(
          "--algorithm \(chosen.rawValue): expected \(chosen.actions) to act with, but \(world.name) takes \(world.actionSpace); "
            + (fitting.isEmpty ? "no algorithm can act there" : "choose \(fitting.joined(separator: ", "))"))
      }
      return chosen
    }
    guard let usual = AgentAlgorithm.usual(for: world.actionSpace) else {
      throw .usage(
        "--env \(world.name): expected choices, or a box with bounds on all sides, to act with, got \(world.actionSpace)"
      )
    }
    return usual
  }

  /// One line for each setting that was asked for and has no effect in this run.
  ///
  /// - Parameter outcome: the resolved configuration.
  func notes(_ outcome: AgentConfiguration) -> [String] {
    guard let algorithm = outcome.agent.algorithm else { return [] }
    let standard = AgentConfiguration.standard(algorithm, in: outcome.agent.env)
    var notes: [String] = []
    func note(_ flag: String, _ reason: String) { notes.append("note: --\(flag) has no effect \(reason)") }
    for setting in Self.settings where setting.section == "learning" || setting.section == "replay" {
      guard setting.read(self) != .text("auto"), setting.read(standard) == .text("auto") else { continue }
      note(setting.flag, "with --algorithm \(algorithm.rawValue)")
    }
    let defaults = AgentNetworkSettings()
    switch network.network {
    case .mlp: if network.blocks != defaults.blocks { note("blocks", "with --network mlp") }
    case .simba:
      if network.activation != nil { note("activation", "with --network simba") }
      if network.layerNorm { note("layer-norm", "with --network simba, which has it") }
    }
    if !algorithm.hasActorAndCritic {
      let idle = algorithm == .dqn ? "actor" : "critic"
      let words = "with --algorithm \(algorithm.rawValue), which has no \(idle)"
      if (idle == "actor" ? network.actorSparsity : network.criticSparsity) != nil { note("\(idle)-sparsity", words) }
      if (idle == "actor" ? evolution.actorMethod : evolution.criticMethod) != nil { note("\(idle)-method", words) }
    }
    if let steps = outcome.agent.steps, let start = outcome.learning.learningStart, start >= steps {
      notes.append("note: --learning-start \(start) is not before the end at --steps \(steps): nothing will be learned")
    }
    return notes
  }
}
