// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of `espalier data`.

import ArgumentParser
import Datasets
import SparseCore
import Testing
import Training

@testable import EspalierCommand

@Suite("espalier data")
struct DataTests {
  @Test("the digits are described as committed")
  func describe() throws {
    let description = DataDescription(entry: DatasetCatalogue.entry("digits"), loaded: LoadedData(train: .digits()))
    #expect(try description.text + "\n" == Workplace.snapshot("describe-digits.txt", description.text + "\n"))
    let json = try JSONValue(parsing: description.json.text())
    #expect(json["maximum"] == 16.0 && json["train_samples"] == 1797 && json["test_samples"] == .null)
    #expect(json["train_classes"]?["9"] == 180)
  }

  @Test("an entry that has not been fetched is described by the catalogue alone")
  func unfetched() throws {
    let text = DataDescription(entry: DatasetCatalogue.entry("mnist"), loaded: nil).text
    #expect(text.contains("samples   70,000\nfeatures  784\nclasses   10\nlicence   CC BY-SA 3.0"))
  }

  @Test("an exported part is the part that training sets aside", arguments: ["part.npz", "part.csv"])
  func export(name: String) throws {
    try Workplace.withFolder { folder in
      let path = Paths.join(folder, name)
      _ = try DataCommand.Export.parse(["digits", "--part", "test", "--out", path]).execute()
      let read = try DatasetReader.read(path: path).train
      let wanted = Dataset.digits().split(testShare: 0.25, seed: 0).test
      #expect(read.features == wanted.features && read.targets == wanted.targets)
    }
  }

  @Test("both parts of a source come one after the other")
  func joined() {
    let digits = Dataset.digits()
    let parts = (digits.subset([3, 4]), digits.subset([9]))
    #expect(parts.0.joined(with: parts.1) == digits.subset([3, 4, 9]))
  }

  @Test("a range counts zeros and constant features")
  func range() {
    let digits = Dataset.digits()
    let range = FeatureRange(digits.features)
    #expect(range.minimum == 0 && range.maximum == 16 && range.constantFeatures == 3)
    let total = (0..<digits.count).reduce(0.0) { $0 + digits.features.row($1).reduce(0.0) { $0 + Double($1) } }
    #expect(abs(range.mean - total / Double(digits.count * 64)) < 1e-9)
  }

  @Test("unknown names and endings have their exit codes")
  func mistakes() throws {
    #expect(Workplace.status { _ = try DatasetCatalogue.known("mnits") } == .usage)
    #expect(throws: CommandError.usage("expected a data set of the catalogue, got 'mnits'; did you mean 'mnist'?")) {
      try DatasetCatalogue.known("mnits")
    }
    #expect(Workplace.status { try DataCommand.Fetch.parse(["digits"]).run() } == .usage)
    #expect(Workplace.status { _ = try DataCommand.Export.parse(["digits", "--out", "x.txt"]) } == .usage)
    #expect(
      Workplace.status { _ = try DataCommand.Export.parse(["no/such.csv", "--out", "x.csv"]).execute() }
        == .inputMissing)
  }
}
