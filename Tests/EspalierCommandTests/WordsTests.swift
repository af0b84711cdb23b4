// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of what the tool says.

import Datasets
import SparseTopology
import Testing
import Training

@testable import EspalierCommand

@Suite("What the tool says")
struct WordsTests {
  @Test("the help is the one committed (ESPALIER_RECORD=1 commits it anew)")
  func help() throws {
    let text = Workplace.help(columns: 100) + "\n"
    #expect(try Workplace.snapshot("train-help.txt", text) == text)
  }

  @Test("every default stands in the help")
  func defaults() {
    let help = Workplace.help(columns: 100_000)
    for setting in Setting.all {
      #expect(help.contains("--\(setting.flag)"), "\(setting.flag)")
      #expect(help.contains("\(setting.help) (default: \(setting.standard))"), "\(setting.flag)")
    }
  }

  private let summary: JSONValue = [
    "test_accuracy": 0.9710467, "test_loss": 0.10321, "test_top_accuracy": 0.998, "top": 5, "epochs": 100,
    "connections": 4198, "dense_connections": 83968, "sparsity": 0.95, "seconds": 8.21, "samples_per_second": 16418.5,
    "peak_memory_bytes": 63_963_136, "seed": 1, "method": "gse", "data": "digits",
  ]

  @Test("the result's table is the one committed")
  func table() throws {
    let text = ResultTable.text(summary, folder: "runs/digits-gse-s1") + "\n"
    #expect(try Workplace.snapshot("train-result.txt", text) == text)
  }

  @Test("a share of absent connections is never rounded to all of them")
  func nearlyAll() {
    let huge: JSONValue = ["connections": 10_327_730, "dense_connections": 282_773_000_000, "sparsity": 0.99996347]
    #expect(ResultTable.text(huge, folder: "r").contains("of 282,773,000,000: 99.996 % absent"))
  }

  @Test("messages name flags, their bounds, and ways out that exist")
  func messages() throws {
    func words(_ arguments: [String]) -> String {
      do { return "accepted \(try Workplace.command(arguments).askedConfiguration())" } catch { return "\(error)" }
    }
    #expect(
      words(["--hidden", "99999999999"]).hasPrefix("--hidden: expected widths, whole numbers from 1 to 2147483647,"))
    #expect(
      words(["--epochs", "99999999999999999999"])
        == "--epochs: expected a whole number of at least 1, got '99999999999999999999'; the most is \(Int.max)")
    #expect(
      words(["--threads", "1025"]) == "--threads: expected a whole number from 1 to 1024, or auto, got '1025'")
    let error = TrainingError.setting(name: "epochs", expected: "at most 5", got: "6")
    #expect(CommandError(error)?.description == "--epochs: expected at most 5, got 6")
    try Workplace.withFolder { base in
      let file = Paths.join(base, "file")
      try OutputFile.write("", to: file)
      #expect {
        try Workplace.train(file, ["--epochs", "1"])
      } throws: { "\($0)" == "cannot write '\(file)': '\(file)' is a file, not a folder; name another folder" }
    }
  }

  @Test("the table of seeds is the one committed")
  func seedsTable() throws {
    let runs = [0.96, 0.97, 0.98].enumerated().map { index, accuracy -> JSONValue in
      [
        "test_accuracy": .number(accuracy), "test_loss": 0.1, "seed": .integer(index + 1), "method": "gse",
        "data": "digits", "connections": 4198, "dense_connections": 83968, "seconds": 2, "epochs": 10,
      ]
    }
    let whole = SeedsRun.summary(of: runs)
    #expect(abs((whole["test_accuracy"]?.asDouble ?? 0) - 0.97) < 1e-12)
    #expect(abs((whole["test_accuracy_sd"]?.asDouble ?? 0) - 0.01) < 1e-12)
    #expect(whole["seconds"]?.asDouble == 6)
    #expect(whole["epochs"] == 10)
    let text = SeedsRun.table(whole, folder: "runs/digits-gse-s1-3") + "\n"
    #expect(try Workplace.snapshot("train-seeds.txt", text) == text)
  }

  @Test("a summary has one member a line and reads back the same")
  func lined() throws {
    let value: JSONValue = ["a": 1, "rows": [[1, 2], [3, 4]], "list": [1, 2]]
    #expect(value.lined == "{\n  \"a\": 1,\n  \"rows\": [\n    [1,2],\n    [3,4]\n  ],\n  \"list\": [1,2]\n}\n")
    #expect(try JSONValue(parsing: value.lined) == value)
  }

  @Test("a requirement holds, is missed, or has no number")
  func requirements() throws {
    #expect(try Requirement("test_accuracy >= 0.965").miss(in: summary) == nil)
    #expect(try Requirement("test_loss<0.2").miss(in: summary) == nil)
    #expect(try Requirement("test_accuracy>0.98").miss(in: summary) == "required test_accuracy>0.98, got 0.971047")
    #expect(try Requirement("test_r2>=0").miss(in: summary) == "required test_r2>=0, but this run has no test_r2")
    #expect(Workplace.status { try Requirement.check(["test_loss<1", "test_loss>1"], summary) } == .unfulfilled)
    #expect(Workplace.status { try Requirement.check(["test_loss<1"], summary) } == nil)
    for wrong in ["test_accuracy", "test_accuracy=1", "test_accuracy>=", "acc>=1", ">=1"] {
      #expect(Workplace.status { _ = try Requirement(wrong) } == .usage, "\(wrong)")
    }
  }

  @Test("the spread of three runs is Student's")
  func spread() throws {
    let spread = try #require(Spread([1, 2, 3]))
    #expect(spread.mean == 2 && spread.deviation == 1)
    #expect(abs(spread.interval.1 - (2 + 4.303 / 3.0.squareRoot())) < 1e-12)
    #expect(abs(Spread.quantile(degrees: 60) - 2.0003) < 1e-3)
    #expect(Spread([5])?.interval.0 == 5)
    #expect(Spread([]) == nil)
  }

  @Test("errors of the library get the exit codes that scripts go by")
  func codes() {
    #expect(CommandError(FileError.missing(path: "a"))?.status == .inputMissing)
    #expect(CommandError(FileError.unwritable(path: "a", reason: "full"))?.status == .cannotWrite)
    #expect(CommandError(FileError.tooLarge(path: "a", limit: 1, got: 2))?.status == .badData)
    #expect(CommandError(TrainingError.data(expected: "a", got: "b"))?.status == .badData)
    #expect(CommandError(TrainingError.setting(name: "a", expected: "b", got: "c"))?.status == .usage)
    #expect(CommandError(TopologyError.density(2))?.status == .usage)
  }

  @Test("tables align words to the left and numbers to the right")
  func tables() {
    var table = TextTable([.left, .right, .left])
    table.add(["a", "10", "x"])
    table.add(["long", "5"])
    #expect(table.text(indent: " ") == " a     10  x\n long   5")
  }

  @Test("names of runs come from any path")
  func names() {
    #expect(PreparedData.shortName("/data/My flowers.csv.gz") == "My-flowers")
    #expect(PreparedData.shortName("synthetic:3x4x2") == "synthetic")
    #expect(PreparedData.shortName("..") == "--")
    #expect(TrainingRun.quoted("it's") == "'it'\\''s'")
    #expect(TrainingRun.quoted("runs/a-1") == "runs/a-1")
  }
}
