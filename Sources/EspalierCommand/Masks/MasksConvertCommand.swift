// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier masks convert.

internal import ArgumentParser
internal import Datasets
internal import NeuralNetworks
internal import SparseCore
internal import SparseTopology
internal import Training

/// Brings a trained model to an N:M pattern.
struct MasksConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Bring a trained model to an N:M pattern, without training it again.",
    discussion: """
      Dense layers become sparse ones by the magnitudes of their weights; sparse layers lose the connections that the \
      pattern has no room for. The last layer of weights stays, unless --last; convolutions, recurrent and windowed layers \
      always do. Then the weights that are left are refitted \
      by least squares, layer by layer, to what the original puts out for some training samples (AdaPrune, solved \
      directly). A layer with k inputs takes 8 k² bytes meanwhile. The scores are those of the test part.

        espalier masks convert runs/digits-dense-s1 --pattern 4:8 --transposable --out sparse.safetensors
        espalier masks convert model.safetensors --pattern 2:4 --no-adapt --out sparse.safetensors
      """)

  @OptionGroup var model: ModelFlags
  @OptionGroup var flags: PatternFlags

  @Flag(help: "keep to the pattern along columns too")
  var transposable = false

  @Flag(help: "convert the last layer of weights too")
  var last = false

  @Flag(inversion: .prefixedNo, help: "refit the weights that are left to training samples")
  var adapt = true

  @Option(help: "training samples to refit to, at most")
  var calibration = 1000

  @Option(help: "how strongly refitting holds on to the weights, relative to the mean square of an input")
  var ridge = 1e-3

  @Option(help: "the model to write", completion: .file())
  var out: String

  @OptionGroup var samples: SampleFlags
  @OptionGroup var team: ThreadFlags

  @Flag(help: "print one JSON object")
  var json = false

  func validate() throws {
    guard calibration >= 1 else {
      throw ValidationError("--calibration: expected at least 1 sample, got \(calibration)")
    }
    guard MaskArchive.Form(path: out) == .safetensors else {
      throw ValidationError("--out: expected a file ending in .safetensors, got '\(out)'")
    }
    try WeightsFile.check(out: out, isNot: model.path)
    guard ridge > 0, ridge.isFinite else { throw ValidationError("--ridge: expected a number above 0, got \(ridge)") }
  }

  func run() throws {
    let report = try execute()
    Output.result(json ? report.json.text() : report.text)
  }

  /// Converts, refits, scores and writes.
  func execute() throws -> ConversionReport {
    let original = try model.load()
    let kinds = PatternConversion.leftAlone(in: original.network)
    if !kinds.isEmpty { Output.talk("note: left as they are: layers of kind \(kinds.joined(separator: ", "))") }
    let workers = team.workers
    var conversion = PatternConversion(pattern: try flags.pattern(isTransposable: transposable))
    conversion.convertsLast = last
    conversion.ridge = ridge
    var converted = original
    do throws(MaskError) {
      converted.network = try conversion.masked(original.network, workers: workers)
    } catch {
      let layer = original.network.firstLayerWithNonFiniteParameters().map { "layer \($0)" } ?? "a layer"
      throw CommandError(.badData, "\(model.path), \(layer): \(error)")
    }
    guard conversion.converts(original.network) else {
      throw CommandError(
        .badData,
        "\(model.path): expected layers to convert, got none"
          + (conversion.convertsLast ? "" : " besides the last one; --last converts it too"))
    }
    let data = samples.name(for: original)
    let source = samples.source(for: original)
    var report = ConversionReport(pattern: conversion.pattern, out: out, before: original.network, data: data)
    let test: Dataset?
    do {
      test = try source.load(data, .test, regression: original.task.isRegression)
    } catch {
      guard samples.data == nil else { throw error }
      Output.talk("note: no scores: \(error)")
      test = nil
    }
    func score(_ stage: String, _ model: Model) throws {
      report.add(
        stage, model.network,
        try test.map { test throws(FileError) in
          try model.evaluate(on: test, workers: workers)
        })
    }
    try score("before", original)
    try score("masked", converted)
    if adapt {
      let train = try source.loadFeatures(data, .train, for: original, labelled: true)
      let inputs = try original.inputs(from: train.first(calibration))
      converted.network = conversion.adapted(
        converted.network, to: original.network, samples: inputs, workers: workers)
      try score("adapted", converted)
    }
    let kind = "\(conversion.pattern)\(transposable ? " transposable" : "")"
    converted.facts.removeAll { $0.name == "converted" }
    converted.facts.append((name: "converted", value: kind + (adapt ? ", adapted" : "")))
    try converted.save(to: out)
    return report
  }
}

extension Dataset {
  /// At most so many samples, spread evenly over all.
  fileprivate func first(_ count: Int) -> Dataset {
    guard count < self.count else { return self }
    return subset((0..<count).map { $0 * self.count / count })
  }
}
