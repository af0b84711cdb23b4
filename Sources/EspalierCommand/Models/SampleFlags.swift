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
  @Option(help: "a data set of the catalogue, a file or a folder")
  var data = "digits"

  @Option(help: "the column with the labels: its name, or its position from 0 (-1: the last) (default: auto)")
  var label: String?

  @Option(help: "the share set aside for the test, when the data brings no test part")
  var test = 0.25

  @Option(help: "decides which samples are set aside, as in 'espalier train'")
  var splitSeed: UInt64 = 0

  func validate() throws {
    guard test >= 0, test <= 1 else {
      throw ValidationError("--test: expected a share from 0 to 1, got \(test)")
    }
  }

  /// Where the labels stand.
  var labelColumn: LabelColumn {
    label.map { $0 == "auto" ? .automatic : LabelColumn($0) } ?? .automatic
  }

  /// Loads one part with its labels.
  func load(_ part: DataPart, regression: Bool) throws -> Dataset {
    try select(part, from: read(label: labelColumn, regression: regression))
  }

  /// Loads one part for a model that needs no labels: a column of labels is left out when there is one.
  func loadFeatures(_ part: DataPart, for network: Network, regression: Bool, labelled: Bool?) throws -> Dataset {
    func attempt(_ column: LabelColumn) throws -> Dataset {
      let dataset = try select(part, from: read(label: column, regression: regression))
      guard dataset.featureCount == network.inputs else {
        throw FileError.format(
          path: data, expected: "\(network.inputs) features, as the model was trained on",
          got: "\(dataset.featureCount)",
          advice: "name the label column with --label, or say --no-label")
      }
      return dataset
    }
    if labelled == false { return try attempt(.none) }
    do {
      return try attempt(labelColumn)
    } catch {
      guard labelColumn == .automatic, labelled == nil, let whole = try? attempt(.none) else { throw error }
      return whole
    }
  }

  private func read(label: LabelColumn, regression: Bool) throws -> LoadedData {
    try DatasetCatalogue.load(data, options: ReadOptions(label: label, regression: regression))
  }

  private func select(_ part: DataPart, from loaded: LoadedData) throws -> Dataset {
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
    for index in 0..<first.count { values[index] = first[index] }
    for index in 0..<second.count { values[first.count + index] = second[index] }
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
