// SPDX-License-Identifier: Apache-2.0
// Espalier: flags for the way of training.

internal import ArgumentParser

/// Flags that say how gradients become steps.
struct OptimizerFlags: ParsableArguments, SettingFlags {
  @Option(help: Setting.help("optimizer"), completion: Setting.completion("optimizer")) var optimizer: String?
  @Option(help: Setting.help("learning-rate")) var learningRate: String?
  @Option(help: Setting.help("momentum")) var momentum: String?
  @Flag(inversion: .prefixedNo, help: Setting.help("nesterov")) var nesterov: Bool?
  @Option(help: Setting.help("weight-decay")) var weightDecay: String?
  @Option(help: Setting.help("clip")) var clip: String?
  @Option(help: Setting.help("schedule"), completion: Setting.completion("schedule")) var schedule: String?
  @Option(help: Setting.help("step-epochs")) var stepEpochs: String?
  @Option(help: Setting.help("step-factor")) var stepFactor: String?
  @Option(help: Setting.help("warm-up")) var warmUp: String?

  var given: [(flag: String, value: SettingValue?)] {
    [
      ("optimizer", word(optimizer)), ("learning-rate", word(learningRate)), ("momentum", word(momentum)),
      ("nesterov", switched(nesterov)), ("weight-decay", word(weightDecay)), ("clip", word(clip)),
      ("schedule", word(schedule)), ("step-epochs", word(stepEpochs)), ("step-factor", word(stepFactor)),
      ("warm-up", word(warmUp)),
    ]
  }
}

/// Flags that say how long and with what.
struct TrainingFlags: ParsableArguments, SettingFlags {
  @Option(help: Setting.help("loss"), completion: Setting.completion("loss")) var loss: String?
  @Option(help: Setting.help("label-smoothing")) var labelSmoothing: String?
  @Option(help: Setting.help("batch-size")) var batchSize: String?
  @Option(help: Setting.help("max-steps")) var maxSteps: String?
  @Option(help: Setting.help("accumulate")) var accumulate: String?
  @Option(help: Setting.help("precision")) var precision: String?
  @Option(help: Setting.help("epochs")) var epochs: String?
  @Option(help: Setting.help("patience")) var patience: String?
  @Option(help: Setting.help("seed")) var seed: String?
  @Option(help: Setting.help("seeds")) var seeds: String?

  var given: [(flag: String, value: SettingValue?)] {
    [
      ("loss", word(loss)), ("label-smoothing", word(labelSmoothing)), ("batch-size", word(batchSize)),
      ("max-steps", word(maxSteps)), ("accumulate", word(accumulate)), ("precision", word(precision)),
      ("epochs", word(epochs)), ("patience", word(patience)), ("seed", word(seed)),
      ("seeds", word(seeds)),
    ]
  }
}

/// Flags that say what the run leaves behind and what it must reach.
struct RunFlags: ParsableArguments, SettingFlags {
  @Option(help: Setting.help("run-dir"), completion: .directory) var runDir: String?
  @Option(help: Setting.help("threads")) var threads: String?
  @Option(help: Setting.help("checkpoint-seconds")) var checkpointSeconds: String?
  @Option(help: Setting.help("memory-limit")) var memoryLimit: String?
  @Flag(inversion: .prefixedNo, help: Setting.help("tensorboard")) var tensorboard: Bool?
  @Flag(inversion: .prefixedNo, help: Setting.help("log-steps")) var logSteps: Bool?
  @Flag(inversion: .prefixedNo, help: Setting.help("save")) var save: Bool?
  @Option(help: Setting.help("out-of-core"), completion: .directory) var outOfCore: String?
  @Option(parsing: .singleValue, help: Setting.help("require")) var require: [String] = []

  var given: [(flag: String, value: SettingValue?)] {
    [
      ("run-dir", word(runDir)), ("threads", word(threads)), ("checkpoint-seconds", word(checkpointSeconds)),
      ("memory-limit", word(memoryLimit)), ("tensorboard", switched(tensorboard)), ("log-steps", switched(logSteps)),
      ("save", switched(save)), ("out-of-core", word(outOfCore)), ("require", words(require)),
    ]
  }
}
