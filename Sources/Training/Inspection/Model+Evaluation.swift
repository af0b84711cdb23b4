// SPDX-License-Identifier: Apache-2.0
// Espalier: judging a saved model.

public import Datasets
internal import NeuralNetworks
public import SparseCore

extension Model {
  /// Judges the model on labelled data with raw features.
  ///
  /// Classes are told by their names, so the data may list them in another order, or only some of them.
  ///
  /// - Throws: ``FileError/format(path:expected:got:advice:)`` when the features, the classes or the targets are not those
  ///   of the model.
  public func evaluate(on dataset: Dataset, workers: Workers) throws(FileError) -> Metrics {
    let targets = try matched(dataset.targets, name: dataset.name)
    return Metrics(scores: try scores(of: dataset, workers: workers), targets: targets, loss: loss, workers: workers)
  }

  /// The names of the classes that predictions speak of; two for a single output.
  public var classNames: [String] {
    guard case .classification(let names) = task else { return [] }
    return names.count == 1 ? ["not " + names[0], names[0]] : names
  }

  /// The targets in the model's numbering.
  func matched(_ targets: Targets, name: String) throws(FileError) -> Targets {
    switch (task, targets) {
    case (.classification(let known), .classes(let labels, let names)):
      if names == known { return targets }
      var numbers: [Int32] = []
      for className in names {
        if let number = known.firstIndex(of: className) {
          numbers.append(Int32(known.count == 1 ? 1 : number))
        } else if known.count == 1 {
          numbers.append(0)
        } else {
          throw .format(
            path: name, expected: "the model's classes (\(Self.list(known)))", got: "the class '\(className)'",
            advice: "name the label column with --label, or use data of the same classes")
        }
      }
      return .classes(labels.map { numbers[Int($0)] }, names: classNames)
    case (.regression(let known), .values(let values)):
      guard values.columns == known.count else {
        throw .format(path: name, expected: "\(known.count) target values a sample", got: "\(values.columns)")
      }
      return targets
    case (.classification, .values):
      throw .format(path: name, expected: "classes as labels", got: "real numbers", advice: "the model tells classes")
    case (.regression, .classes):
      throw .format(
        path: name, expected: "real numbers as targets", got: "classes", advice: "the model tells numbers")
    case (_, .none):
      throw .format(path: name, expected: "labels to judge by", got: "none", advice: "name their column with --label")
    }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", ..." : "")
  }
}
