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
  public var network: Network { learner.network }
  /// What the optimizer remembers.
  public var optimizerState: OptimizerState { learner.optimizerState }
  /// Where the run is.
  public internal(set) var progress = TrainingProgress()
  /// The finished epochs.
  public internal(set) var history: [EpochReport] = []
  /// Connections ever live, by sparse layer; begins with the first rewiring.
  package var explorations: [Exploration] { learner.explorations }
  /// What the evolution remembers between its updates.
  package var memory: EvolutionMemory { learner.memory }
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
  /// The network and what changes it.
  let learner: NetworkLearner
  private let targets: TargetBatch
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
    self.train = train
    self.heldOut = heldOut
    workers = Workers(threads: trainer.threads)
    let batch = min(trainer.batchSize, train.count)
    targets = TargetBatch(loss: trainer.loss, outputs: network.outputs, capacity: batch)
    order = BatchOrder(count: train.count, batchSize: batch, seed: trainer.seed)
    learner = NetworkLearner(
      network, optimizer: trainer.optimizer, evolution: trainer.evolution, batch: batch,
      span: LearningSpan(
        epochs: trainer.epochs, stepsPerEpoch: Self.stepsPerEpoch(order, accumulation: trainer.accumulation)),
      random: Random(seed: trainer.seed).split("training"), workers: workers)
    learner.precision = trainer.precision
    birthOutlines = learner.network.layers.map { NetworkLearner.outline($0) }
    order.reset(epoch: 0)
  }

  /// Optimizer steps of one epoch.
  public var stepsPerEpoch: Int { Self.stepsPerEpoch(order, accumulation: trainer.accumulation) }

  private static func stepsPerEpoch(_ order: BatchOrder, accumulation: Int) -> Int {
    (order.batchCount - 1) / accumulation + 1
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
    Double(trainer.optimizer.learningRate) * learner.rateFactor
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
    let first = progress.batch
    let last = first + min(trainer.accumulation, order.batchCount - first)
    var loss = 0.0
    let outcome = learner.take(finishedEpoch: last == order.batchCount ? progress.epoch + 1 : nil) { demand in
      loss = gradients(first..<last, demand)
      return loss.isFinite
    }
    guard case .stepped(let rewiring) = outcome else { return (loss, nil) }
    progress.step = learner.step
    progress.moved += rewiring?.moved ?? 0
    return (loss, rewiring)
  }

  /// Forward and backward over the micro-batches of one step; the mean loss.
  private func gradients(_ batches: Range<Int>, _ demand: GradientDemand) -> Double {
    let workspace = learner.workspace
    let samples =
      order.range(ofBatch: batches.upperBound - 1).upperBound - order.range(ofBatch: batches.lowerBound).lowerBound
    var sum = 0.0
    for batch in batches {
      fill(order.range(ofBatch: batch))
      let pass = learner.pass(
        demand, index: batch - batches.lowerBound, isLast: batch == batches.upperBound - 1)
      let scores = learner.forward(pass)
      let loss = trainer.loss.evaluate(
        scores, targets, scale: 1 / Float(samples), gradient: workspace.outputGradient, workers: workers)
      sum += loss
      guard loss.isFinite else { return loss }
      if case .classes = train.targets { progress.right += countRight(scores) }
      learner.backward(pass, demand, isWholeStep: batches.count == 1)
    }
    progress.batch = batches.upperBound
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
    Kernels.gather(
      rows: order.indices, range: range, from: train.features, into: learner.workspace.input, workers: workers)
    switch train.targets {
    case .classes(let labels, _): targets.fill(classes: labels, order: order.indices, range: range)
    case .values(let values): targets.fill(values: values, order: order.indices, range: range, workers: workers)
    case .none: preconditionFailure("training needs targets")
    }
  }

  /// Names the first layer with outputs or parameters that are not finite, for the message of a diverged run.
  func divergedLayer() -> String { learner.divergedLayer() }

  /// How messages name a layer.
  func place(ofLayer index: Int) -> String { learner.place(ofLayer: index) }

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
