// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of `espalier evaluate`.

import ArgumentParser
import Datasets
import SparseCore
import Testing
import Training

@testable import EspalierCommand

@Suite("espalier evaluate")
struct EvaluateTests {
  private func evaluate(_ arguments: [String]) throws -> EvaluationReport {
    try EvaluateCommand.parse(arguments + ["--threads", "1"]).execute()
  }

  @Test("judges the samples that training sets aside, from the run's folder alone")
  func testPart() throws {
    try SampleRun.withFolder { folder in
      let report = try evaluate([folder])
      let model = try SampleRun.model()
      let test = Dataset.digits().split(testShare: 0.25, seed: 0).test
      let workers = Workers(threads: 2)
      let wanted = Metrics(
        scores: try model.scores(of: test, workers: workers), targets: test.targets, loss: model.loss, workers: workers)
      #expect(report.metrics == wanted)
      #expect(report.json["samples"] == 449)
      #expect(report.json["accuracy"]?.asDouble == wanted.accuracy)
      #expect(report.json["classes"]?.asArray?.compactMap { $0["samples"]?.asInt }.reduce(0, +) == 449)
      let rows = report.json["confusion"]?.asArray?.compactMap(\.asArray)
      #expect(rows?.joined().compactMap(\.asInt) == wanted.confusion)
    }
  }

  @Test("says the same in words")
  func words() throws {
    try SampleRun.withFolder { folder in
      let lines = try evaluate([folder, "--data", "digits", "--part", "all"]).text.split(separator: "\n")
      #expect(lines[1] == "data      digits, all part, 1,797 samples")
      #expect(lines[2].hasPrefix("accuracy  ") && lines[2].hasSuffix(" %"))
      #expect(lines.count == 16 && lines[5].hasPrefix("class  samples  precision"))
    }
  }

  @Test("draws the confusion matrix")
  func confusion() throws {
    try SampleRun.withFolder { folder in
      let path = Paths.join(folder, "confusion.svg")
      _ = try evaluate([folder, "--confusion", path])
      #expect(try Workplace.text(path).contains("digits, test part"))
    }
  }

  @Test("missing, broken and strange input have their exit codes")
  func mistakes() throws {
    try SampleRun.withFolder { folder in
      let broken = Paths.join(folder, "broken.safetensors")
      try OutputFile.write("not a model at all", to: broken)
      #expect(Workplace.status { _ = try evaluate([broken]) } == .badData)
      #expect(Workplace.status { _ = try evaluate([Paths.join(folder, "none.safetensors")]) } == .inputMissing)
      #expect(Workplace.status { _ = try evaluate([folder, "--data", "dogits"]) } == .inputMissing)
      #expect(Workplace.status { _ = try evaluate([folder, "--data", "madelon"]) } == .badData)
      #expect(Workplace.status { _ = try evaluate([folder, "--test", "2"]) } == .usage)
      #expect(
        Workplace.status { _ = try evaluate([folder, "--confusion", "/nowhere/at/all.svg"]) } == .cannotWrite)
      let strange = Paths.join(folder, "strange.csv")
      let row = (0..<64).map { "\($0)" }.joined(separator: ",")
      try OutputFile.write("\(row),seven\n\(row),eight\n", to: strange)
      #expect {
        _ = try evaluate([folder, "--data", strange, "--part", "all"])
      } throws: { "\($0)".contains("got the class 'eight'") }
    }
  }

  @Test("a cut model is refused with what was expected and what came")
  func cut() throws {
    try SampleRun.withFolder { folder in
      let path = Paths.join(folder, "model.safetensors")
      let bytes = try Workplace.bytes(path)
      let file = try OutputFile(path)
      try file.write(Array(bytes.dropLast(100)))
      try file.commit()
      #expect {
        _ = try evaluate([folder])
      } throws: { error in
        CommandError(error)?.status == .badData && "\(error)".contains("expected") && "\(error)".contains("got")
      }
    }
  }

  @Test("knows from the model which samples training set aside")
  func sameSplit() throws {
    try Workplace.withFolder { folder in
      try Workplace.train(folder, ["--test", "0.1", "--split-seed", "7"])
      let summary = try JSONValue(parsing: Workplace.text(RunFolder(folder).summary))
      let report = try evaluate([folder])
      #expect(report.metrics.accuracy == summary["test_accuracy"]?.asDouble)
      #expect(report.metrics.count == summary["test_samples"]?.asInt)
      #expect(try evaluate([folder, "--test", "0.25"]).metrics.count == 449)
    }
  }

  @Test("a table with its columns in another order is judged and answered the same")
  func columnOrder() throws {
    try Workplace.withFolder { base in
      let rows = (0..<60).map { ($0 % 2, "\(Double($0 * 7 % 13) + Double($0 % 2) * 9)", "\($0 * 5 % 11)") }
      let table = Paths.join(base, "t.csv")
      let moved = Paths.join(base, "moved.csv")
      let short = Paths.join(base, "short.csv")
      try OutputFile.write("a,b,label\n" + rows.map { "\($0.1),\($0.2),\($0.0)\n" }.joined(), to: table)
      try OutputFile.write(
        "label,b,id,a\n" + rows.enumerated().map { "\($1.0),\($1.2),\($0),\($1.1)\n" }.joined(), to: moved)
      try OutputFile.write("label,b\n" + rows.map { "\($0.0),\($0.2)\n" }.joined(), to: short)
      let run = RunFolder(Paths.join(base, "run"))
      try Workplace.train(run.path, ["--data", table, "--sparsity", "0.5"])
      #expect(try Model(contentsOf: run.model).featureNames == ["a", "b"])
      let wanted = try evaluate([run.path, "--part", "all"]).metrics
      #expect(try evaluate([run.path, "--part", "all", "--data", moved]).metrics == wanted)
      let answers = try PredictCommand.parse([run.path, "--threads", "1"]).execute()
      let others = try PredictCommand.parse([run.path, "--data", moved, "--threads", "1"]).execute()
      #expect(others == answers)
      #expect {
        _ = try evaluate([run.path, "--data", short])
      } throws: { "\($0)".contains("missing: 'a'") }
    }
  }

  @Test("a LIBSVM file may lack the last features")
  func shortFile() throws {
    try SampleRun.withFolder { folder in
      let path = Paths.join(folder, "few.libsvm")
      try OutputFile.write("3 1:0.5 7:2\n4 2:1\n", to: path)
      #expect(try evaluate([folder, "--data", path, "--part", "all"]).metrics.count == 2)
      let predictions = try PredictCommand.parse([folder, "--data", path, "--threads", "1"]).execute()
      #expect(predictions.scores.rows == 2)
    }
  }
}
