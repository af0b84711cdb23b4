// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier agent record`.

internal import ArgumentParser
internal import Espalier

/// Writes what a saved policy sees and does.
struct AgentRecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "What a saved policy sees and does, step by step, as a table or an archive.",
    discussion: """
      The table has the columns episode, step, observation_0, ..., action_0, ..., reward and ending ('terminated', \
      'truncated' or nothing); the archive the arrays episodes, steps, observations, actions, rewards, terminated and \
      truncated.

        espalier agent record runs/cartpole-ppo-set-s1 --episodes 10 --out rollouts.csv
      """)

  @OptionGroup var policy: PolicyFlags
  @OptionGroup var episodes: EpisodeFlags
  @Option(help: ArgumentHelp("the file to write, .csv or .npz", valueName: "file"), completion: .file())
  var out: String

  func validate() throws {
    guard out.lowercased().hasSuffix(".npz") || out.lowercased().hasSuffix(".csv") else {
      throw ValidationError("--out: expected a file ending in .csv or .npz, got '\(out)'")
    }
  }

  func run() throws {
    let recording = try execute()
    Output.talk("\(NumberText.grouped(recording.steps.count)) steps written to \(out)")
  }

  /// Lets the policy act, and writes the file.
  func execute() throws -> PolicyRecording {
    let policy = try policy.load()
    let world = try self.policy.world(episodes.env, for: policy)
    var recording = PolicyRecording()
    _ = try world.record(
      policy, episodes: episodes.episodes, seed: UInt64(episodes.seed), choice: self.policy.choice
    ) { recording.add($0) }
    try recording.write(to: out)
    return recording
  }
}
