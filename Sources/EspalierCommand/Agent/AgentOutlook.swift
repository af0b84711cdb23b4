// SPDX-License-Identifier: Apache-2.0
// Espalier: what a run of an agent is going to need, before anything is made.

internal import Espalier

/// What a run of an agent is going to need, told from its settings alone.
struct AgentOutlook {
  /// The settings with everything filled in.
  let outcome: AgentConfiguration
  /// Numbers of an observation as networks read it.
  let observed: Int
  /// Numbers of an action, or scores of choices.
  let acted: Int
  /// Numbers of an observation and of an action as worlds exchange them.
  let exchanged: (observed: Int, acted: Int)

  init(_ outcome: AgentConfiguration, _ world: any AgentWorld) {
    self.outcome = outcome
    observed = world.observationSpace.encodedCount
    acted = world.actionSpace.encodedCount
    exchanged = (world.observationSpace.flatCount, world.actionSpace.flatCount)
  }

  /// Bytes of networks, optimizer slots and what is remembered, roughly; in `Double`, since a mistyped width may ask for anything.
  var bytes: Double {
    let algorithm = outcome.agent.algorithm ?? .ppo
    let (actors, critics) =
      switch algorithm {
      case .ppo: (1.0, 1.0)
      case .reinforce: (1.0, 0.0)
      case .dqn: (0.0, 2.0)
      case .sac: (1.0, 4.0)
      case .td3: (2.0, 4.0)
      }
    let rows: Double
    if let rollout = outcome.learning.rollout {
      rows = Double(rollout) * Double(outcome.agent.worlds ?? 1)
    } else {
      let steps = Double(outcome.agent.steps ?? 1) + Double(outcome.agent.worlds ?? 1)
      rows = min(Double(outcome.replay.capacity ?? 1), steps)
    }
    return networkBytes(.actor) * actors + networkBytes(.critic) * critics
      + rows * 4 * Double(2 * exchanged.observed + exchanged.acted + 8)
  }

  /// A network with gradients and Adam's slots: 24 bytes a sparse connection, 16 a dense one, and its widest activations.
  private func networkBytes(_ part: AgentConfiguration.Part) -> Double {
    var widths = [observed + (part == .critic ? acted : 0)] + (outcome.network.hidden ?? [64, 64]) + [acted]
    if outcome.network.network == .simba, let width = outcome.network.hidden?.first {
      widths = [observed] + (0..<outcome.network.blocks).flatMap { _ in [width, 4 * width] } + [width, acted]
    }
    var cells = 0.0
    for (from, to) in zip(widths, widths.dropFirst()) { cells += Double(from) * Double(to) }
    let neurons = widths.reduce(0.0) { $0 + Double($1) }
    let batch = Double(outcome.learning.batchSize ?? 256)
    let weights: Double
    if outcome.isDense(part) {
      weights = 16 * cells
    } else if let sparsity = outcome.sparsity(part) {
      weights = 24 * max(0, 1 - sparsity) * cells
    } else {
      weights = 24 * min(cells, 2 * neurons * (outcome.network.epsilon ?? 1))
    }
    return weights + 8 * neurons * batch
  }

  /// Refuses a run that does not fit.
  ///
  /// - Throws: ``CommandError`` of status `usage`, with the numbers and what can be done.
  func check(_ memory: MachineMemory? = MachineMemory.available) throws(CommandError) {
    guard let memory, bytes > Double(memory.bytes) else { return }
    let needed = bytes < 1e18 ? NumberText.bytes(Int(bytes)) : "more than any machine has"
    throw .usage(
      "memory: expected a run that fits, got about \(needed) where \(memory.source) \(NumberText.bytes(memory.bytes)); "
        + "narrower --hidden, a higher --sparsity, or a smaller --replay-capacity or --rollout")
  }

  /// Why nothing will be learned; nil when something will.
  var idleness: String? {
    let steps = outcome.agent.steps ?? 1
    if let rollout = outcome.learning.rollout {
      let needed = rollout * (outcome.agent.worlds ?? 1)
      return steps < needed
        ? "nothing will be learned: the first update comes after \(NumberText.grouped(needed)) steps (--rollout x --worlds), and "
          + "--steps is \(NumberText.grouped(steps))" : nil
    }
    guard let start = outcome.learning.learningStart, steps < start else { return nil }
    return
      "nothing will be learned: that begins after \(NumberText.grouped(start)) steps (--learning-start), and --steps is "
      + NumberText.grouped(steps)
  }
}
