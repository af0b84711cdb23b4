// SPDX-License-Identifier: Apache-2.0
// Espalier: what stands in a file, before classes are numbered.

internal import SparseCore

/// Targets as a file states them.
enum RawTargets {
  case none
  case integers([Int64])
  case texts([String])
  case values(Matrix)

  var count: Int? {
    switch self {
    case .none: nil
    case .integers(let labels): labels.count
    case .texts(let labels): labels.count
    case .values(let values): values.rows
    }
  }
}

extension RawTargets {
  /// Whole numbers as the options ask for them: nothing, real numbers, or classes.
  func asked(_ options: ReadOptions) -> RawTargets {
    if options.label == .none { return .none }
    guard options.regression, case .integers(let labels) = self else { return self }
    return .values(Matrix(rows: labels.count, columns: 1, values: Vector(labels.map { Float($0) })))
  }
}

/// One part of a data set as a file states it.
struct RawData {
  var features: Matrix
  var targets: RawTargets
  var image: ImageShape?
  var featureNames: [String] = []
}

extension LoadedData {
  /// Numbers the classes of both parts together, and checks what the parts owe each other.
  init(_ train: RawData, test: RawData?, path: String) throws(FileError) {
    let name = Self.plainName(path)
    if let test, test.features.columns != train.features.columns {
      throw .format(
        path: path, expected: "a test part with \(train.features.columns) features, as in the training part",
        got: "\(test.features.columns)")
    }
    var test = test
    if let given = test, !given.featureNames.isEmpty, !train.featureNames.isEmpty,
      let columns = try FeatureOrder.columns(of: train.featureNames, in: given.featureNames, path: path)
    {
      test?.features = FeatureOrder.gather(columns, from: given.features)
      test?.featureNames = train.featureNames
    }
    let names = try Self.classNames([train.targets] + (test.map { [$0.targets] } ?? []), path: path)
    self.train = try Self.assemble(train, names: names, name: name, path: path)
    self.test =
      if let test { try Self.assemble(test, names: names, name: name + " test", path: path) } else { nil }
  }

  private static func assemble(
    _ part: RawData, names: [String], name: String, path: String
  ) throws(FileError) -> Dataset {
    guard part.features.rows > 0, part.features.columns > 0 else {
      throw .format(
        path: path, expected: "at least one sample with at least one feature",
        got: "\(part.features.rows) samples of \(part.features.columns) features")
    }
    if let count = part.targets.count, count != part.features.rows {
      throw .format(
        path: path, expected: "one label a sample (\(part.features.rows))", got: "\(count) labels",
        advice: "the features and the labels must come from the same set")
    }
    let targets = numbered(part.targets, names: names)
    let dataset = Dataset(
      name: name, features: part.features, targets: targets, image: part.image, featureNames: part.featureNames)
    try dataset.validate(path: path)
    return dataset
  }

  private static func numbered(_ raw: RawTargets, names: [String]) -> Targets {
    var numbers: [String: Int32] = [:]
    for (index, name) in names.enumerated() { numbers[name] = Int32(index) }
    switch raw {
    case .none: return .none
    case .values(let values): return .values(values)
    case .texts(let labels): return .classes(labels.map { numbers[$0] ?? 0 }, names: names)
    case .integers(let labels):
      var byValue: [Int64: Int32] = [:]
      for (name, number) in numbers { if let value = Int64(name) { byValue[value] = number } }
      return .classes(labels.map { byValue[$0] ?? 0 }, names: names)
    }
  }

  /// The sorted names of all classes: by number when all are whole numbers, else by their UTF-8 bytes.
  private static func classNames(_ parts: [RawTargets], path: String) throws(FileError) -> [String] {
    var integers: Set<Int64> = []
    var texts: Set<String> = []
    for part in parts {
      switch part {
      case .integers(let labels): integers.formUnion(labels)
      case .texts(let labels): texts.formUnion(labels)
      case .values, .none: break
      }
    }
    if texts.isEmpty { return integers.sorted().map { String($0) } }
    for value in integers { texts.insert(String(value)) }
    let numbers = texts.compactMap { Int64($0) }
    if numbers.count == texts.count {
      return texts.sorted { (Int64($0) ?? 0, $0) < (Int64($1) ?? 0, $1) }
    }
    return texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// A file's name without its folder and extensions.
  static func plainName(_ path: String) -> String {
    let name = Paths.name(of: path)
    let plain = name.prefix { $0 != "." }
    return plain.isEmpty ? name : String(plain)
  }
}
