// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier evaluate.

internal import ArgumentParser
internal import Datasets
internal import NeuralNetworks
internal import SparseCore
internal import Training

/// Judges a saved model on labelled data.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Score a saved model on labelled data.",
    discussion: """
      Without --part the samples are those that 'espalier train' sets aside, so the numbers are those of the run.

        espalier evaluate runs/digits-gse-s1
        espalier evaluate model.safetensors --data flowers.csv --label species --part all --confusion confusion.svg
      """)

  @OptionGroup var model: ModelFlags
  @OptionGroup var samples: SampleFlags
  @OptionGroup var team: ThreadFlags

  @Option(help: "which samples")
  var part: DataPart = .test

  @Option(help: "write the confusion matrix as SVG to this file", completion: .file())
  var confusion: String?

  @Flag(help: "print one JSON object")
  var json = false

  func run() throws {
    let report = try execute()
    Output.result(json ? report.json.text() : report.text)
  }

  /// Judges, and draws what is asked for.
  func execute() throws -> EvaluationReport {
    let model = try model.load()
    let data = samples.name(for: model)
    let dataset = try samples.source(for: model).load(data, part, regression: model.task.isRegression)
    if let note = model.note(about: dataset) { Output.talk(note) }
    let metrics = try model.evaluate(on: dataset, workers: team.workers)
    if let confusion {
      guard !metrics.confusion.isEmpty else {
        throw CommandError.usage("--confusion: expected a model that tells classes, got one that tells numbers")
      }
      let title = "\(dataset.name), \(part.rawValue) part"
      let chart = ConfusionMatrixChart(title: title, classes: model.classNames, counts: metrics.confusion)
      try OutputFile.write(chart.svg, to: confusion)
    }
    return EvaluationReport(
      model: self.model.path, data: data, part: part, metrics: metrics,
      classes: metrics.classMetrics(names: model.classNames))
  }
}

/// What `espalier evaluate` prints.
struct EvaluationReport {
  let model: String
  let data: String
  let part: DataPart
  let metrics: Metrics
  let classes: [ClassMetrics]

  var text: String {
    var facts = TextTable([.left, .left])
    facts.add(["model", model])
    facts.add(["data", "\(data), \(part.rawValue) part, \(NumberText.grouped(metrics.count)) samples"])
    if let accuracy = metrics.accuracy { facts.add(["accuracy", NumberText.percent(accuracy, decimals: 2)]) }
    if let top = metrics.topAccuracy { facts.add(["top \(metrics.top)", NumberText.percent(top, decimals: 2)]) }
    facts.add(["loss", NumberText.fixed(metrics.loss, decimals: 4)])
    if let error = metrics.rootMeanSquaredError { facts.add(["RMSE", NumberText.significant(error, digits: 5)]) }
    if let share = metrics.rSquared { facts.add(["R²", NumberText.fixed(share, decimals: 4)]) }
    guard !classes.isEmpty else { return facts.text() }
    var table = TextTable([.left, .right, .right, .right, .right])
    table.add(["class", "samples", "precision", "recall", "F1"])
    for line in classes {
      table.add(
        [line.name, NumberText.grouped(line.samples)] + [line.precision, line.recall, line.f1].map(Self.share))
    }
    return facts.text() + "\n\n" + table.text()
  }

  var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("model", .string(model)), .init("data", .string(data)), .init("part", .string(part.rawValue)),
      .init("samples", .integer(metrics.count)), .init("loss", .number(metrics.loss)),
    ]
    if let accuracy = metrics.accuracy {
      members.append(.init("accuracy", .number(accuracy)))
      members.append(.init("top", .integer(metrics.top)))
      members.append(.init("top_accuracy", .optional(metrics.topAccuracy)))
      members.append(.init("classes", .array(classes.map(Self.json))))
      let count = classes.count
      let rows = (0..<count).map { row in
        JSONValue.array(metrics.confusion[row * count..<(row + 1) * count].map { .integer($0) })
      }
      members.append(.init("confusion", .array(rows)))
    } else {
      members.append(.init("rmse", .optional(metrics.rootMeanSquaredError)))
      members.append(.init("r_squared", .optional(metrics.rSquared)))
    }
    return .object(members)
  }

  private static func share(_ value: Double?) -> String {
    value.map { NumberText.percent($0, decimals: 1) } ?? "-"
  }

  private static func json(_ line: ClassMetrics) -> JSONValue {
    .object([
      .init("name", .string(line.name)), .init("samples", .integer(line.samples)),
      .init("predicted", .integer(line.predicted)), .init("right", .integer(line.right)),
      .init("precision", .optional(line.precision)), .init("recall", .optional(line.recall)),
      .init("f1", .optional(line.f1)),
    ])
  }
}
