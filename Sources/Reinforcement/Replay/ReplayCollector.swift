// SPDX-License-Identifier: Apache-2.0
// Espalier: filling a replay buffer step by step.

internal import Environments
internal import NeuralNetworks
internal import SparseCore
internal import Training

/// The replay buffer of an agent with its batch: what all off-policy algorithms share.
final class ReplayCollector {
  var replay: Replay
  let batch: ReplayBatch
  private let core: AgentCore
  private let discount: Float
  /// Actions as the learner sees them, `[worlds][numbers]`: choices from 0, or numbers between -1 and 1.
  var raw: [Float]

  init(_ settings: ReplaySettings, batch: Int, discount: Double, core: AgentCore) throws(AgentError) {
    try settings.validate(batch: batch)
    self.core = core
    self.discount = Float(discount)
    let observed = core.encoder.flatCount
    let acted = core.form.count
    // More than a run can fill would never be used.
    let capacity = min(settings.capacity, max(batch, core.site.steps + core.site.worlds))
    replay = Replay(settings, capacity: capacity, worlds: core.site.worlds, observed: observed, acted: acted)
    self.batch = ReplayBatch(size: batch, observed: observed, acted: acted)
    raw = [Float](repeating: 0, count: core.site.worlds * acted)
  }

  /// Remembers what came of the last actions of all worlds.
  func take(_ observations: Span<Float>, _ results: VectorStep) {
    let size = results.size
    let acted = core.form.count
    for world in 0..<core.site.worlds {
      let range = results.range(of: world)
      let next = results.endings[world] == nil ? results.observations.span : results.finalObservations.span
      let row = replay.buffer.append(
        observation: observations.extracting(world * size..<(world + 1) * size),
        action: raw.span.extracting(world * acted..<(world + 1) * acted), reward: results.rewards[world],
        ending: results.endings[world], next: next.extracting(range))
      replay.noteNew(row: row)
    }
    core.steps += core.site.worlds
  }

  /// Takes up a saved buffer.
  ///
  /// - Throws: ``AgentError/state(expected:got:)`` when a row is not one that this agent can have lived through.
  func restore(from state: AgentState) throws(AgentError) {
    try state.restore(&replay)
    let buffer = replay.buffer
    let check = WorldCheck(core.site.observationSpace)
    let form = core.form
    let (size, width) = (buffer.observed, buffer.observed + buffer.acted)
    var isSound = true
    buffer.inputs.values.withSpan { inputs in
      buffer.next.values.withSpan { next in
        for row in 0..<buffer.filled {
          isSound =
            isSound && check.accepts(inputs.extracting(row * width..<row * width + size))
            && form.accepts(inputs.extracting(row * width + size..<(row + 1) * width))
            && check.accepts(next.extracting(row * size..<(row + 1) * size)) && buffer.rewards[row].isFinite
        }
      }
    }
    guard isSound else { throw .state(expected: "transitions that can be", got: "others") }
  }

  /// How many rounds of learning are due after the last step of all worlds; every 1,000 steps the scaling of observations follows their
  /// moments, where they are normalised.
  ///
  /// - Parameters:
  ///   - start: steps before learning begins.
  ///   - interval: steps between two rounds.
  func rounds(start: Int, interval: Int) -> Int {
    let worlds = core.site.worlds
    if core.crossings(of: 1000, by: worlds) > 0 { core.refreshScaling() }
    guard core.steps >= start, replay.buffer.count > 0 else { return 0 }
    return core.crossings(of: interval, by: worlds)
  }

  /// Draws the batch of the next gradient step.
  func draw() {
    var random = core.random.split("replay").split(core.gradientSteps)
    replay.draw(batch, progress: core.progress, discount: discount, random: &random, workers: core.site.workers)
  }

  /// Forgets the oldest transitions where the policy of today is far from what they did.
  ///
  /// - Parameter distance: the mean distance between the policy's actions and those of ``batch``.
  func forget(distance: () -> Double) {
    guard let dynamic = replay.settings.dynamicCapacity, core.gradientSteps.isMultiple(of: dynamic.interval),
      replay.buffer.count > dynamic.minimum
    else { return }
    var random = core.random.split("oldest").split(core.gradientSteps)
    replay.drawOldest(batch, among: dynamic.chunk, random: &random, workers: core.site.workers)
    if distance() > dynamic.threshold {
      replay.dropOldest(min(dynamic.chunk, replay.buffer.count - dynamic.minimum))
    }
  }

  /// The mean squared distance between the actions of ``batch`` and an actor's best ones, the hyperbolic tangents of its first outputs.
  ///
  /// - Parameter pass: the memory of a pass over a batch.
  func distance(to actor: NetworkLearner, _ pass: NetworkWorkspace) -> Double {
    core.encoder.write(batch.inputs, from: 0, into: pass.input)
    let outputs = actor.network.forward(pass, pass: .inference(core.site.workers))
    var sum = 0.0
    for sample in 0..<batch.size {
      for index in 0..<core.form.count {
        let done = batch.inputs[core.encoder.flatCount + index, sample]
        let difference = Double(Function.tangent(outputs[index, sample]) - done)
        sum += difference * difference
      }
    }
    return sum / Double(batch.size)
  }
}
