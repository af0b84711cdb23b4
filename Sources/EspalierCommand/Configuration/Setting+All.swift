// SPDX-License-Identifier: Apache-2.0
// Espalier: every setting of a run.

internal import Espalier

extension RunConfiguration: Configurable {
  /// Every setting, in the order of files and of `--help`.
  static let settings: [Setting] = data + network + topology + evolution + optimizer + training + run

  /// The keys that say how many connections there are; one of them at a time.
  static let budgets = ["sparsity", "density", "epsilon", "fan_in", "nm", "transposable_nm"]

  /// What reads such files.
  static let command = "espalier train"

  private static let data: [Setting] = [
    Setting(
      section: "data", key: "data",
      help: "a data set of the catalogue ('espalier data list'), a file or folder (IDX, NPZ, CSV, LIBSVM, CIFAR), or "
        + "synthetic:FEATURESxSAMPLESxCLASSES; a .txt file is read as windows of characters",
      standard: "digits", expected: "a name or a path", placeholder: "name-or-path",
      write: { value, configuration in
        guard let text = value.asText, !text.isEmpty else { return false }
        configuration.data.data = text
        return true
      },
      read: { .text($0.data.data) }),
    Setting(
      section: "data", key: "label",
      help: "the column with the labels: its name, or its position from 0 (-1: the last)",
      standard: "auto: label, class, target or y, else the last", expected: "a column's name or position, or auto",
      placeholder: "column",
      write: { value, configuration in
        guard let text = value.asText ?? value.asInteger.map({ "\($0)" }), !text.isEmpty else { return false }
        configuration.data.label = text == "auto" ? nil : text
        return true
      },
      read: { .text($0.data.label ?? "auto") }),
    .flag("data", "regression", \.data.regression, "take the labels as numbers instead of classes"),
    .number(
      "data", "test", \.data.test, .belowOne, "the share set aside for the test, when the data brings no test part"),
    .number(
      "data", "validation", \.data.validation, .belowOne,
      "the share of the training part set aside to find the best epoch and to stop early"),
    .integer("data", "split_seed", \.data.splitSeed, from: 0, "decides which samples are set aside, for every --seed"),
    .choice(
      "data", "scaling", \.data.scaling, "scaling of the features, fitted on the training part; text is not scaled"),
  ]

  private static let network: [Setting] = [
    .choice(
      "network", "network", \.network.network,
      "the kind of layers; lenet5 and vgg-small for images, lstm and gru (of the widths of --hidden) for text"),
    Setting(
      section: "network", key: "hidden",
      help: "widths of the hidden layers, or none; 256x3 stands for 256,256,256", standard: "256,256",
      expected: "widths, whole numbers from 1 to \(Int32.max), such as 256,256, or none", placeholder: "widths",
      write: { value, configuration in
        if value.asText == "none" {
          configuration.network.hidden = []
          return true
        }
        guard let list = value.asList else { return false }
        let widths = list.map(HiddenWidths.init)
        guard widths.allSatisfy({ $0 != nil }) else { return false }
        configuration.network.hidden = widths.flatMap { $0?.widths ?? [] }
        return true
      },
      read: { .list($0.network.hidden.map { .integer($0) }) }),
    .choice("network", "activation", \.network.activation, "what hidden neurons do"),
    .choice("network", "normalization", \.network.normalization, "before each activation"),
    .number("network", "dropout", \.network.dropout, .belowOne, "the share of hidden values dropped while training"),
    .flag("network", "residual", \.network.residual, "give hidden layers as wide as the one before a bypass"),
    .choice("network", "initialization", \.network.initialization, "first weights, by each neuron's real fan-in"),
  ]

  private static let topology: [Setting] = [
    budget("sparsity", "the share of connections that do not exist", "0.95", "a number from 0 to below 1") { value in
      value.asNumber.flatMap { $0 >= 0 && $0 < 1 ? .sparsity($0) : nil }
    } read: {
      if case .sparsity(let value) = $0 { .number(value) } else { nil }
    },
    budget("density", "the share of connections that exist", "0.05", "a number above 0, at most 1") { value in
      value.asNumber.flatMap { $0 > 0 && $0 <= 1 ? .density($0) : nil }
    } read: {
      if case .density(let value) = $0 { .number(value) } else { nil }
    },
    budget(
      "epsilon", "SET's number: a layer gets epsilon x (inputs + outputs) connections", "none", "a number above 0"
    ) { value in
      value.asNumber.flatMap { $0 > 0 && $0.isFinite ? .epsilon($0) : nil }
    } read: {
      if case .epsilon(let value) = $0 { .number(value) } else { nil }
    },
    budget("fan_in", "the same number of inputs for every neuron", "none", "a whole number of at least 1") { value in
      value.asInteger.flatMap { $0 >= 1 ? .fanIn($0) : nil }
    } read: {
      if case .fanIn(let value) = $0 { .integer(value) } else { nil }
    },
    tiles("nm", isTransposable: false, "keep N of every M neighbouring weights of a row"),
    tiles("transposable_nm", isTransposable: true, "the same for rows and columns of every M x M tile"),
    .choice(
      "topology", "distribution", \.topology.distribution, standard: "erk; er with --epsilon",
      "how layers share the connections"),
    .integer(
      "topology", "locality", \.topology.locality, from: 1, to: Int(Int32.max), or: "none",
      standard: "none: everywhere",
      "how far from its own place in the layer before a neuron may find inputs, to either side; with --method static and "
        + "a --fan-in of up to 16, giants"),
    .choice(
      "topology", "birth", \.topology.birth, standard: "auto: uniformly at random, as --distribution says",
      "which connections are born"),
    .number(
      "topology", "brf_locality", \.topology.brfLocality, .share,
      "of --birth brf: 0 for each neuron's nearest inputs, 1 for a random graph"),
    Setting(
      section: "topology", key: "candidates",
      help: "of --birth snip, grasp and synflow: connections that are scored for each that stays", standard: "5.0",
      expected: "a number of at least 1", placeholder: "number",
      write: { value, configuration in
        guard let number = value.asNumber, number >= 1, number.isFinite else { return false }
        configuration.topology.candidates = number
        return true
      },
      read: { .number($0.topology.candidates) }),
    Setting(
      section: "topology", key: "topology_file",
      help: "of --birth file: connections as .npz (SciPy CSR or masks), .safetensors, or an exported folder",
      standard: "none", expected: "a path", placeholder: "path",
      write: { value, configuration in
        guard let text = value.asText, !text.isEmpty else { return false }
        configuration.topology.topologyFile = text == "none" ? nil : text
        return true
      },
      read: { $0.topology.topologyFile.map { .text($0) } }),
    .flag("topology", "dense_output", \.topology.denseOutput, "make the output layer dense, outside the budget"),
  ]

  private static let evolution: [Setting] = [
    .choice("evolution", "method", \.evolution.method, "how connections move"),
    .integer(
      "evolution", "update_every", \.evolution.updateEvery, from: 1,
      standard: "auto: the paper's (set: 1 epoch, rigl: 100, gse: 1000), less in short runs, for about 60 updates",
      "steps between two updates of the topology"),
    .number(
      "evolution", "drop_fraction", \.evolution.dropFraction, .share,
      standard: "auto: the paper's (set, rigl, gse, cht: 0.3; granet, sparse-momentum, itop: 0.5; mest: 0.2)",
      "the share that the first update moves"),
    .number(
      "evolution", "update_end", \.evolution.updateEnd, .share, standard: "auto: 0.75, for deepr 1",
      "the share of training with updates"),
    .number(
      "evolution", "start_factor", \.evolution.startFactor, .fromOne, standard: "auto: 3, for top-kast 2",
      "connections at birth over those at the end, for gmp, granet, chtss and top-kast, which thin out"),
    .choice(
      "evolution", "redistribute", \.evolution.redistribute, standard: "auto: the method's",
      "how layers share the connections that grow"),
    .choice(
      "evolution", "scope", \.evolution.scope, standard: "auto: the method's",
      "over what connections are compared when some are dropped"),
    .choice(
      "evolution", "dead_neurons", \.evolution.deadNeurons, standard: "auto: the method's",
      "what happens to connections of hidden neurons without inputs or outputs"),
    .number(
      "evolution", "importance_pruning", \.evolution.neuronPruning, .belowOne,
      "the share of hidden neurons that lose their inputs every tenth epoch from 40 % of training on, the least important "
        + "first; the number of connections falls for good"
    ),
    .number(
      "evolution", "gradient_scale", \.evolution.gradientScale, .notNegative,
      standard: "auto: 10 learning rates", "what gradients are worth beside weights when --method nm chooses masks"),
    .number(
      "evolution", "power", \.evolution.power, .fromOne,
      "powerpropagation: weights are theta |theta|^(power - 1), and the optimizer steps on theta"),
  ]

  private static let optimizer: [Setting] = [
    .choice("optimizer", "optimizer", \.optimizer.optimizer, "how gradients become steps"),
    Setting(
      section: "optimizer", key: "learning_rate", help: "the full learning rate", standard: "0.05 for sgd, else 0.001",
      expected: "a number above 0, or auto", placeholder: "number",
      write: { value, configuration in
        if value.asText == "auto" {
          configuration.optimizer.learningRate = nil
          return true
        }
        guard let number = value.asNumber, number > 0, Float(number).isFinite else { return false }
        configuration.optimizer.learningRate = number
        return true
      },
      read: { $0.optimizer.learningRate.map { .number($0) } ?? .text("auto") }),
    .number("optimizer", "momentum", \.optimizer.momentum, .belowOne, "of sgd and rmsprop"),
    .flag("optimizer", "nesterov", \.optimizer.nesterov, "look ahead along the momentum"),
    .number("optimizer", "weight_decay", \.optimizer.weightDecay, .notNegative, "L2 factor; decoupled for adamw"),
    .number("optimizer", "clip", \.optimizer.clip, .notNegative, "bound on the norm of all gradients, 0 for none"),
    .choice("optimizer", "schedule", \.optimizer.schedule, "the learning rate over time (linear ends at a hundredth)"),
    .integer(
      "optimizer", "step_epochs", \.optimizer.stepEpochs, from: 1, "epochs between two steps of --schedule step"),
    .number("optimizer", "step_factor", \.optimizer.stepFactor, .aboveZeroToOne, "the factor of --schedule step"),
    .integer("optimizer", "warm_up", \.optimizer.warmUp, from: 0, "steps over which the learning rate rises"),
  ]

  private static let training: [Setting] = [
    .choice(
      "training", "loss", \.training.loss, standard: "cross-entropy for classes, mse for regression",
      "what is made small"),
    .number("training", "label_smoothing", \.training.labelSmoothing, .belowOne, "of cross-entropy"),
    .integer("training", "batch_size", \.training.batchSize, from: 1, "samples of a batch"),
    .integer(
      "training", "max_steps", \.training.maxSteps, from: 1, or: "none", standard: "none",
      "end after so many steps of the optimizer"),
    .integer("training", "accumulate", \.training.accumulate, from: 1, "batches whose gradients make one step"),
    .choice(
      "training", "precision", \.training.precision,
      "of the activations that sparse layers gather while training; the rest is single precision"),
    .integer("training", "epochs", \.training.epochs, from: 1, "passes over the training data"),
    .integer(
      "training", "patience", \.training.patience, from: 0, "epochs without a better held-out score, 0 for all"),
    .integer("training", "seed", \.training.seed, from: 0, "everything random in training follows from it"),
    .integer(
      "training", "seeds", \.training.seeds, from: 1, "runs, with seeds from --seed on; reports mean and spread"),
  ]

  private static let run: [Setting] = [
    Setting(
      section: "run", key: "run_dir", help: "the folder of the run", standard: "runs/DATA-METHOD-sSEED",
      expected: "a path", placeholder: "folder",
      write: { value, configuration in
        guard let text = value.asText, !text.isEmpty else { return false }
        configuration.run.runDir = text
        return true
      },
      read: { _ in nil }),
    .integer(
      "run", "threads", \.run.threads, from: 1, to: 1024, standard: "auto: every core",
      "threads; the result is the same with any number"),
    .number(
      "run", "checkpoint_seconds", \.run.checkpointSeconds, .notNegative,
      "least time between two saves of the state, at ends of epochs"),
    Setting(
      section: "run", key: "memory_limit",
      help: "refuse a run that would take more memory than this, such as 20G (GiB) or a number of bytes",
      standard: "auto: what the machine has available", expected: "a size such as 20G or 512M, bytes, or auto",
      placeholder: "size",
      write: { value, configuration in
        if value.asText == "auto" {
          configuration.run.memoryLimit = nil
          return true
        }
        guard let bytes = value.asText.map({ ByteSize.bytes($0) }) ?? value.asInteger, bytes > 0 else { return false }
        configuration.run.memoryLimit = bytes
        return true
      },
      read: { $0.run.memoryLimit.map { .integer($0) } ?? .text("auto") }),
    .flag("run", "tensorboard", \.run.tensorboard, "write TensorBoard events"),
    .flag("run", "log_steps", \.run.logSteps, "tell the loss and the time of every step"),
    .flag("run", "save", \.run.save, "keep the model and the state; a giant's take all of its bytes on disk"),
    Setting(
      section: "run", key: "out_of_core",
      help: "a folder on a disk with room for windowed layers, which every step then reads from it and writes to it",
      standard: "none: all in memory", expected: "a folder", placeholder: "folder",
      write: { value, configuration in
        guard let text = value.asText, !text.isEmpty else { return false }
        configuration.run.outOfCore = text == "none" ? nil : text
        return true
      },
      read: { $0.run.outOfCore.map { .text($0) } }),
    Setting(
      section: "run", key: "require",
      help: "fail with exit code 2 unless the result is so, such as 'test_accuracy>=0.965'; may be given several times",
      standard: "none", expected: "requirements such as \"test_accuracy>=0.965\"", placeholder: "condition",
      write: { value, configuration in
        guard let list = value.asList else { return false }
        let texts = list.compactMap(\.asText)
        guard texts.count == list.count else { return false }
        configuration.run.require = texts
        return true
      },
      read: { $0.run.require.isEmpty ? nil : .list($0.run.require.map { .text($0) }) }),
  ]

  private static func tiles(_ key: String, isTransposable: Bool, _ help: String) -> Setting {
    budget(key, help + ", such as 4:8", "none", "N:M with N from 1 to M and M up to 64") { value in
      value.asText.flatMap { try? TilePattern($0, isTransposable: isTransposable) }.map { .nm($0) }
    } read: {
      guard case .nm(let pattern) = $0, pattern.isTransposable == isTransposable else { return nil }
      return .text("\(pattern.kept):\(pattern.side)")
    }
  }

  private static func budget(
    _ key: String, _ help: String, _ standard: String, _ expected: String,
    parse: @escaping @Sendable (SettingValue) -> TopologySettings.Budget?,
    read: @escaping @Sendable (TopologySettings.Budget) -> SettingValue?
  ) -> Setting {
    Setting(
      section: "topology", key: key, help: help, standard: standard, expected: expected,
      placeholder: expected.hasPrefix("a whole") ? "count" : "number",
      write: { value, configuration in
        guard let budget = parse(value) else { return false }
        configuration.topology.budget = budget
        return true
      },
      read: { $0.topology.budget.flatMap(read) })
  }
}
