// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier data describe.

internal import ArgumentParser
internal import Datasets
internal import SparseCore
internal import Training

extension DataCommand {
  /// The command `espalier data describe`.
  struct Describe: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shape, classes, feature ranges, licence and citation of a data set.")

    @Argument(help: "a data set of the catalogue, a file or a folder")
    var name: String

    @Option(help: "the column with the labels: its name, its position from 0 (-1: the last), or none (default: auto)")
    var label: String?

    @Flag(help: "take the labels as numbers instead of classes")
    var regression = false

    @Flag(help: "print one JSON object")
    var json = false

    func run() throws {
      let entry = DatasetCatalogue.entry(name)
      if let entry, !entry.isReady {
        Output.result(json ? entry.json.text() : DataDescription(entry: entry, loaded: nil).text)
        Output.talk("not fetched yet: espalier data fetch \(entry.name)")
        return
      }
      let column: LabelColumn = label.map { $0 == "auto" ? .automatic : LabelColumn($0) } ?? .automatic
      let loaded = try DatasetCatalogue.load(name, options: ReadOptions(label: column, regression: regression))
      let description = DataDescription(entry: entry, loaded: loaded)
      Output.result(json ? description.json.text() : description.text)
    }
  }
}

/// What `espalier data describe` prints.
struct DataDescription {
  let entry: DatasetEntry?
  let loaded: LoadedData?

  var text: String {
    var facts = TextTable([.left, .left])
    if let entry { facts.add(["name", "\(entry.name): \(entry.summary)"]) }
    if let loaded {
      if entry == nil { facts.add(["name", loaded.train.name]) }
      facts.add(["samples", samples(loaded)])
      facts.add(["features", Self.features(loaded.train)])
      let range = FeatureRange(loaded.train.features)
      facts.add([
        "values",
        "\(Self.number(range.minimum)) to \(Self.number(range.maximum)), mean \(Self.number(Float(range.mean))), "
          + "\(NumberText.percent(range.zeroShare, decimals: 1)) zeros, \(range.constantFeatures) constant features",
      ])
      facts.add(["targets", Self.targets(loaded.train)])
    } else if let entry {
      facts.add(["samples", NumberText.grouped(entry.samples)])
      facts.add(["features", NumberText.grouped(entry.features)])
      facts.add(["classes", "\(entry.classes)"])
    }
    if let entry {
      facts.add(["licence", entry.licence])
      facts.add(["citation", entry.citation])
    }
    guard let loaded, case .classes(_, let names) = loaded.train.targets else { return facts.text() }
    return facts.text() + "\n\n" + Self.classTable(names, loaded)
  }

  var json: JSONValue {
    guard let loaded else { return entry?.json ?? .null }
    var members = entry?.json.asObject?.filter { ["name", "summary", "licence", "citation"].contains($0.key) } ?? []
    if members.isEmpty { members.append(.init("name", .string(loaded.train.name))) }
    let range = FeatureRange(loaded.train.features)
    members += [
      .init("train_samples", .integer(loaded.train.count)),
      .init("test_samples", loaded.test.map { .integer($0.count) } ?? .null),
      .init("features", .integer(loaded.train.featureCount)),
      .init("minimum", .number(Double(range.minimum))), .init("maximum", .number(Double(range.maximum))),
      .init("mean", .number(range.mean)), .init("zeros", .number(range.zeroShare)),
      .init("constant_features", .integer(range.constantFeatures)),
    ]
    if case .classes(_, let names) = loaded.train.targets {
      let counts = zip(names, loaded.train.classCounts).map { JSONValue.Member($0, .integer($1)) }
      members.append(.init("train_classes", .object(counts)))
    }
    return .object(members)
  }

  private func samples(_ loaded: LoadedData) -> String {
    guard let test = loaded.test else { return NumberText.grouped(loaded.train.count) }
    return "\(NumberText.grouped(loaded.train.count)) to learn from, \(NumberText.grouped(test.count)) for the test"
  }

  private static func features(_ dataset: Dataset) -> String {
    var text = NumberText.grouped(dataset.featureCount)
    if let image = dataset.image {
      text += ", images of \(image.height) x \(image.width)" + (image.channels > 1 ? " x \(image.channels)" : "")
    }
    if !dataset.featureNames.isEmpty {
      text += ": " + dataset.featureNames.prefix(8).joined(separator: ", ")
      if dataset.featureNames.count > 8 { text += ", ..." }
    }
    return text
  }

  private static func targets(_ dataset: Dataset) -> String {
    switch dataset.targets {
    case .classes(_, let names): return "\(names.count) classes"
    case .values(let values):
      let range = FeatureRange(values)
      return "\(values.columns) values a sample, \(number(range.minimum)) to \(number(range.maximum))"
    case .none: return "none"
    }
  }

  private static func classTable(_ names: [String], _ loaded: LoadedData) -> String {
    var table = TextTable([.left, .right, .right])
    table.add(
      ["class", loaded.test == nil ? "samples" : "to learn from"] + (loaded.test == nil ? [] : ["for the test"]))
    let train = loaded.train.classCounts
    let test = loaded.test?.classCounts
    for (index, name) in names.enumerated() {
      table.add([name, NumberText.grouped(train[index])] + (test.map { [NumberText.grouped($0[index])] } ?? []))
    }
    return table.text()
  }

  private static func number(_ value: Float) -> String { NumberText.significant(Double(value), digits: 4) }
}

/// The range of a table of numbers.
struct FeatureRange: Equatable {
  private(set) var minimum = Float.infinity
  private(set) var maximum = -Float.infinity
  private(set) var mean = 0.0
  private(set) var zeroShare = 0.0
  /// Columns that never change.
  private(set) var constantFeatures = 0

  init(_ matrix: Matrix) {
    let (rows, columns) = (matrix.rows, matrix.columns)
    guard rows > 0, columns > 0 else { return }
    var changes = [Bool](repeating: false, count: columns)
    var (sum, zeros) = (0.0, 0)
    matrix.values.withSpan { values in
      for row in 0..<rows {
        for column in 0..<columns {
          let value = values[row * columns + column]
          minimum = min(minimum, value)
          maximum = max(maximum, value)
          sum += Double(value)
          if value == 0 { zeros += 1 }
          if value != values[column] { changes[column] = true }
        }
      }
    }
    mean = sum / Double(rows * columns)
    zeroShare = Double(zeros) / Double(rows * columns)
    constantFeatures = changes.count { !$0 }
  }
}
