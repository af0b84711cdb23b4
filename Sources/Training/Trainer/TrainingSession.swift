// SPDX-License-Identifier: Apache-2.0
// Espalier: a run in progress.

public import Datasets
public import NeuralNetworks
internal import SparseCore
package import SparseTopology

/// A run in progress: the network, the optimizer's slots, and where in the data it is.
///
/// It can be stopped after any step and go on later from its saved state, bit for bit. Steps allocate nothing after the
/// first. One thread uses a session at a time, which makes `@unchecked Sendable` sound; its workers are its own.
///
/// - Complexity: memory of the network, its gradients (4 bytes a parameter), the optimizer's slots (0 to 2 floats a
///   parameter, and 2 bytes a sparse connection for Adam), and activations of 4 bytes x padded batch x
///   (inputs + 2 outputs + Σ widths of layers that do not share + 2 x the widest layer between two others); from the
///   first rewiring on, for each sparse layer, at most max(512 KiB, 16 bytes a connection) to count what has ever lived.
public final class TrainingSession: @unchecked Sendable {
  /// The recipe.
  public let trainer: Trainer
  /// The network as it is now.
  public internal(set) var network: Network
  /// What the optimizer remembers.
  public internal(set) var optimizerState: OptimizerState
  /// Where the run is.
  public internal(set) var progress = TrainingProgress()
  /// The finished epochs.
  public internal(set) var history: [EpochReport] = []
  /// Connections ever live, by sparse layer; begins with the first rewiring.
  package internal(set) var explorations: [Exploration] = []
  /// What the evolution remembers between its updates.
  package internal(set) var memory: EvolutionMemory
  /// Asked after each step; true ends the run there.
  public var isInterrupted: @Sendable () -> Bool = { false }
  /// What the held-out data is called in logs: "test" or "validation".
  public var heldOutName = "test"
  /// Where and how often the state is saved; nil: never.
  public var checkpoints: CheckpointPolicy?

  let train: Dataset
  let heldOut: Dataset?
  let workers: Workers
  /// The layers as they were born: what tells a recipe's network from others.
  let birthOutlines: [String]
  let workspace: NetworkWorkspace
  /// The last micro-batch's pass.
  private var lastPass: Pass?
  private let targets: TargetBatch
  private let random: Random
  private(set) var order: BatchOrder
  /// What tells the data from other data; made once, since it reads all of it.
  private(set) lazy var dataMarks = (
    train: Fingerprint(train).description, heldOut: heldOut.map { Fingerprint($0).description } ?? "none"
  )

  /// Prepares a run.
  ///
  /// - Throws: ``TrainingError`` and `TopologyError` for a recipe that does not fit the network or the data.
  public init(_ trainer: Trainer, network: Network, train: Dataset, heldOut: Dataset? = nil) throws {
    try trainer.validate(network, train, heldOut)
    self.trainer = trainer
    self.network = network
    self.train = train
    self.heldOut = heldOut
    workers = Workers(threads: trainer.threads)
    let batch = min(trainer.batchSize, train.count)
    workspace = network.makeWorkspace(batch: batch, training: true)
    targets = TargetBatch(loss: trainer.loss, outputs: network.outputs, capacity: batch)
    optimizerState = OptimizerState(trainer.optimizer, for: network)
    memory = EvolutionMemory(trainer.evolution, for: network)
    memory.hold(&self.network, choosing: true, workers: workers)
    birthOutlines = network.layers.map { Self.outline($0) }
    random = Random(seed: trainer.seed).split("training")
    order = BatchOrder(count: train.count, batchSize: batch, seed: trainer.seed)
    order.reset(epoch: 0)
  }

  /// Optimizer steps of one epoch.
  public var stepsPerEpoch: Int {
    (order.batchCount - 1) / trainer.accumulation + 1
  }

  /// Optimizer steps of the whole run.
  public var totalSteps: Int { trainer.epochs * stepsPerEpoch }

  /// What the run is going to do.
  public var plan: RunPlan {
    RunPlan(
      epochs: trainer.epochs, stepsPerEpoch: stepsPerEpoch, samples: train.count,
      connections: network.connectionCount, history: history, heldOutName: heldOutName, step: progress.step)
  }

  /// The learning rate of the next step.
  public var learningRate: Double {
    Double(trainer.optimizer.learningRate) * rateFactor
  }

  private var rateFactor: Double {
    trainer.optimizer.schedule.factor(step: progress.step, totalSteps: totalSteps, stepsPerEpoch: stepsPerEpoch)
  }

  /// Puts the batches in the order of the current epoch; needed after `progress` has been set from a file.
  func restoreOrder() {
    order.reset(epoch: progress.epoch)
  }

  /// Takes one optimizer step, or the topology update that stands in its place.
  ///
  /// After the last batch of an epoch it goes on with the next epoch's order.
  ///
  /// - Returns: the mean loss of the step's samples, and the rewiring that came with it.
  public func step() -> (loss: Double, rewiring: RewiringReport?) {
    if epochIsOver { beginNextEpoch() }
    if trainer.evolution.needsGradient && isUpdateStep { return updateInPlaceOfStep() }
    let loss = gradients()
    if !loss.isFinite { return (loss, nil) }
    let factor = rateFactor
    memory.release(&network)
    trainer.optimizer.step(&network, workspace, &optimizerState, rate: factor, workers: workers)
    let rate = Float(Double(trainer.optimizer.learningRate) * factor)
    memory.walk(&network, rate: rate, random: random.split("walk").split(progress.step), workers: workers)
    progress.step += 1
    memory.hold(&network, choosing: false, decay: rate * trainer.optimizer.weightDecay, workers: workers)
    if !trainer.evolution.needsGradient && isUpdateStep {
      memory.release(&network)
      return (loss, finish(rewireWithoutGradients()))
    }
    return (loss, finish(nil))
  }

  /// What may follow a step and its update: the end of updates, and the removal of neurons at the end of an epoch.
  private func finish(_ update: RewiringReport?) -> RewiringReport? {
    let closing = close()
    guard let last = removeNeurons() ?? closing else { return update }
    return RewiringReport(
      step: last.step, fraction: update?.fraction ?? 0, moved: update?.moved ?? 0, connections: last.connections)
  }

  /// An update that looks at gradients, and takes no step.
  private func updateInPlaceOfStep() -> (loss: Double, rewiring: RewiringReport?) {
    let fraction = dropFraction
    let stream = random.split("evolution").split(progress.step)
    let evolution = trainer.evolution
    guard evolution.needsLiveGradient else {
      let collector = RewiringCollector(memory, propose(fraction, gradients: nil, stream), random: stream)
      let loss = gradients(collector)
      if !loss.isFinite { return (loss, nil) }
      progress.step += 1
      return (loss, finish(apply(collector.rewirings, fraction: fraction, stream)))
    }
    let loss = gradients(keepingThem: true)
    if !loss.isFinite { return (loss, nil) }
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
    progress.step += 1
    return (loss, finish(apply(rewirings, fraction: fraction, stream)))
  }

  private func propose(_ fraction: Double, gradients: NetworkWorkspace?, _ stream: Random) -> [LayerProposal] {
    let progress = trainer.evolution.schedule.progress(step: progress.step, totalSteps: totalSteps)
    return memory.proposals(
      for: &network, optimizerState, fraction: fraction, progress: progress, gradients: gradients, random: stream,
      workers: workers)
  }

  private var isUpdateStep: Bool {
    trainer.evolution.isUpdate(
      step: progress.step, stepsPerEpoch: stepsPerEpoch, totalSteps: totalSteps)
  }

  /// Whether this step's gradients are followed for an update to come.
  private var follows: Bool {
    memory.follows && trainer.evolution.schedule.progress(step: progress.step, totalSteps: totalSteps) < 1
  }

  private var dropFraction: Double {
    trainer.evolution.schedule.fraction(step: progress.step, totalSteps: totalSteps)
  }

  /// Forward and backward over the micro-batches of one step; the mean loss.
  ///
  /// - Parameter keepingThem: whether no layer may take its step on the way.
  private func gradients(_ collector: RewiringCollector? = nil, keepingThem: Bool = false) -> Double {
    let keepsThem = keepingThem || collector != nil || memory.isReserving || follows
    let first = progress.batch
    let last = first + min(trainer.accumulation, order.batchCount - first)
    let samples = order.range(ofBatch: last - 1).upperBound - order.range(ofBatch: first).lowerBound
    let stream = random.split("step").split(progress.step)
    var sum = 0.0
    for batch in first..<last {
      let range = order.range(ofBatch: batch)
      fill(range)
      var pass = Pass(
        isTraining: true, accumulates: batch > first, workers: workers, random: stream.split(batch - first))
      pass.precision = trainer.precision
      if batch == last - 1 {
        pass.collector = collector
        if follows { pass.follower = memory }
      }
      let scores = network.forward(workspace, pass: pass)
      let loss = trainer.loss.evaluate(
        scores, targets, scale: 1 / Float(samples), gradient: workspace.outputGradient, workers: workers)
      sum += loss
      guard loss.isFinite else { return loss }
      network.finishPass(workspace)
      if case .classes = train.targets { progress.right += countRight(scores) }
      if let step = !keepsThem && last == first + 1 ? trainer.optimizer.fusedStep(rate: rateFactor) : nil {
        network.backward(workspace, pass: pass, taking: step, state: &optimizerState)
      } else {
        network.backward(workspace, pass: pass)
      }
      lastPass = pass
    }
    progress.batch = last
    progress.seen += samples
    progress.lossSum += sum
    return sum / Double(samples)
  }

  private func countRight(_ scores: Activations) -> Int {
    guard scores.features == 1 else { return Kernels.countRight(scores, labels: targets.labels) }
    let threshold = trainer.loss.threshold
    var right = 0
    for sample in 0..<scores.samples where (scores[0, sample] > threshold ? 1 : 0) == targets.labels[sample] {
      right += 1
    }
    return right
  }

  private func fill(_ range: Range<Int>) {
    Kernels.gather(rows: order.indices, range: range, from: train.features, into: workspace.input, workers: workers)
    switch train.targets {
    case .classes(let labels, _): targets.fill(classes: labels, order: order.indices, range: range)
    case .values(let values): targets.fill(values: values, order: order.indices, range: range, workers: workers)
    case .none: preconditionFailure("training needs targets")
    }
  }

  /// The backward pass of the last micro-batch once more.
  private func backwardAgain(_ collector: RewiringCollector) {
    guard var pass = lastPass else { return }
    pass.accumulates = false
    pass.collector = collector
    pass.follower = nil
    _ = trainer.loss.evaluate(
      workspace.output, targets, scale: 1 / Float(workspace.output.samples), gradient: workspace.outputGradient,
      workers: workers)
    network.backward(workspace, pass: pass)
  }

  private func rewireWithoutGradients() -> RewiringReport {
    let stream = random.split("evolution").split(progress.step)
    let fraction = dropFraction
    let proposals = propose(fraction, gradients: nil, stream)
    return apply(
      memory.rewirings(of: network, proposals, random: stream, workers: workers), fraction: fraction, stream)
  }

  /// Once, when updates are over: what is above the final count goes.
  private func close() -> RewiringReport? {
    guard trainer.evolution.isClosing(step: progress.step, totalSteps: totalSteps) else { return nil }
    memory.release(&network)
    let proposals = memory.closingProposals(for: &network, optimizerState, workers: workers)
    memory.endReserve()
    let rewirings = proposals.enumerated().map { ($0.offset, Rewiring(dropped: $0.element.dropped)) }
    return apply(rewirings, fraction: 0, random.split("closing"))
  }

  /// At the end of an epoch: neurons that matter little go.
  private func removeNeurons() -> RewiringReport? {
    guard let pruning = trainer.evolution.neuronPruning, epochIsOver,
      pruning.isDue(epoch: progress.epoch + 1, of: trainer.epochs)
    else { return nil }
    memory.release(&network)
    return apply(memory.neuronRemovals(in: network), fraction: 0, random.split("neurons").split(progress.step))
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
      moved += rewired.newborns
    }
    memory.hold(&network, choosing: true, workers: workers)
    progress.moved += moved
    return RewiringReport(
      step: progress.step, fraction: fraction, moved: moved, connections: network.connectionCount)
  }

  /// Names the first layer with outputs or parameters that are not finite, for the message of a diverged run.
  func divergedLayer() -> String {
    guard let index = network.firstNonFiniteLayer(workspace) ?? network.firstLayerWithNonFiniteParameters()
    else { return "the loss" }
    return place(ofLayer: index)
  }

  /// How messages name a layer.
  func place(ofLayer index: Int) -> String {
    return "layer \(index) (\(network.layers[index].kind))"
  }

  /// The quality of the network on the held-out data.
  func judgeHeldOut() -> Metrics? {
    guard let heldOut else { return nil }
    let scores = network.predict(heldOut.features, workers: workers)
    return Metrics(scores: scores, targets: heldOut.targets, loss: trainer.loss, workers: workers)
  }

  /// Begins the next epoch's order.
  package func beginNextEpoch() {
    progress.epoch += 1
    progress.batch = 0
    progress.lossSum = 0
    progress.right = 0
    progress.seen = 0
    progress.moved = 0
    order.reset(epoch: progress.epoch)
  }

  /// Whether all batches of the current epoch are done.
  var epochIsOver: Bool { progress.batch >= order.batchCount }
}

/// Where a run is.
public struct TrainingProgress: Sendable, Equatable {
  /// Finished epochs.
  public var epoch = 0
  /// Finished batches of the current epoch.
  public var batch = 0
  /// Finished steps of the run.
  public var step = 0
  /// The sum of the loss over the samples of the current epoch so far.
  public var lossSum = 0.0
  /// Right predictions in the current epoch so far.
  public var right = 0
  /// Samples of the current epoch so far.
  public var seen = 0
  /// Connections moved in the current epoch so far.
  public var moved = 0
  /// Wall-clock seconds of all parts of the run before this one.
  public var seconds = 0.0
}
