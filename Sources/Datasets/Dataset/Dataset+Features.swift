// SPDX-License-Identifier: Apache-2.0
// Espalier: the features of one data set in the order of another.

internal import SparseCore

extension Dataset {
  /// The same samples with the features that a model was trained with, in the model's order.
  ///
  /// A file read later may hold its columns in another order, or more of them: a saved model keeps the names of its
  /// features. Features are told by position when the model or the data does not name them.
  ///
  /// - Parameters:
  ///   - names: the model's features, in the order of its inputs; none when it does not name them.
  ///   - path: where the data came from, for the error; the name when nil.
  /// - Throws: ``FileError/format(path:expected:got:advice:)`` when the data lacks some of the features, or has several
  ///   columns of the same name where the order matters.
  /// - Complexity: O(samples x features) time and memory when the order differs, else none.
  public func aligned(toFeatures names: [String], path: String? = nil) throws(FileError) -> Dataset {
    guard !names.isEmpty, !featureNames.isEmpty,
      let columns = try FeatureOrder.columns(of: names, in: featureNames, path: path ?? name)
    else { return self }
    return Dataset(
      name: name, features: FeatureOrder.gather(columns, from: features), targets: targets, featureNames: names)
  }

  /// The features that are not among a model's, in the order of the columns; none when one side has no names.
  public func features(besides names: [String]) -> [String] {
    guard !names.isEmpty else { return [] }
    let known = Set(names)
    return featureNames.filter { !known.contains($0) }
  }
}

/// Columns found by their names.
enum FeatureOrder {
  /// Where each of the wanted names stands; nil when both lists are the same.
  static func columns(of wanted: [String], in given: [String], path: String) throws(FileError) -> [Int]? {
    guard wanted != given else { return nil }
    var places: [String: Int] = [:]
    var repeated: Set<String> = []
    for (column, name) in given.enumerated() where places.updateValue(column, forKey: name) != nil {
      repeated.insert(name)
    }
    let missing = wanted.filter { places[$0] == nil }
    guard missing.isEmpty else {
      throw .format(
        path: path, expected: "the features of the training data; missing: " + listed(missing, most: 3),
        got: "the columns " + listed(given, most: 6),
        advice: "add or rename the columns; if one of them was taken for the label, name the right one with --label")
    }
    var taken: Set<String> = []
    for name in wanted where repeated.contains(name) || !taken.insert(name).inserted {
      throw .format(
        path: path, expected: "one column '\(name)' in data of another order than the training data", got: "several",
        advice: "give each column a name of its own, or keep the order of the training data")
    }
    return wanted.compactMap { places[$0] }
  }

  /// Some columns of a table, in the given order.
  static func gather(_ columns: [Int], from table: Matrix) -> Matrix {
    var values = Vector(count: table.rows * columns.count)
    values.withMutableSpan { values in
      table.values.withSpan { source in
        for row in 0..<table.rows {
          for (place, column) in columns.enumerated() {
            values[row * columns.count + place] = source[row * table.columns + column]
          }
        }
      }
    }
    return Matrix(rows: table.rows, columns: columns.count, values: values)
  }

  private static func listed(_ names: [String], most: Int) -> String {
    names.prefix(most).map { "'\($0)'" }.joined(separator: ", ")
      + (names.count > most ? " and \(names.count - most) more" : "")
  }
}
