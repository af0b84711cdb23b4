// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of `espalier predict`.

import ArgumentParser
import Datasets
import SparseCore
import Testing
import Training

@testable import EspalierCommand

@Suite("espalier predict")
struct PredictTests {
  private func predict(_ arguments: [String]) throws -> Predictions {
    try PredictCommand.parse(arguments + ["--threads", "1"]).execute()
  }

  @Test("answers every sample in the order of the data")
  func everySample() throws {
    try SampleRun.withFolder { folder in
      let predictions = try predict([folder])
      let wanted = try SampleRun.model().scores(of: .digits(), workers: Workers(threads: 1))
      #expect(predictions.scores == wanted)
      #expect(predictions.classes.count == 1797)
      let lines = PredictCommand.lines(predictions, json: false).split(separator: "\n")
      #expect(lines.count == 1797)
      let first = lines[0].split(separator: "\t")
      #expect(first[0] == "\(predictions.classes[0])" && Double(first[1]) ?? 0 > 0.1)
      let object = try JSONValue(parsing: String(PredictCommand.lines(predictions, json: true).prefix { $0 != "\n" }))
      #expect(object["scores"]?.asArray?.compactMap(\.asDouble) == wanted.row(0).map { Double($0) })
    }
  }

  @Test("features with and without a column of labels give the same scores")
  func unlabelled() throws {
    try SampleRun.withFolder { folder in
      let digits = Dataset.digits().subset(Array(0..<40))
      let labelled = Paths.join(folder, "labelled.csv")
      let bare = Paths.join(folder, "bare.csv")
      try CSVWriter.write(digits, to: labelled)
      try CSVWriter.write(Dataset(name: "bare", features: digits.features, targets: .none), to: bare)
      let wanted = try predict([folder, "--data", labelled]).scores
      #expect(wanted.rows == 40)
      #expect(try predict([folder, "--data", bare]).scores == wanted)
      #expect(try predict([folder, "--data", bare, "--no-label"]).scores == wanted)
      #expect(Workplace.status { _ = try predict([folder, "--data", labelled, "--no-label"]) } == .badData)
    }
  }

  @Test("writes an archive or a table")
  func files() throws {
    try SampleRun.withFolder { folder in
      let table = Paths.join(folder, "p.csv")
      let archive = Paths.join(folder, "p.npz")
      let predictions = try predict([folder, "--out", table, "--part", "test"])
      _ = try predict([folder, "--out", archive, "--part", "test"])
      let lines = try Workplace.text(table).split(separator: "\n")
      #expect(lines.count == 450)
      #expect(lines[0].hasPrefix("class,probability,score 0,score 1"))
      let fields = lines[1].split(separator: ",")
      #expect(fields.dropFirst(2).compactMap { Float($0) } == predictions.scores.row(0))
      #expect(try Workplace.bytes(archive).count > 449 * (40 + 40 + 8))
    }
  }

  @Test("wrong flags and wrong data have their exit codes")
  func mistakes() throws {
    try SampleRun.withFolder { folder in
      #expect(Workplace.status { _ = try predict([folder, "--out", "p.txt"]) } == .usage)
      #expect(Workplace.status { _ = try predict([folder, "--label", "y", "--no-label"]) } == .usage)
      #expect(Workplace.status { _ = try predict([folder, "--data", "two-moons"]) } == .badData)
      #expect(Workplace.status { _ = try predict([folder, "--out", "/nowhere/p.npz"]) } == .cannotWrite)
      #expect(Workplace.status { _ = try predict([Paths.join(folder, "no")]) } == .inputMissing)
    }
  }
}
