// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier agent`.

internal import ArgumentParser

/// `espalier agent`: sparse networks that learn to act.
struct AgentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent",
    abstract: "Truly sparse agents that learn by reinforcement: train, judge, record, act.",
    discussion: """
      Begin with 'espalier agent train': it balances a pole on a cart, in seconds, with a tenth of the connections.

        espalier agent train --env acrobot --algorithm dqn --sparsity 0.95
        espalier agent evaluate runs/acrobot-dqn-set-s1 --episodes 100
        espalier agent act runs/acrobot-dqn-set-s1 < observations.txt
      """,
    subcommands: [
      AgentTrainCommand.self, AgentEvaluateCommand.self, AgentListCommand.self, AgentRecordCommand.self,
      AgentActCommand.self, AgentBenchCommand.self,
    ])
}
