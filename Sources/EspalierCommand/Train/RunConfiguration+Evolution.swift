// SPDX-License-Identifier: Apache-2.0
// Espalier: from settings to a way of rewiring.

internal import Espalier

extension EvolutionSettings.Method {
  /// Whether the network is born with more connections than it ends with.
  var thinsOut: Bool { self == .gmp || self == .graNet || self == .chtss || self == .topKAST }

  /// Connections at birth over those in the end, for methods that thin out.
  var usualStart: Double { self == .topKAST ? 2 : 3 }

  /// Steps between two updates as its paper has them, in a run of so many steps an epoch.
  fileprivate func paperInterval(stepsPerEpoch: Int) -> Int {
    switch self {
    case .deepR: 1
    case .rigl, .dstEE, .sRigL, .gmp, .topKAST: 100
    case .dsr: 300
    case .nm: 40
    case .gse, .graNet, .neuroRegeneration: 1000
    case .setITOP: 1500
    case .rigLITOP: 4000
    case .mest, .mestSoft: stepsPerEpoch > Int.max / 5 ? stepsPerEpoch : 5 * stepsPerEpoch
    case .set, .sparseMomentum, .cht, .chts, .chtss, .static, .dense: stepsPerEpoch
    }
  }
}

extension RunConfiguration {
  /// The share of connections that exist in the end, when the settings say one.
  var finalDensity: Double? {
    switch topology.budget {
    case .sparsity(let sparsity): 1 - sparsity
    case .density(let density): density
    default: nil
    }
  }

  /// How connections move, for data of `samples` training samples.
  func makeEvolution(samples: Int) -> Evolution {
    var result = preset(every: .steps(updateInterval(samples: samples)))
    if let end = evolution.updateEnd { result.schedule.end = end }
    switch evolution.redistribute {
    case nil: break
    case .none?: result.redistribute = .none
    case .survivors: result.redistribute = .survivors
    case .magnitude: result.redistribute = .magnitude
    case .gradient: result.redistribute = .gradient
    case .momentum: result.redistribute = .momentum
    }
    switch evolution.scope {
    case nil: break
    case .layer: result.scope = .layer
    case .network: result.scope = .network
    case .threshold: result.scope = .threshold(initial: 1e-3)
    }
    switch evolution.deadNeurons {
    case nil: break
    case .keep: result.deadNeurons = .keep
    case .remove: result.deadNeurons = .remove
    case .regrow: result.deadNeurons = .regrow
    }
    if evolution.neuronPruning > 0 { result.neuronPruning = NeuronPruning(percentile: evolution.neuronPruning) }
    if evolution.power != 1 { result.newborn = .normal(scale: 0.1) }
    return result
  }

  private func preset(every: UpdateInterval) -> Evolution {
    let density = finalDensity ?? 1
    func share(_ paper: Double) -> Double { evolution.dropFraction ?? paper }
    switch evolution.method {
    case .static, .dense: return .static
    case .set: return .set(every: every, dropFraction: share(0.3))
    case .rigl: return .rigL(every: every, dropFraction: share(0.3))
    case .gse: return .gse(every: every, dropFraction: share(0.3))
    case .deepR: return .deepR(every: every)
    case .dsr: return .dsr(every: every, dropFraction: share(0.1))
    case .sparseMomentum: return .sparseMomentum(every: every, dropFraction: share(0.5))
    case .mest: return .mest(every: every, dropFraction: share(0.2))
    case .mestSoft: return .mest(every: every, dropFraction: share(0.2), margin: 0.2)
    case .setITOP: return .setITOP(every: every, dropFraction: share(0.5))
    case .rigLITOP: return .rigLITOP(every: every, dropFraction: share(0.5))
    case .gmp: return .gmp(to: density, every: every)
    case .graNet: return .graNet(to: density, every: every, dropFraction: share(0.5))
    case .neuroRegeneration: return .neuroRegeneration(every: every, dropFraction: share(0.5))
    case .topKAST: return .topKAST(to: density, every: every, dropFraction: share(0.1))
    case .dstEE: return .dstEE(every: every, dropFraction: share(0.3))
    case .sRigL: return .sRigL(every: every, dropFraction: share(0.3))
    case .cht: return .cht(every: every, dropFraction: share(0.3))
    case .chts: return .chts(every: every, dropFraction: share(0.3))
    case .nm:
      guard case .nm(let pattern) = topology.budget else { return .static }
      let scale = evolution.gradientScale ?? 10 * (optimizer.learningRate ?? 0.001)
      return .nm(pattern, every: every, gradientScale: Float(scale))
    case .chtss: return .chts(every: every, dropFraction: share(0.3), to: density)
    }
  }

  /// Steps between two updates: what was asked for, else the paper's interval, or less in a run so short that fewer
  /// than 60 updates would fit, but never under 10 steps.
  func updateInterval(samples: Int) -> Int {
    if let steps = evolution.updateEvery { return steps }
    let stepsPerEpoch = stepsPerEpoch(samples: samples)
    let paper = evolution.method.paperInterval(stepsPerEpoch: stepsPerEpoch)
    let end = evolution.updateEnd ?? 0.75
    let updating = end * Double(stepsPerEpoch) * Double(training.epochs)
    return max(1, min(paper, max(10, Int(min(Double(paper), updating / 60)))))
  }

  /// Updates of the connections in the whole run, at most.
  func updates(samples: Int) -> Int {
    let (steps, overflow) = stepsPerEpoch(samples: samples).multipliedReportingOverflow(by: training.epochs)
    return overflow ? .max : steps / max(1, updateInterval(samples: samples)) + 1
  }

  private func stepsPerEpoch(samples: Int) -> Int {
    let batch = min(training.batchSize, samples)
    let batches = (samples - 1) / batch + 1
    return (batches - 1) / training.accumulate + 1
  }
}
