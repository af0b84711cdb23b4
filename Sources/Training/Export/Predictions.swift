// SPDX-License-Identifier: Apache-2.0
// Espalier: what a model says about samples.

public import Datasets
internal import NeuralNetworks
public import SparseCore

/// A model's answers for some samples.
///
///     let predictions = try Predictions(of: model, for: dataset, workers: Workers())
///     try predictions.write(to: "predictions.npz")
public struct Predictions: Sendable, Equatable {
  /// The outputs of the last layer, `[samples, outputs]`.
  public let scores: Matrix
  /// The probability of each class: a softmax of the scores after cross-entropy, a sigmoid after binary cross-entropy;
  /// nil for other losses and for regression.
  public let probabilities: Matrix?
  /// The class of each sample, an index into `names`; empty for regression.
  public let classes: [Int]
  /// The classes' names, or the targets' for regression.
  public let names: [String]

  /// Asks a model about every sample of a data set with raw features.
  ///
  /// - Throws: ``FileError/format(path:expected:got:advice:)`` when the data has another number of features.
  public init(of model: Model, for dataset: Dataset, workers: Workers) throws(FileError) {
    scores = try model.scores(of: dataset, workers: workers)
    switch model.task {
    case .classification(let classNames):
      let scores = scores
      names = classNames.count == 1 ? ["not " + classNames[0], classNames[0]] : classNames
      classes = (0..<scores.rows).map { Metrics.predictedClass(scores.row($0), threshold: model.loss.threshold) }
      probabilities = model.probabilityForm.map { $0.apply(to: scores) }
    case .regression(let targets):
      names = targets
      classes = []
      probabilities = nil
    }
  }

  /// Writes the predictions as a table (`.csv`) or a NumPy archive (any other ending).
  ///
  /// The archive holds `scores` `[samples, outputs]` in `float32`; for classes also `classes` `[samples]` in `int64`,
  /// `class_names`, and `probabilities` where there are some. The table has a column for each score, after those of the
  /// class and its probability.
  public func write(to path: String) throws(FileError) {
    guard path.lowercased().hasSuffix(".csv") else {
      var writer = try NPZWriter(path)
      try writer.add("scores", scores)
      if !classes.isEmpty || scores.rows == 0 { try writer.add("classes", classes.map { Int64($0) }) }
      if let probabilities { try writer.add("probabilities", probabilities) }
      try writer.add(classes.isEmpty ? "target_names" : "class_names", names)
      try writer.commit()
      return
    }
    let file = try OutputFile(path)
    try file.write(header + "\n")
    for sample in 0..<scores.rows { try file.write(line(sample) + "\n") }
    try file.commit()
  }

  /// The probability of a sample's predicted class, nil without probabilities.
  public func confidence(_ sample: Int) -> Float? {
    guard let probabilities, !classes.isEmpty else { return nil }
    if probabilities.columns == 1 {
      let one = probabilities[sample, 0]
      return classes[sample] == 1 ? one : 1 - one
    }
    return probabilities[sample, classes[sample]]
  }

  private var header: String {
    let columns = scores.columns == names.count ? names : (0..<scores.columns).map { "\($0)" }
    let fields = (classes.isEmpty ? [] : ["class"]) + (probabilities == nil ? [] : ["probability"])
    let prefix = classes.isEmpty ? "" : "score "
    return (fields + columns.map { CSVWriter.field(prefix + $0) }).joined(separator: ",")
  }

  private func line(_ sample: Int) -> String {
    var fields: [String] = []
    if !classes.isEmpty { fields.append(CSVWriter.field(names[classes[sample]])) }
    if let confidence = confidence(sample) { fields.append(NumberText.shortest(confidence)) }
    return (fields + scores.row(sample).map { NumberText.shortest($0) }).joined(separator: ",")
  }
}
