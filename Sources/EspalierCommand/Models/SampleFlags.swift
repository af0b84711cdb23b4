// SPDX-License-Identifier: Apache-2.0
// Espalier: which samples a saved model is shown.

internal import ArgumentParser
internal import Datasets
internal import NeuralNetworks
internal import SparseCore
internal import Training

/// A part of a data set.
enum DataPart: String, CaseIterable, ExpressibleByArgument {
  /// What training learns from.
  case train
  /// What is set aside.
  case test
  /// The training part, then the test part the data brings; in the order of the file.
  case all
}

/// The flags that name data; their defaults part it as 'espalier train' does.
struct SampleFlags: ParsableArguments {
  @Option(help: "a data set of the catalogue, a file or a folder (default: what the model says it was trained on)")
  var data: String?

  @Option(help: "the column with the labels: its name, or its position from 0 (-1: the last) (default: auto)")
  var label: String?

  @Option(
    help: "the share set aside for the test, when the data brings no test part (default: the model's, else 0.25)")
  var test: Double?

  @Option(help: "decides which samples are set aside, as in 'espalier train' (default: the model's, else 0)")
  var splitSeed: UInt64?

  func validate() throws {
    guard (0...1).contains(test ?? 0) else {
      throw ValidationError("--test: expected a share from 0 to 1, got \(test ?? 0)")
    }
  }

  /// The data that is meant: the one named, else the one the model was trained on, else the bundled digits.
  func name(for model: Model) -> String {
    data ?? model.facts.first { $0.name == "data" }?.value ?? "digits"
  }

  /// Where the samples come from: parted as the model's own training parted them, unless flags say otherwise.
  func source(for model: Model) -> SampleSource {
    func fact(_ name: String) -> String? { model.facts.first { $0.name == name }?.value }
    let share = fact("test").flatMap { Double($0) }.flatMap { (0...1).contains($0) ? $0 : nil }
    return SampleSource(
      label: label.map { $0 == "auto" ? .automatic : LabelColumn($0) } ?? .automatic,
      test: test ?? share ?? DataSettings().test,
      splitSeed: splitSeed ?? fact("split_seed").flatMap { UInt64($0) } ?? UInt64(DataSettings().splitSeed),
      features: model.network.inputs)
  }
}

extension Model {
  /// Words about columns of the data that the model does not know and leaves aside; nil when there are none.
  func note(about dataset: Dataset) -> String? {
    let others = dataset.features(besides: featureNames)
    guard !others.isEmpty else { return nil }
    return
      "note: \(others.count == 1 ? "a column that the model does not know is" : "columns that the model does not know are")"
      + " ignored: " + others.prefix(6).joined(separator: ", ") + (others.count > 6 ? ", ..." : "")
  }
}

/// How a data set is read and parted, as 'espalier train' does.
struct SampleSource {
  var label: LabelColumn
  var test: Double
  var splitSeed: UInt64
  /// The features that a LIBSVM file shall have, nil for its largest index.
  var features: Int?

  /// Loads one part with its labels.
  func load(_ data: String, _ part: DataPart, regression: Bool) throws -> Dataset {
    try select(part, from: read(data, label: label, regression: regression), data)
  }

  /// Loads one part for a model that needs no labels: a column of labels is left out when there is one.
  func loadFeatures(_ data: String, _ part: DataPart, for model: Model, labelled: Bool) throws -> Dataset {
    let regression = model.task.isRegression
    func attempt(_ column: LabelColumn, regression: Bool) throws -> Dataset {
      let dataset = try select(part, from: read(data, label: column, regression: regression), data)
      guard try dataset.aligned(toFeatures: model.featureNames, path: data).featureCount == model.network.inputs else {
        throw FileError.format(
          path: data, expected: "\(model.network.inputs) features, as the model was trained on",
          got: "\(dataset.featureCount)",
          advice: "name the label column with --label, or say --no-label")
      }
      return dataset
    }
    if labelled == false { return try attempt(.none, regression: false) }
    do {
      return try attempt(label, regression: regression)
    } catch {
      // The labels are not looked at: whatever they are, the features may be right.
      if let other = try? attempt(label, regression: !regression) { return other }
      guard label == .automatic, let whole = try? attempt(.none, regression: false) else { throw error }
      return whole
    }
  }

  private func read(_ data: String, label: LabelColumn, regression: Bool) throws -> LoadedData {
    if SyntheticData.recognises(data) {
      return LoadedData(train: try SyntheticData.load(data, seed: Int(clamping: splitSeed)))
    }
    return try DatasetCatalogue.load(
      data, options: ReadOptions(label: label, regression: regression, featureCount: features))
  }

  private func select(_ part: DataPart, from loaded: LoadedData, _ data: String) throws -> Dataset {
    let chosen: Dataset
    if let own = loaded.test {
      switch part {
      case .train: chosen = loaded.train
      case .test: chosen = own
      case .all: chosen = loaded.train.joined(with: own)
      }
    } else {
      switch part {
      case .train: chosen = loaded.train.split(testShare: test, seed: splitSeed).train
      case .test: chosen = loaded.train.split(testShare: test, seed: splitSeed).test
      case .all: chosen = loaded.train
      }
    }
    guard chosen.count > 0 else {
      throw CommandError(
        .badData, "'\(data)': expected samples in the \(part.rawValue) part, got none; change --test or --part")
    }
    return chosen
  }
}

extension Dataset {
  /// These samples, then those of a set with the same features and classes.
  func joined(with other: Dataset) -> Dataset {
    let (first, second) = (features.values, other.features.values)
    var values = Vector(count: first.count + second.count)
    values.withMutableSpan { values in
      first.withSpan { first in
        for index in first.indices { values[index] = first[index] }
      }
      let start = first.count
      second.withSpan { second in
        for index in second.indices { values[start + index] = second[index] }
      }
    }
    let joined: Targets
    switch (targets, other.targets) {
    case (.classes(let mine, let names), .classes(let theirs, _)): joined = .classes(mine + theirs, names: names)
    case (.values(let mine), .values(let theirs)):
      let rows = mine.rows + theirs.rows
      var both = Matrix(rows: rows, columns: mine.columns)
      for row in 0..<rows {
        for column in 0..<mine.columns {
          both[row, column] = row < mine.rows ? mine[row, column] : theirs[row - mine.rows, column]
        }
      }
      joined = .values(both)
    default: joined = .none
    }
    return Dataset(
      name: name, features: Matrix(rows: count + other.count, columns: featureCount, values: values), targets: joined,
      image: image, featureNames: featureNames)
  }
}
