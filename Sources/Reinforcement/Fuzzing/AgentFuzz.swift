// SPDX-License-Identifier: Apache-2.0
// Espalier: agents' states and policies against damaged files.

package import Datasets
package import Environments
internal import SparseCore
internal import Training

/// A small valid state and policy of a run, and readers that use what they accept.
package struct AgentFuzz {
  private let recipe: any AgentRecipe
  private let worlds: any VectorEnvironment
  private let steps: Int
  /// A valid state's file.
  package let state: [UInt8]
  /// A valid policy's file.
  package let policy: [UInt8]

  /// Runs `recipe` for `stop` of `steps` steps to make the valid files.
  package init(_ recipe: any AgentRecipe, in worlds: any VectorEnvironment, steps: Int, stop: Int) throws {
    (self.recipe, self.worlds, self.steps) = (recipe, worlds, steps)
    let session = try AgentSession(recipe, in: worlds, steps: steps, seed: 1)
    session.isInterrupted = { [unowned session] in session.agent.steps >= stop }
    try session.run()
    state = try session.stateBytes(for: "fuzz")
    let (entries, metadata) = try session.agent.policy.model.tensors(for: "fuzz")
    policy = SafetensorsWriter.bytes(entries, metadata: metadata)
  }

  /// Restores a state and goes on for some steps.
  ///
  /// - Throws: The refusal.
  package func restore(_ bytes: [UInt8]) throws {
    let session = try AgentSession(recipe, in: worlds, steps: steps, seed: 1)
    try session.restore(try SafetensorsFile(bytes: bytes, path: "fuzz"))
    let stop = session.agent.steps + 30
    session.isInterrupted = { [unowned session] in session.agent.steps >= stop }
    try session.run()
  }

  /// Reads a policy and acts with it.
  ///
  /// - Returns: whether its actions lie in its action space.
  /// - Throws: The refusal.
  package func act(_ bytes: [UInt8]) throws(FileError) -> Bool {
    let policy = try Policy(try SafetensorsFile(bytes: bytes, path: "fuzz"))
    let runner = PolicyRunner(policy)
    var random = Random(seed: 1)
    for choice in ActionChoice.allCases {
      let observation = policy.observationSpace.sample(from: &random)
      var action = [Float](repeating: 0, count: policy.actionSpace.flatCount)
      var span = action.mutableSpan
      runner.act(on: observation.span, into: &span, choice: choice, random: &random)
      if !policy.actionSpace.contains(action) { return false }
    }
    return true
  }
}
