// SPDX-License-Identifier: Apache-2.0
// Espalier: settings that do nothing.

internal import Espalier

extension RunConfiguration {
  /// One line for each setting that was asked for and has no effect in this run.
  func notes(for data: PreparedData) -> [String] {
    var notes: [String] = []
    func note(_ key: String, _ reason: String) { notes.append("note: --\(key) has no effect \(reason)") }
    let standard = NetworkSettings()
    let fixed = network.network == .lenet5 || network.network == .vggSmall
    if fixed && network.hidden != standard.hidden { note("hidden", "with --network \(network.network.rawValue)") }
    if network.network != .mlp {
      if network.normalization != standard.normalization {
        note("normalization", "with --network \(network.network.rawValue)")
      }
      if network.residual { note("residual", "with --network \(network.network.rawValue)") }
    }
    if !fixed && network.network != .mlp && network.activation != standard.activation {
      note("activation", "with --network \(network.network.rawValue)")
    }
    if training.patience > 0, data.heldOut == nil { note("patience", "with no held-out data") }
    if evolution.updateEvery != nil, evolution.method == .static || evolution.method == .dense {
      note("update-every", "with --method \(evolution.method.rawValue)")
    }
    if topology.brfLocality != TopologySettings().brfLocality, topology.birth != .brf {
      note("brf-locality", "without --birth brf")
    }
    if topology.candidates != TopologySettings().candidates, dataBirth?.rule == nil || topology.birth == .csti {
      note("candidates", "without --birth snip, grasp or synflow")
    }
    if evolution.neuronPruning > 0, network.network == .lstm || network.network == .gru {
      note("importance-pruning", "on the recurrent layer, whose rows are gates of neurons")
    }
    notes += evolutionNotes
    if optimizer.nesterov, optimizer.optimizer != .sgd {
      note("nesterov", "with --optimizer \(optimizer.optimizer.rawValue)")
    }
    if training.labelSmoothing > 0, let loss = resolved(for: data).training.loss, loss != .crossEntropy {
      note("label-smoothing", "with --loss \(loss.rawValue)")
    }
    if run.outOfCore != nil, windows == nil {
      note("out-of-core", "without windowed layers: --method static with --locality and a --fan-in of up to 16")
    }
    return notes
  }

  /// Settings of the evolution and the birth that this method does not look at, and ends that come before the density's.
  private var evolutionNotes: [String] {
    let method = evolution.method
    let rests = method == .static || method == .dense
    let hasFreeShape = !rests && method != .nm
    let idle: [(key: String, isGiven: Bool, isUsed: Bool)] = [
      ("redistribute", evolution.redistribute != nil, hasFreeShape), ("scope", evolution.scope != nil, hasFreeShape),
      ("dead-neurons", evolution.deadNeurons != nil, hasFreeShape),
      ("drop-fraction", evolution.dropFraction != nil, hasFreeShape && method != .deepR && method != .gmp),
      ("start-factor", evolution.startFactor != nil, method.thinsOut),
      ("gradient-scale", evolution.gradientScale != nil, method == .nm),
      ("importance-pruning", evolution.neuronPruning > 0, method != .dense),
      ("power", evolution.power != 1, method != .dense),
    ]
    var notes = idle.filter { $0.isGiven && !$0.isUsed }.map {
      "note: --\($0.key) has no effect with --method \(method.rawValue)"
    }
    if method.thinsOut || method == .mestSoft, training.maxSteps != nil || training.patience > 0 {
      notes.append(
        "note: --method \(method.rawValue) reaches its number of connections at the end of updates; a run that --max-steps or "
          + "--patience ends before has more")
    }
    return notes
  }
}
