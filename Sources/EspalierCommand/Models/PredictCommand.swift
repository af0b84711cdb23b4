// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier predict.

internal import ArgumentParser
internal import Datasets
internal import NeuralNetworks
internal import SparseCore
internal import Training

/// Answers samples with a saved model.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Rows in, classes or values out.",
    discussion: """
      The file ending in .npz holds 'scores' [samples, outputs], the raw outputs of the last layer; for classes also \
      'classes' [samples], 'probabilities' and 'class_names'. A .csv holds the same as a table. Without --out, one line \
      a sample: the class and its probability, or the values.

        espalier predict model.safetensors --data new.csv --no-label --out predictions.csv
      """)

  @OptionGroup var model: ModelFlags
  @OptionGroup var samples: SampleFlags
  @OptionGroup var team: ThreadFlags

  @Option(help: "which samples")
  var part: DataPart = .all

  @Flag(help: "the data has no labels: every column is a feature")
  var noLabel = false

  @Option(help: "the file to write, .npz or .csv (default: lines on the standard output)", completion: .file())
  var out: String?

  @Flag(help: "print one JSON object a sample")
  var json = false

  func validate() throws {
    if noLabel, samples.label != nil {
      throw ValidationError("--no-label: expected it without --label, which names a column of labels")
    }
    if let out, !out.lowercased().hasSuffix(".npz"), !out.lowercased().hasSuffix(".csv") {
      throw ValidationError("--out: expected a file ending in .npz or .csv, got '\(out)'")
    }
  }

  func run() throws {
    let predictions = try execute()
    if let out {
      Output.talk("\(NumberText.grouped(predictions.scores.rows)) samples written to \(out)")
    } else {
      Output.result(Self.lines(predictions, json: json))
    }
  }

  /// Asks the model, and writes the file that is asked for.
  func execute() throws -> Predictions {
    let model = try model.load()
    let dataset = try samples.source(for: model).loadFeatures(
      samples.name(for: model), part, for: model, labelled: !noLabel)
    if let note = model.note(about: dataset) { Output.talk(note) }
    let predictions = try Predictions(of: model, for: dataset, workers: team.workers)
    if let out { try predictions.write(to: out) }
    return predictions
  }

  /// One line a sample.
  static func lines(_ predictions: Predictions, json: Bool) -> String {
    (0..<predictions.scores.rows).map { sample in
      json ? object(predictions, sample).text() : line(predictions, sample)
    }.joined(separator: "\n")
  }

  private static func line(_ predictions: Predictions, _ sample: Int) -> String {
    guard !predictions.classes.isEmpty else {
      return predictions.scores.row(sample).map { NumberText.shortest($0) }.joined(separator: "\t")
    }
    let name = predictions.names[predictions.classes[sample]]
    return predictions.confidence(sample).map { name + "\t" + NumberText.fixed(Double($0), decimals: 4) } ?? name
  }

  private static func object(_ predictions: Predictions, _ sample: Int) -> JSONValue {
    var members: [JSONValue.Member] = []
    if !predictions.classes.isEmpty {
      members.append(.init("class", .string(predictions.names[predictions.classes[sample]])))
      members.append(.init("probability", .optional(predictions.confidence(sample).map { Double($0) })))
    }
    members.append(.init("scores", .array(predictions.scores.row(sample).map { .number(Double($0)) })))
    return .object(members)
  }
}
