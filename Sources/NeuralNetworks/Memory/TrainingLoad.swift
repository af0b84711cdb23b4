// SPDX-License-Identifier: Apache-2.0
// Espalier: what training asks of memory besides the network.

public import SparseTopology

/// What a run asks of memory besides its network: batches, slots, rewirings and data.
public struct TrainingLoad: Sendable, Equatable {
  /// Samples of a batch.
  public var batch: Int
  /// Batches whose gradients make one step.
  public var accumulation: Int
  /// How gradients become steps.
  public var optimizer: Optimizer
  /// How connections move.
  public var evolution: Evolution
  /// How exact the activations are that sparse layers gather.
  public var precision: ActivationPrecision
  /// Samples that the network is judged by between epochs, 0 for none.
  public var heldOut: Int
  /// Whether the connections of windowed layers lie in a file instead.
  public var windowsInFile: Bool
  /// Updates of the connections in the whole run; nil when that is not known.
  public var updates: Int?
  /// A choice of connections before the first step, where there is one.
  public var birth: BirthLoad?
  /// Bytes of the data while training.
  public var data: Int
  /// Bytes of the data while it is made ready, before the network is born.
  public var preparation: Int

  /// Joins the parts; `preparation` is at least `data`.
  public init(
    batch: Int, accumulation: Int = 1, optimizer: Optimizer, evolution: Evolution,
    precision: ActivationPrecision = .float32, heldOut: Int = 0,
    windowsInFile: Bool = false, updates: Int? = nil, birth: BirthLoad? = nil, data: Int = 0, preparation: Int = 0
  ) {
    precondition(batch > 0 && accumulation > 0, "batches of \(batch) samples, \(accumulation) a step")
    self.batch = batch
    self.accumulation = accumulation
    self.optimizer = optimizer
    self.evolution = evolution
    self.precision = precision
    self.heldOut = heldOut
    self.windowsInFile = windowsInFile
    self.updates = updates
    self.birth = birth
    self.data = data
    self.preparation = max(data, preparation)
  }
}

/// What choosing connections by data, or by the whole network, asks of memory before the first step.
public struct BirthLoad: Sendable, Equatable {
  /// Candidates a connection that are there at once; 0: none beside the network's own.
  public var candidates: Double
  /// Bytes of gradients and scores a candidate.
  public var scores: Int
  /// Bytes of cells that are ranked, for each connection of the largest layer.
  public var ranking: Int
  /// Samples of the one pass through the candidates, 0 for none.
  public var samples: Int
  /// Bytes of anything else.
  public var others: Int

  /// Joins the parts.
  public init(candidates: Double = 0, scores: Int = 0, ranking: Int = 0, samples: Int = 0, others: Int = 0) {
    self.candidates = candidates
    self.scores = scores
    self.ranking = ranking
    self.samples = samples
    self.others = others
  }
}
