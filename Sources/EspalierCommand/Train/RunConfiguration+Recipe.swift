// SPDX-License-Identifier: Apache-2.0
// Espalier: from settings to a network and a recipe.

internal import Espalier

extension RunConfiguration {
  /// Settings that follow from others, and refusal of those that contradict each other.
  func resolved() throws(CommandError) -> RunConfiguration {
    guard training.seeds - 1 <= Int.max - training.seed else {
      throw .usage(
        "--seeds: expected at most \(Int.max - training.seed + 1) from --seed \(training.seed) on, got \(training.seeds)"
      )
    }
    var result = self
    try result.resolveBirth()
    result.optimizer.learningRate = optimizer.learningRate ?? (optimizer.optimizer == .sgd ? 0.05 : 0.001)
    if evolution.method == .dense {
      switch topology.budget {
      case nil, .sparsity(0), .density(1): break
      default:
        throw .usage("--method dense: expected no number of connections, got \(budgetWords); leave one of them out")
      }
      if let locality = topology.locality {
        throw .usage("--method dense: expected no windows, got --locality \(locality); leave one of them out")
      }
      result.topology.budget = nil
      result.topology.distribution = nil
    } else if topology.birth == .file {
      result.topology.budget = nil  // the file says how many there are
    } else {
      result.topology.budget = topology.budget ?? .sparsity(0.95)
      switch (topology.budget, result.topology.distribution) {
      case (.epsilon, .erk), (.epsilon, .uniform):
        throw .usage(
          "--epsilon: expected distribution er, got \(result.topology.distribution?.rawValue ?? ""); give --density instead"
        )
      case (.fanIn, .some(let distribution)):
        throw .usage("--fan-in: expected no distribution, got \(distribution.rawValue); a fan-in says it all")
      case (.nm, .some(let distribution)):
        throw .usage("--nm: expected no distribution, got \(distribution.rawValue); a pattern says it all")
      case (.nm, nil): break
      case (.epsilon, nil): result.topology.distribution = .er
      case (.fanIn, nil): break
      case (_, nil): result.topology.distribution = .erk
      default: break
      }
    }
    try checkTiles()
    if evolution.method.thinsOut, result.finalDensity == nil {
      throw .usage(
        "--method \(evolution.method.rawValue): expected --sparsity or --density, the share in the end, got \(budgetWords)"
      )
    }
    return result
  }

  private func checkTiles() throws(CommandError) {
    guard evolution.method != .dense else { return }
    if case .nm = topology.budget {
      guard evolution.neuronPruning == 0 else {
        throw .usage("--importance-pruning: expected connections of free shape, got N:M; leave one of them out")
      }
      guard evolution.method == .nm || evolution.method == .static else {
        throw .usage(
          "--method \(evolution.method.rawValue): expected --method nm or static with N:M connections, which others would "
            + "break")
      }
    } else if evolution.method == .nm {
      throw .usage("--method nm: expected --nm or --transposable-nm, got \(budgetWords)")
    }
  }

  private var budgetWords: String {
    let given = Setting.all.first { Self.budgets.contains($0.key) && $0.read(self) != nil }
    return given.map { "--\($0.flag) \($0.read(self)?.toml ?? "")" } ?? "none"
  }

  /// The folder of the run: the one that the user names, else one by data, method and seed.
  func runFolder(_ start: RunStart) -> RunFolder {
    run.runDir.map { RunFolder($0) } ?? RunFolder.unnamed(unnamedFolder, start)
  }

  private var unnamedFolder: String {
    "runs/\(PreparedData.shortName(data.data))-\(evolution.method.rawValue)-s\(training.seed)"
      + (training.seeds > 1 ? "-\(training.seed &+ training.seeds &- 1)" : "")  // `resolved()` refuses what wraps
  }

  /// How connections are born; call it on a resolved configuration.
  var birth: Topology {
    let whole = placement.map { unlocalizedBirth.placing($0) } ?? unlocalizedBirth
    return topology.locality.map { whole.local(window: $0) } ?? whole
  }

  private var unlocalizedBirth: Topology {
    let density: Double
    switch topology.budget {
    case .sparsity, .density:
      let start = evolution.method.thinsOut ? evolution.startFactor ?? evolution.method.usualStart : 1
      density = min(1, start * (finalDensity ?? 1))
    case .epsilon(let epsilon): return .erdosRenyi(epsilon: epsilon)
    case .fanIn(let count): return .fixedFanIn(count)
    case .nm(let pattern):
      return .nm(kept: pattern.kept, of: pattern.side, isTransposable: pattern.isTransposable)
    case nil: return .dense
    }
    switch topology.distribution {
    case .er: return .erdosRenyi(density: density)
    case .uniform: return .uniform(density: density)
    case .erk, nil: return .erk(density: density)
    }
  }

  /// Builds the network.
  ///
  /// - Parameter train: what a birth by data looks at; nil leaves connections as they are drawn first.
  func makeNetwork(inputs: Int, outputs: Int, form: DataForm = DataForm(), train: Dataset? = nil) throws -> Network {
    let layers = try givenLayers(inputs: inputs, outputs: outputs, form: form)
    var network = try Network(
      inputs: inputs, topology: birth, initialization: start, seed: UInt64(training.seed),
      site: birthSite(of: layers), layers: layers)
    if let train, let dataBirth {
      try dataBirth.apply(
        to: &network, initialization: start, train: train,
        loss: loss(for: train.targets.isValues ? .regression(targets: []) : .classification(classes: [])),
        seed: UInt64(training.seed), workers: Workers(threads: run.threads))
    }
    return network
  }

  private var start: Initialization {
    switch network.initialization {
    case .he: .he
    case .xavier: .xavier
    case .lecun: .leCun
    }
  }

  /// The layers, one after another.
  ///
  /// - Throws: ``CommandError`` for a kind of network that the data's features do not fit.
  func layers(inputs: Int, outputs: Int, form: DataForm) throws(CommandError) -> [LayerDescription] {
    switch network.network {
    case .mlp: perceptron(inputs: inputs, outputs: outputs)
    case .lenet5: leNet(on: try image(form), outputs: outputs)
    case .vggSmall: vgg(on: try image(form), outputs: outputs)
    case .lstm, .gru: recurrent(over: try sequence(form), outputs: outputs)
    }
  }

  private func perceptron(inputs: Int, outputs: Int) -> [LayerDescription] {
    var list: [LayerDescription] = []
    var width = inputs
    for (index, hidden) in network.hidden.enumerated() {
      var block = [connections(hidden)]
      switch network.normalization {
      case .none: break
      case .batch: block += BatchNorm().descriptions
      case .layer: block += LayerNorm().descriptions
      }
      block += activation
      if network.dropout > 0 { block += Dropout(Float(network.dropout)).descriptions }
      list += network.residual && index > 0 && hidden == width ? [.residual(block)] : block
      width = hidden
    }
    if windows != nil && !topology.denseOutput {
      list += funnel(&width)
      return list + [.linear(Linear(outputs))]
    }
    list.append(output(outputs))
    return list
  }

  /// The last layer.
  func output(_ outputs: Int) -> LayerDescription {
    topology.denseOutput ? .linear(Linear(outputs)) : connections(outputs)
  }

  func connections(_ outputs: Int) -> LayerDescription {
    if let windows { return .windowedLinear(WindowedLinear(outputs, fanIn: windows.fanIn, window: windows.size)) }
    return evolution.method == .dense ? .linear(Linear(outputs)) : .sparseLinear(SparseLinear(outputs))
  }

  var activation: [LayerDescription] {
    switch network.activation {
    case .relu: ReLU().descriptions
    case .leakyReLU: LeakyReLU().descriptions
    case .allReLU: AllReLU().descriptions
    case .srelu: SReLU().descriptions
    case .tanh: Tanh().descriptions
    case .sigmoid: Sigmoid().descriptions
    case .gelu: GELU().descriptions
    }
  }

  /// The recipe for data of `samples` training samples.
  func makeTrainer(task: Task, samples: Int) throws(CommandError) -> Trainer {
    var trainer = Trainer(
      loss: try loss(for: task), optimizer: makeOptimizer(), evolution: makeEvolution(samples: samples),
      epochs: training.epochs, batchSize: training.batchSize, accumulation: training.accumulate,
      precision: training.precision,
      seed: UInt64(training.seed), threads: run.threads)
    trainer.birth = birthWords
    return trainer
  }

  /// Fills in what follows from the data too; call it on a resolved configuration.
  func resolved(for data: PreparedData) -> RunConfiguration {
    var result = self
    if evolution.method != .static && evolution.method != .dense {
      result.evolution.updateEvery = updateInterval(samples: data.train.count)
    }
    if training.loss == nil {
      if case .classification = data.task {
        result.training.loss = .crossEntropy
      } else {
        result.training.loss = .mse
      }
    }
    return result
  }

  func loss(for task: Task) throws(CommandError) -> Loss {
    switch (task, training.loss) {
    case (.classification, nil), (.classification, .crossEntropy):
      return .crossEntropy(labelSmoothing: Float(training.labelSmoothing))
    case (.regression, nil), (_, .mse): return .meanSquaredError
    case (_, .huber): return .huber
    case (_, .bce): return .binaryCrossEntropy
    case (.regression, .crossEntropy):
      throw .usage("--loss: expected mse, huber or bce for regression, got cross-entropy, which takes classes")
    }
  }

  /// How gradients become steps.
  func makeOptimizer() -> Optimizer {
    let decay: LearningRateSchedule.Decay =
      switch optimizer.schedule {
      case .constant: .constant
      case .step: .step(epochs: optimizer.stepEpochs, factor: optimizer.stepFactor)
      case .cosine: .cosine(floor: 0)
      case .linear: .linear(floor: 0.01)
      }
    let rule: Optimizer.Rule =
      switch optimizer.optimizer {
      case .sgd: .sgd(momentum: Float(optimizer.momentum), nesterov: optimizer.nesterov)
      case .adam: .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decoupled: false)
      case .adamw: .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decoupled: true)
      case .rmsprop: .rmsProp(smoothing: 0.99, epsilon: 1e-8, momentum: Float(optimizer.momentum))
      }
    var result = Optimizer(
      rule: rule, learningRate: Float(optimizer.learningRate ?? 0.001), weightDecay: Float(optimizer.weightDecay),
      clipping: optimizer.clip > 0 ? .norm(Float(optimizer.clip)) : .none,
      schedule: LearningRateSchedule(decay: decay, warmUpSteps: optimizer.warmUp))
    if evolution.power != 1 { result.parametrization = .powerpropagation(power: Float(evolution.power)) }
    return result
  }
}
