// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of Dataset and the bundled digits.

internal import Datasets
internal import SparseCore
internal import Testing

@Suite("A data set")
struct DatasetTests {
  @Test("the bundled digits are the 1,797 of the UCI repository")
  func digits() throws {
    let digits = Dataset.digits()
    #expect(digits.count == 1797 && digits.featureCount == 64 && digits.classCount == 10)
    #expect(digits.classCounts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    #expect(digits.features.values.elements.reduce(0, +) == 561_718)
    #expect(digits.features.row(0).prefix(8) == [0, 0, 5, 13, 9, 1, 0, 0])
    #expect(digits.features.values.elements.min() == 0 && digits.features.values.elements.max() == 16)
    #expect(digits.labels.prefix(11) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0])
    #expect(digits.image == ImageShape(height: 8, width: 8))
    try digits.validate()
  }

  @Test("a subset keeps the order asked for, and may repeat")
  func subset() {
    let digits = Dataset.digits()
    let some = digits.subset([5, 3, 3])
    #expect(some.labels == [5, 3, 3] && some.classCount == 10)
    #expect(some.features.row(0) == digits.features.row(5))
    #expect(some.features.row(1) == some.features.row(2))
  }

  @Test("a feature that is no number is refused with its row and column")
  func notFinite() {
    var features = Matrix(rows: 3, columns: 2)
    features[2, 1] = .nan
    let dataset = Dataset(name: "set", features: features, targets: .none, featureNames: ["a", "b"])
    #expect(
      words { try dataset.validate() }
        == "'set': expected finite numbers, got nan in row 2, column 1 ('b'); remove the row, or fill the value in")
    features[2, 1] = 0
    features[1, 0] = -.infinity
    let other = Dataset(name: "set", features: features, targets: .none)
    #expect(words { try other.validate() }.contains("got -inf in row 1, column 0;"))
  }

  @Test("labels are brought to a model's classes, and an unknown class is refused with its row")
  func aligned() throws {
    let set = try table("1,b\n2,c\n3,b\n")
    let aligned = try set.aligned(toClasses: ["a", "c", "b"])
    #expect(aligned.labels == [2, 1, 2] && aligned.classCount == 3)
    #expect(
      words { try set.aligned(toClasses: ["a", "b"]) }
        == "'t': expected classes a, b, got 'c' in row 1; the model was trained without this class")
  }
}
