// SPDX-License-Identifier: Apache-2.0
// Espalier: what critics tell actors, against differences; and counts of every module over whole runs.

import Environments
import NeuralNetworks
import SparseCore
import SparseTopology
import Testing

@testable import Reinforcement
@testable import Training

@Suite("Critics and modules")
struct CriticGradientTests {
  private static let recipes: [NetworkRecipe] = [
    .mlp([9, 7]), .mlp([9, 7], topology: .uniform(density: 0.3)), .mlp([8], activation: .tanh), .mlp([]),
    NetworkRecipe(.mlp([9, 7]), topology: .uniform(density: 0.4), sparsePart: .hidden, normalizes: true),
    NetworkRecipe(.mlp([9, 7]), topology: .uniform(density: 0.4), sparsePart: .input, activation: .tanh),
    .simba(width: 5, blocks: 2), .simba(width: 6, blocks: 1, topology: .uniform(density: 0.4)),
  ]

  @Test("the gradient of the input agrees with central differences", arguments: recipes.indices, [1, 3, 20])
  func input(_ index: Int, _ batch: Int) throws {
    let network = try Self.recipes[index].network(inputs: 5, outputs: 2, seed: 3)
    let workspace = network.makeWorkspace(batch: batch, training: true)
    let pass = Pass(isTraining: true, workers: Workers(threads: 1), random: Random(seed: 1))
    var random = Random(seed: UInt64(batch))
    var (inputs, slopes) = ([[Float]](), [[Float]]())
    for _ in 0..<batch {
      inputs.append((0..<5).map { _ in random.normal() })
      slopes.append((0..<2).map { _ in random.normal() })
    }
    func value(_ change: (sample: Int, feature: Int, by: Float)? = nil) -> Double {
      for sample in 0..<batch {
        for feature in 0..<5 { workspace.input[feature, sample] = inputs[sample][feature] }
      }
      if let change { workspace.input[change.feature, change.sample] += change.by }
      let outputs = network.forward(workspace, pass: pass)
      var sum = 0.0
      for sample in 0..<batch {
        for feature in 0..<2 { sum += Double(outputs[feature, sample] * slopes[sample][feature]) }
      }
      return sum
    }
    _ = value()
    workspace.outputGradient.fill(0)
    for sample in 0..<batch {
      for feature in 0..<2 { workspace.outputGradient[feature, sample] = slopes[sample][feature] }
    }
    let gradient = Activations(features: 5, capacity: batch)
    network.backwardToInput(workspace, pass: pass, inputGradient: gradient)
    let full = Activations(features: 5, capacity: batch)
    network.backward(workspace, pass: pass, inputGradient: full)
    var kinks = 0
    for sample in 0..<batch {
      for feature in 0..<5 {
        #expect(gradient[feature, sample] == full[feature, sample])
        let slope = (value((sample, feature, 2e-3)) - value((sample, feature, -2e-3))) / 4e-3
        let half = (value((sample, feature, 1e-3)) - value((sample, feature, -1e-3))) / 2e-3
        // A kink of ReLU lies between.
        guard abs(slope - half) < 0.02 * max(1, abs(slope)) else {
          kinks += 1
          continue
        }
        #expect(abs(Double(gradient[feature, sample]) - slope) < 0.03 * max(1, abs(slope)), "\(feature) of \(sample)")
      }
    }
    #expect(kinks <= max(1, batch / 2))
  }

  @Test(
    "the gradient by the actions is that of the smaller critic's mean value, or of the first", arguments: [true, false])
  func actions(_ both: Bool) throws {
    for recipe in Self.recipes {
      let core = AgentCore(
        AgentSite(observationSpace: .box(3), actionSpace: .box(2, from: -1, to: 1), worlds: 1, steps: 10, seed: 4),
        .numbers(low: [-1, -1], high: [1, 1]), normalizes: false)
      let critics = try TwinCritics(
        ModuleRecipe(recipe, optimizer: .adam()), topology: .online, batch: 5, gradientSteps: 10, core: core)
      let (observations, actions) = (Activations(features: 3, capacity: 5), Activations(features: 2, capacity: 5))
      var random = Random(seed: 6)
      for sample in 0..<5 {
        for feature in 0..<3 { observations[feature, sample] = random.normal() }
        for feature in 0..<2 { actions[feature, sample] = random.uniform() * 2 - 1 }
      }
      let (gradient, other) = (Activations(features: 2, capacity: 5), Activations(features: 2, capacity: 5))
      let mean = critics.addValueGradient(observations, actions, both: both, into: gradient)
      let values = critics.learners.map { learner in (0..<5).map { Double(learner.workspace.output[0, $0]) } }
      let counted = both ? zip(values[0], values[1]).map { min($0, $1) } : values[0]
      #expect(abs(mean - counted.reduce(0, +) / 5) < 1e-6)
      var wrong = 0
      for sample in 0..<5 {
        for feature in 0..<2 {
          let before = actions[feature, sample]
          actions[feature, sample] = before + 1e-2
          let up = critics.addValueGradient(observations, actions, both: both, into: other)
          actions[feature, sample] = before - 1e-2
          let down = critics.addValueGradient(observations, actions, both: both, into: other)
          actions[feature, sample] = before
          let slope = (up - down) / 2e-2
          if abs(Double(gradient[feature, sample]) - slope) > 0.02 * max(0.2, abs(slope)) { wrong += 1 }
        }
      }
      // Kinks of ReLU and of the smaller of two.
      #expect(wrong <= 2, "\(recipe)")
    }
  }

  @Test(
    "every module keeps its exact count through a run, and actor and critic evolve apart",
    arguments: [
      Evolution.set(every: .steps(5)), .rigL(every: .steps(5)), .gse(every: .steps(5)), .dsr(every: .steps(5)),
    ])
  func counts(_ evolution: Evolution) throws {
    for run in SmallRun.all(evolution) {
      let session = try run.session()
      let before = session.agent.modules
      try session.run()
      let after = session.agent.modules
      for (first, last) in zip(before, after) {
        #expect(first.name == last.name && first.connections == last.connections && first.moved == 0)
        #expect(first.connections < first.denseConnections / 2 && first.denseConnections == last.denseConnections)
        // REINFORCE plans for fewer updates than it comes to; DSR's threshold may spare all.
        let mayRest = run.recipe.algorithm == "reinforce" || evolution == .dsr(every: .steps(5))
        #expect(last.moved > 0 || mayRest, "\(run.name) \(last.name)")
      }
    }
    var recipe = SAC(
      actor: .mlp([12, 10], topology: .uniform(density: 0.3)), critic: .mlp([12, 10], topology: .uniform(density: 0.6)))
    (recipe.learningStart, recipe.batchSize, recipe.trainInterval) = (20, 8, 4)
    recipe.critic.evolution = evolution
    let worlds = SerialEnvironments(1, of: Pendulum().timeLimit(30))
    let session = try AgentSession(recipe, in: worlds, steps: 120, seed: 1)
    let before = session.agent.modules
    try session.run()
    let after = session.agent.modules
    let mayRest = evolution == .dsr(every: .steps(5))
    #expect(after[0].moved == 0 && (after[1].moved > 0 && after[2].moved > 0 || mayRest))
    #expect(zip(before, after).allSatisfy { $0.connections == $1.connections })
    #expect(2 * after[0].connections < after[1].connections + 100 && after[1].connections == after[2].connections)
  }

  @Test("a rewiring that looks at gradients stands in the place of a step, one without follows it")
  func placeOfStep() throws {
    for (evolution, standsIn) in [(Evolution.rigL(every: .steps(4)), true), (.set(every: .steps(4)), false)] {
      let learner = NetworkLearner(
        try NetworkRecipe.mlp([10, 8], topology: .uniform(density: 0.4)).network(inputs: 4, outputs: 1, seed: 1),
        optimizer: .sgd(learningRate: 0.1, momentum: 0), evolution: evolution, batch: 4,
        span: LearningSpan(epochs: 1, stepsPerEpoch: 40), random: Random(seed: 1), workers: Workers(threads: 1))
      var calls = 0
      for _ in 0..<12 {
        let moved = learner.moved
        let (step, optimizerSteps) = (learner.step, learner.optimizerState.steps)
        learner.take { demand in
          calls += 1
          learner.workspace.input.fill(1)
          let pass = learner.pass(demand)
          learner.forward(pass)
          learner.workspace.outputGradient.fill(1)
          learner.backward(pass, demand, isWholeStep: true)
          return true
        }
        let isRewired = learner.moved > moved
        #expect(learner.step == step + 1)
        #expect(learner.optimizerState.steps == optimizerSteps + (isRewired && standsIn ? 0 : 1))
      }
      #expect(calls == 12 && learner.moved > 0)
    }
  }
}
