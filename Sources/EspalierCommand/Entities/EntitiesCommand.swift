// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier entities`.

internal import ArgumentParser

/// Finds agent-like patterns instead of training them.
struct EntitiesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "entities",
    abstract: "ι-entities: agent-like patterns in Bayesian networks, Markov chains, automata and rollouts.",
    discussion: """
      A pattern is an ι-entity when every way of cutting it into independent blocks makes it look less probable than it \
      is. Begin with

        espalier entities --example mc-epsilon --hasse hierarchy.svg
        espalier entities model.json --trajectory 0,0,0,0,0,0 --json

      'find', the first of the subcommands, may be left out.
      """,
    subcommands: [
      EntitiesFindCommand.self, EntitiesActionsCommand.self, EntitiesVerdictCommand.self, EntitiesGrowCommand.self,
      EntitiesSeriesCommand.self, EntitiesScanCommand.self, EntitiesExamplesCommand.self, EntitiesBenchCommand.self,
    ],
    defaultSubcommand: EntitiesFindCommand.self)
}
