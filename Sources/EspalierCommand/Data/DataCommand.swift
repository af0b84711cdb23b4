// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier data.

internal import ArgumentParser
internal import Datasets
internal import Training

/// The data sets that are known by name, and any other.
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "List, fetch, verify, describe and export data sets.",
    subcommands: [List.self, Describe.self, Fetch.self, Verify.self, Export.self])

  /// The command `espalier data list`.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The data sets that are known by name.")

    @Flag(help: "print one JSON object a line")
    var json = false

    func run() throws {
      guard !json else {
        for entry in DatasetCatalogue.entries { Output.result(entry.json) }
        return
      }
      var table = TextTable([.left, .right, .right, .right, .left, .left, .left])
      table.add(["name", "samples", "features", "classes", "licence", "where", "what"])
      for entry in DatasetCatalogue.entries {
        table.add([
          entry.name, NumberText.grouped(entry.samples), NumberText.grouped(entry.features), "\(entry.classes)",
          entry.licence, entry.place, entry.summary,
        ])
      }
      Output.result(table.text())
      Output.talk("cache folder: \(DatasetCatalogue.cacheFolder)")
    }
  }

  /// The command `espalier data fetch`.
  struct Fetch: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Fetch a data set into the cache folder, with the system's curl, and verify it.",
      discussion: "The folder is ESPALIER_DATA, else espalier in XDG_CACHE_HOME, else the system's cache folder.")

    @Argument(help: "the data set's name", completion: .list(DatasetCatalogue.entries.map(\.name)))
    var name: String

    func run() throws {
      let entry = try DatasetCatalogue.known(name)
      try Fetcher().fetch(entry) { Output.talk($0) }
      Output.result(entry.folder)
    }
  }

  /// The command `espalier data verify`.
  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check a fetched data set's files against their checksums.")

    @Argument(help: "the data set's name", completion: .list(DatasetCatalogue.entries.map(\.name)))
    var name: String

    func run() throws {
      let entry = try DatasetCatalogue.known(name)
      guard entry.isReady else {
        throw FileError.missing(path: entry.folder, advice: "fetch it first: espalier data fetch \(entry.name)")
      }
      for file in try Fetcher().verify(entry) { Output.result("\(file): verified") }
    }
  }

  /// The command `espalier data export`.
  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write a data set as .npz (X, y, class_names) or .csv, for other programs.",
      discussion: """
        The features are raw, in the order that 'espalier predict' takes them.

          espalier data export digits --part test --out digits.npz
        """)

    @Argument(help: "a data set of the catalogue, a file or a folder")
    var name: String

    @Option(help: "the file to write, .npz or .csv", completion: .file())
    var out: String

    @Option(help: "which samples")
    var part: DataPart = .all

    @Option(help: "the column with the labels: its name, or its position from 0 (-1: the last) (default: auto)")
    var label: String?

    @Flag(help: "take the labels as numbers instead of classes")
    var regression = false

    @Option(help: "the share set aside for the test, when the data brings no test part")
    var test = 0.25

    @Option(help: "decides which samples are set aside, as in 'espalier train'")
    var splitSeed: UInt64 = 0

    func validate() throws {
      guard out.lowercased().hasSuffix(".npz") || out.lowercased().hasSuffix(".csv") else {
        throw ValidationError("--out: expected a file ending in .npz or .csv, got '\(out)'")
      }
      guard test >= 0, test <= 1 else { throw ValidationError("--test: expected a share from 0 to 1, got \(test)") }
    }

    func run() throws {
      let count = try execute().count
      Output.talk("\(NumberText.grouped(count)) samples written to \(out)")
    }

    /// Writes the samples.
    func execute() throws -> Dataset {
      let column: LabelColumn = label.map { $0 == "auto" ? .automatic : LabelColumn($0) } ?? .automatic
      let source = SampleSource(label: column, test: test, splitSeed: splitSeed)
      let dataset = try source.load(name, part, regression: regression)
      if out.lowercased().hasSuffix(".csv") {
        try CSVWriter.write(dataset, to: out)
      } else {
        try DatasetArchive.write(dataset, to: out)
      }
      return dataset
    }
  }
}

extension DatasetCatalogue {
  /// The entry of a name.
  ///
  /// - Throws: ``CommandError`` with the nearest names.
  static func known(_ name: String) throws(CommandError) -> DatasetEntry {
    guard let entry = entry(name) else {
      throw .usage(
        "expected a data set of the catalogue, got '\(name)'; "
          + Names.advice(for: name, among: entries.map(\.name)))
    }
    return entry
  }
}

extension DatasetEntry {
  /// The folder of its files.
  var folder: String { Paths.join(DatasetCatalogue.cacheFolder, name) }

  /// Whether it can be used now.
  var isReady: Bool {
    if case .download = source { Paths.isFolder(folder) && !Paths.list(folder).isEmpty } else { true }
  }

  /// Where it comes from.
  var place: String {
    switch source {
    case .bundled: "bundled"
    case .generated: "generated"
    case .download: isReady ? "in the cache" : "to fetch"
    }
  }

  var json: JSONValue {
    .object([
      .init("name", .string(name)), .init("summary", .string(summary)), .init("samples", .integer(samples)),
      .init("features", .integer(features)), .init("classes", .integer(classes)), .init("licence", .string(licence)),
      .init("citation", .string(citation)), .init("where", .string(place)), .init("ready", .bool(isReady)),
    ])
  }
}
