// SPDX-License-Identifier: Apache-2.0
// Espalier: a network together with what changes it.

package import NeuralNetworks
package import SparseCore
package import SparseTopology

/// A network that learns step by step and rewires itself on the way: its optimizer's slots, what its evolution remembers,
/// and its place in their schedules.
///
/// Where gradients come from is the caller's: a ``TrainingSession`` takes them from data, an agent from what it lives through.
/// One thread uses a learner at a time, which makes `@unchecked Sendable` sound; the workers are the caller's.
package final class NetworkLearner: @unchecked Sendable {
  /// From gradients to steps.
  package let optimizer: Optimizer
  /// How connections change.
  package let evolution: Evolution
  /// The time over which schedules stretch.
  package let span: LearningSpan
  /// How exact the activations are that sparse layers gather.
  package var precision = ActivationPrecision.float32
  /// The network as it is now.
  package var network: Network
  /// What the optimizer remembers.
  package internal(set) var optimizerState: OptimizerState
  /// Finished steps, updates of the topology in the place of a step included.
  package internal(set) var step = 0
  /// Connections ever live, by sparse layer; begins with the first rewiring.
  package internal(set) var explorations: [Exploration] = []
  /// What the evolution remembers between its updates.
  package internal(set) var memory: EvolutionMemory
  /// Connections that have moved so far.
  package var moved = 0
  /// Is told of each rewiring of a sparse layer, in order, right after it has been applied.
  package var onRewiring: ((_ ordinal: Int, _ rewiring: Rewiring) -> Void)?

  /// The memory of training passes.
  package let workspace: NetworkWorkspace
  let workers: Workers
  private let random: Random
  /// The last micro-batch's pass.
  private var lastPass: Pass?

  /// Prepares to learn.
  ///
  /// - Parameters:
  ///   - batch: the most samples of one pass.
  ///   - span: the time over which schedules stretch.
  ///   - random: the stream from which all that is random follows, by step.
  package init(
    _ network: Network, optimizer: Optimizer, evolution: Evolution, batch: Int, span: LearningSpan, random: Random,
    workers: Workers
  ) {
    self.network = network
    self.optimizer = optimizer
    self.evolution = evolution
    self.span = span
    self.random = random
    self.workers = workers
    workspace = network.makeWorkspace(batch: batch, training: true)
    optimizerState = OptimizerState(optimizer, for: network)
    memory = EvolutionMemory(evolution, for: network)
    memory.hold(&self.network, choosing: true, workers: workers)
  }

  /// The factor of the schedule on the learning rate of the next step.
  package var rateFactor: Double {
    optimizer.schedule.factor(step: step, totalSteps: span.totalSteps, stepsPerEpoch: span.stepsPerEpoch)
  }

  /// Takes one optimizer step, or the topology update that stands in its place.
  ///
  /// - Parameters:
  ///   - finishedEpoch: the number of the epoch, from 1, that ends with this step; nil within one.
  ///   - gradients: runs the step's passes by ``forward(_:)`` and ``backward(_:inputGradient:)``; false when the loss is not
  ///     finite, and then nothing changes.
  @discardableResult
  package func take(finishedEpoch: Int? = nil, _ gradients: (GradientDemand) -> Bool) -> StepOutcome {
    if evolution.needsGradient && isUpdateStep { return updateInPlaceOfStep(finishedEpoch, gradients) }
    guard gradients(demand(nil, keepingThem: false)) else { return .diverged }
    let factor = rateFactor
    memory.release(&network)
    optimizer.step(&network, workspace, &optimizerState, rate: factor, workers: workers)
    let rate = Float(Double(optimizer.learningRate) * factor)
    memory.walk(&network, rate: rate, random: random.split("walk").split(step), workers: workers)
    step += 1
    memory.hold(&network, choosing: false, decay: rate * optimizer.weightDecay, workers: workers)
    if !evolution.needsGradient && isUpdateStep {
      memory.release(&network)
      return .stepped(finish(rewireWithoutGradients(), finishedEpoch))
    }
    return .stepped(finish(nil, finishedEpoch))
  }

  /// What a pass of this step has to look after.
  private func demand(_ collector: RewiringCollector?, keepingThem: Bool) -> GradientDemand {
    GradientDemand(
      collector: collector, follower: follows ? memory : nil,
      keepsGradients: keepingThem || collector != nil || memory.isReserving || follows,
      random: random.split("step").split(step))
  }

  /// The pass of one micro-batch of a step.
  ///
  /// - Parameters:
  ///   - index: which one, from 0; the gradients of later ones are added to those of the first.
  ///   - isLast: whether it is the step's last.
  package func pass(_ demand: GradientDemand, index: Int = 0, isLast: Bool = true) -> Pass {
    var pass = Pass(isTraining: true, accumulates: index > 0, workers: workers, random: demand.random.split(index))
    pass.precision = precision
    if isLast {
      pass.collector = demand.collector
      pass.follower = demand.follower
    }
    return pass
  }

  /// Runs the network on `workspace.input`.
  @discardableResult
  package func forward(_ pass: Pass) -> Activations { network.forward(workspace, pass: pass) }

  /// Turns `workspace.outputGradient` into the gradients of the parameters and, when asked, of the input.
  ///
  /// Layers that can may take their step at once, where the step is one pass.
  ///
  /// - Parameters:
  ///   - isWholeStep: whether this pass is all of the step.
  ///   - inputGradient: takes the gradient of the input, `[inputs, samples]`.
  package func backward(
    _ pass: Pass, _ demand: GradientDemand, isWholeStep: Bool = false, inputGradient: Activations? = nil
  ) {
    network.finishPass(workspace)
    if isWholeStep, !demand.keepsGradients, inputGradient == nil, let step = optimizer.fusedStep(rate: rateFactor) {
      network.backward(workspace, pass: pass, taking: step, state: &optimizerState)
    } else {
      network.backward(workspace, pass: pass, inputGradient: inputGradient)
    }
    lastPass = pass
  }

  /// What may follow a step and its update: the end of updates, and the removal of neurons at the end of an epoch.
  private func finish(_ update: RewiringReport?, _ finishedEpoch: Int?) -> RewiringReport? {
    let closing = close()
    guard let last = removeNeurons(finishedEpoch) ?? closing else { return update }
    return RewiringReport(
      step: last.step, fraction: update?.fraction ?? 0, moved: update?.moved ?? 0, connections: last.connections)
  }

  /// An update that looks at gradients, and takes no step.
  private func updateInPlaceOfStep(
    _ finishedEpoch: Int?, _ gradients: (GradientDemand) -> Bool
  ) -> StepOutcome {
    let fraction = dropFraction
    let stream = random.split("evolution").split(step)
    guard evolution.needsLiveGradient else {
      let collector = RewiringCollector(memory, propose(fraction, gradients: nil, stream), random: stream)
      guard gradients(demand(collector, keepingThem: false)) else { return .diverged }
      step += 1
      return .stepped(finish(apply(collector.rewirings, fraction: fraction, stream), finishedEpoch))
    }
    guard gradients(demand(nil, keepingThem: true)) else { return .diverged }
    let proposals = propose(fraction, gradients: workspace, stream)
    let rewirings: [(ordinal: Int, rewiring: Rewiring)]
    if evolution.growsByGradient {
      // The layers' gradients have passed: once more, with the proposals at hand.
      let collector = RewiringCollector(memory, proposals, random: stream)
      backwardAgain(collector)
      rewirings = collector.rewirings
    } else {
      rewirings = memory.rewirings(of: network, proposals, random: stream, workers: workers)
    }
    step += 1
    return .stepped(finish(apply(rewirings, fraction: fraction, stream), finishedEpoch))
  }

  private func propose(_ fraction: Double, gradients: NetworkWorkspace?, _ stream: Random) -> [LayerProposal] {
    let progress = evolution.schedule.progress(step: step, totalSteps: span.totalSteps)
    return memory.proposals(
      for: &network, optimizerState, fraction: fraction, progress: progress, gradients: gradients, random: stream,
      workers: workers)
  }

  private var isUpdateStep: Bool {
    evolution.isUpdate(step: step, stepsPerEpoch: span.stepsPerEpoch, totalSteps: span.totalSteps)
  }

  /// Whether this step's gradients are followed for an update to come.
  private var follows: Bool {
    memory.follows && evolution.schedule.progress(step: step, totalSteps: span.totalSteps) < 1
  }

  private var dropFraction: Double { evolution.schedule.fraction(step: step, totalSteps: span.totalSteps) }

  /// The backward pass of the last micro-batch once more.
  private func backwardAgain(_ collector: RewiringCollector) {
    guard var pass = lastPass else { return }
    pass.accumulates = false
    pass.collector = collector
    pass.follower = nil
    network.backward(workspace, pass: pass)
  }

  private func rewireWithoutGradients() -> RewiringReport {
    let stream = random.split("evolution").split(step)
    let fraction = dropFraction
    let proposals = propose(fraction, gradients: nil, stream)
    return apply(
      memory.rewirings(of: network, proposals, random: stream, workers: workers), fraction: fraction, stream)
  }

  /// Once, when updates are over: what is above the final count goes.
  private func close() -> RewiringReport? {
    guard evolution.isClosing(step: step, totalSteps: span.totalSteps) else { return nil }
    memory.release(&network)
    let proposals = memory.closingProposals(for: &network, optimizerState, workers: workers)
    memory.endReserve()
    let rewirings = proposals.enumerated().map { ($0.offset, Rewiring(dropped: $0.element.dropped)) }
    return apply(rewirings, fraction: 0, random.split("closing"))
  }

  /// At the end of an epoch: neurons that matter little go.
  private func removeNeurons(_ finishedEpoch: Int?) -> RewiringReport? {
    guard let pruning = evolution.neuronPruning, let finishedEpoch,
      pruning.isDue(epoch: finishedEpoch, of: span.epochs)
    else { return nil }
    memory.release(&network)
    return apply(memory.neuronRemovals(in: network), fraction: 0, random.split("neurons").split(step))
  }

  private func apply(
    _ rewirings: [(ordinal: Int, rewiring: Rewiring)], fraction: Double, _ stream: Random
  ) -> RewiringReport {
    if explorations.isEmpty { explorations = network.sparseLayers.map { Exploration($0.weight.pattern) } }
    memory.updates += 1
    var moved = 0
    for (ordinal, rewiring) in rewirings {
      guard
        let rewired = memory.apply(
          rewiring, toLayer: ordinal, of: &network, &optimizerState, workspace: workspace, random: stream,
          workers: workers)
      else { continue }
      explorations[ordinal].record(rewired)
      onRewiring?(ordinal, rewiring)
      moved += rewired.newborns
    }
    memory.hold(&network, choosing: true, workers: workers)
    self.moved += moved
    return RewiringReport(step: step, fraction: fraction, moved: moved, connections: network.connectionCount)
  }

  /// Names the first layer with outputs or parameters that are not finite, for the message of a diverged run.
  package func divergedLayer() -> String {
    guard let index = network.firstNonFiniteLayer(workspace) ?? network.firstLayerWithNonFiniteParameters()
    else { return "the loss" }
    return place(ofLayer: index)
  }

  /// How messages name a layer.
  package func place(ofLayer index: Int) -> String {
    "layer \(index) (\(network.layers[index].kind))"
  }
}

/// How a step went.
package enum StepOutcome: Sendable, Equatable {
  /// The loss was not finite, and nothing has changed.
  case diverged
  /// The step is done, with the rewiring that came with it.
  case stepped(RewiringReport?)
}

/// What the passes of a step have to look after, besides gradients.
package struct GradientDemand: Sendable {
  /// Collects rewirings that need gradients.
  let collector: RewiringCollector?
  /// Follows gradients from step to step.
  let follower: EvolutionMemory?
  /// Whether no layer may take its step on the way.
  let keepsGradients: Bool
  /// The stream of this step: for dropout.
  let random: Random
}

/// The time over which the schedules of a learner stretch.
package struct LearningSpan: Sendable, Equatable {
  /// Epochs in all.
  package let epochs: Int
  /// Steps of an epoch.
  package let stepsPerEpoch: Int

  package init(epochs: Int, stepsPerEpoch: Int) {
    self.epochs = epochs
    self.stepsPerEpoch = stepsPerEpoch
  }

  /// Steps in all.
  package var totalSteps: Int { epochs * stepsPerEpoch }
}
