// SPDX-License-Identifier: Apache-2.0
// Espalier: whether a run fits in memory.

internal import Espalier

/// The memory that a run will take, and what there is for it.
struct MemoryOutlook: Equatable, Sendable {
  let estimate: MemoryEstimate
  /// What there is; nil where that cannot be told.
  let limit: MachineMemory?

  /// Foretells a run before its network is built.
  ///
  /// - Parameter configuration: a resolved one; its `--memory-limit` goes over what the machine has.
  init(_ configuration: RunConfiguration, _ sizes: DataSizes) throws {
    estimate = try configuration.memoryEstimate(sizes)
    limit =
      configuration.run.memoryLimit.map { MachineMemory(bytes: $0, source: "--memory-limit allows") }
      ?? MachineMemory.available
  }

  /// One line for whoever watches.
  var line: String {
    let room = limit.map { "; \($0.source) \(NumberText.bytes($0.bytes))" } ?? ""
    return "memory: about \(NumberText.bytes(estimate.peak)) at most, "
      + "\(NumberText.fixed(estimate.bytesPerConnection, decimals: 1)) bytes a connection\(room)"
  }

  /// Refuses a run that does not fit.
  ///
  /// - Throws: ``CommandError`` of status `usage`, with the numbers and what can be done.
  func check() throws(CommandError) {
    guard let limit, estimate.peak > limit.bytes else { return }
    let parts = estimate.peakParts.prefix(3).map { "\($0.rawValue) \(NumberText.bytes(estimate[$0]))" }
    throw .usage(
      "memory: expected a run that fits, got about \(Self.words(estimate.peak)) (\(parts.joined(separator: ", "))) where "
        + "\(limit.source) \(NumberText.bytes(limit.bytes)); "
        + "\(advice.joined(separator: ", or ")); --memory-limit sets another limit")
  }

  private static func words(_ bytes: Int) -> String {
    bytes == .max ? "more than any machine has" : NumberText.bytes(bytes)
  }

  /// What makes the largest parts smaller, the largest first.
  private var advice: [String] {
    var advice: [String] = []
    for part in estimate.peakParts {
      let words =
        switch part {
        case .connections, .birth:
          "fewer connections (--density, --fan-in, --hidden), or giants in a file (--out-of-core)"
        case .optimizer: "plain descent without slots (--optimizer sgd --momentum 0)"
        case .gradients: "steps without stored gradients (sgd, --batch-size up to 64, no --clip, --accumulate 1)"
        case .activations: "a smaller --batch-size or narrower --hidden"
        case .data, .preparation: "fewer samples or features"
        case .rewiring: "connections that stay (--method static)"
        case .evaluation: "a smaller --test part"
        case .checkpoint: ""
        }
      if !words.isEmpty && !advice.contains(words) { advice.append(words) }
    }
    let first = advice.prefix(3).map { $0 }
    return first.isEmpty ? first : ["choose " + first[0]] + first.dropFirst()
  }
}

extension RunConfiguration {
  /// Foretells the memory of a run; call it on a resolved configuration.
  func memoryEstimate(_ sizes: DataSizes) throws -> MemoryEstimate {
    let load = TrainingLoad(
      batch: min(training.batchSize, sizes.train), accumulation: training.accumulate, optimizer: makeOptimizer(),
      evolution: makeEvolution(samples: sizes.train), precision: training.precision, heldOut: sizes.heldOut,
      windowsInFile: run.outOfCore != nil, updates: updates(samples: sizes.train),
      birth: dataBirth?.memoryLoad(samples: sizes.train, features: sizes.features), data: sizes.bytes,
      preparation: sizes.preparation)
    return try MemoryEstimate(
      of: givenLayers(inputs: sizes.features, outputs: sizes.outputs, form: sizes.form), inputs: sizes.features,
      topology: birth, for: load)
  }
}
