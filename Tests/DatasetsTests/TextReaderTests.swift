// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of the readers of tables in text.

internal import Datasets
internal import SparseCore
internal import Testing

@Suite("Reading text")
struct TextReaderTests {
  @Test("a table by Python's csv module is read, quotes and all")
  func goldenTable() throws {
    let set = try DatasetReader.read(path: golden("table.csv")).train
    #expect(set.features.values.elements == goldenValues)
    #expect(set.featureNames == ["a", "say \"b\"", "c, d"])
    #expect(set.classNames == ["a \"tulip\"", "rose, red"] && set.labels == [1, 0, 1, 0])
  }

  @Test("a file by scikit-learn's writer of LIBSVM's format is read")
  func goldenLIBSVM() throws {
    let set = try DatasetReader.read(path: golden("table.libsvm")).train
    #expect(set.features.values.elements == [1, 2, 11, 12, 21, 22, 31, 32])
    #expect(set.classNames == ["-1", "1"] && set.labels == [0, 1, 0, 1])
  }

  @Test("a table in another encoding than UTF-8 is refused: its class names could become one")
  func encodings() throws {
    try withFolder("encodings") { folder in
      let path = Paths.join(folder, "table.csv")
      for bytes in [
        Array("1,\u{E9}\n2,\u{FC}\n".unicodeScalars.map { UInt8($0.value) }), [0xFF, 0xFE] + [49, 0, 44, 0, 97, 0],
      ] {
        let file = try OutputFile(path)
        try file.write(bytes)
        try file.commit()
        #expect(throws: FileError.self) { try DatasetReader.read(path: path) }
      }
      try OutputFile.write("1,\u{E9}\n2,\u{FC}\n", to: path)
      #expect(try DatasetReader.read(path: path).train.classNames == ["\u{E9}", "\u{FC}"])
    }
  }

  @Test("a header is found where it is, and taken as told")
  func header() throws {
    #expect(try table("1,2,0\n3,4,1\n").count == 2)
    #expect(try table("a,b,y\n3,4,1\n").count == 1)
    #expect(try table("1,2,rose\n3,4,tulip\n").count == 2)
    #expect(try table("1,2,0\n3,4,1\n", ReadOptions(header: .present)).count == 1)
    #expect(try table("2019,b,0\n3,4,1\n").featureNames == ["2019", "b"])
  }

  @Test("the label column is found by name, by position, from the end, or as the last")
  func label() throws {
    let text = "a,Target,b\n1,2,3\n4,5,6\n"
    #expect(try table(text).featureNames == ["a", "b"])
    #expect(try table(text, ReadOptions(label: .index(0))).featureNames == ["Target", "b"])
    #expect(try table(text, ReadOptions(label: .index(-1))).featureNames == ["a", "Target"])
    #expect(try table(text, ReadOptions(label: LabelColumn("a"))).classNames == ["1", "4"])
    #expect(try table(text, ReadOptions(label: .none)).featureCount == 3)
    #expect(try table("1;2;0\n3;4;1\n").featureCount == 2)
    #expect(try table("1\t2\t0\n3\t4\t1\n").featureCount == 2)
  }

  @Test("columns of labels that are none are refused with what to do")
  func labelColumns() {
    let place = ReadOptions(label: .index(3))
    #expect(words { try table("a,b,c\n1,2,x\n", place) }.contains("expected a label column from -3 to 2, got 3;"))
    let numbers = "a,y\n" + (0..<20).map { "1,\($0).5\n" }.joined()
    #expect(
      words { try table(numbers) }.hasSuffix("name the label column with --label, or learn numbers with --regression"))
  }

  @Test("a test table with its columns in another order is put in that of the training table")
  func pairInAnotherOrder() throws {
    try withFolder("order") { folder in
      try OutputFile.write("x,z,label\n1,2,b\n2,3,c\n", to: Paths.join(folder, "train.csv"))
      try OutputFile.write("z,label,x\n30,b,4\n", to: Paths.join(folder, "test.csv"))
      let test = try #require(try DatasetReader.read(path: folder).test)
      #expect(test.features.values.elements == [4, 30] && test.featureNames == ["x", "z"])
      try OutputFile.write("q,label,x\n30,b,4\n", to: Paths.join(folder, "test.csv"))
      #expect(words { try DatasetReader.read(path: folder) }.contains("missing: 'z', got the columns 'q', 'x'"))
    }
  }

  @Test("a folder of a training and a test table is read as one data set")
  func folder() throws {
    try withFolder("pair") { folder in
      try OutputFile.write("x,label\n1,b\n2,c\n", to: Paths.join(folder, "train.csv"))
      try OutputFile.write("x,label\n3,a\n", to: Paths.join(folder, "test.csv"))
      let data = try DatasetReader.read(path: folder)
      #expect(data.train.classNames == ["a", "b", "c"] && data.train.labels == [1, 2])
      #expect(data.test?.labels == [0])
      try OutputFile.write("x,z,label\n3,4,a\n", to: Paths.join(folder, "test.csv"))
      #expect(
        words { try DatasetReader.read(path: folder) }.hasSuffix(
          "expected a test part with 1 features, as in the training part, got 2"))
    }
  }

  @Test("classes are sorted by number when all are numbers, else by their bytes")
  func classNames() throws {
    #expect(try table("1,10\n1,9\n1,-2\n").classNames == ["-2", "9", "10"])
    #expect(try table("1,10\n1,9\n1,b\n").classNames == ["10", "9", "b"])
  }

  @Test("real labels are values when asked for")
  func regression() throws {
    let set = try table("1,0.5\n2,-3e2\n", ReadOptions(regression: true))
    #expect(set.targets == .values(Matrix(rows: 2, columns: 1, values: [0.5, -300])) && set.classCount == 0)
  }

  @Test("numbers are the nearest floats")
  func numbers() throws {
    let text = "0.1,1e-3,+7,-0.000125,123456789.125,3.4e38,.5,5.,1234567890123456789012,0\n"
    let row = try table(text, ReadOptions(label: .none)).features.row(0)
    let long = Float(1_234_567_890_123_456_789_012.0)
    #expect(row == [0.1, 0.001, 7, -0.000125, 123456789.125, 3.4e38, 0.5, 5, long, 0])
  }

  @Test(
    "common mistakes are told with their line",
    arguments: [
      (
        "a,b,y\n1,,0\n",
        "'t': expected a number in line 2, column 2 ('b'), got a missing value; "
          + "fill it in, or remove the line"
      ),
      (
        "1,2,0\n\n1,red,0\n",
        "'t': expected a number in line 3, column 2, got 'red'; "
          + "write categories as numbers, or choose this column as the label"
      ),
      ("1,2,0\n1,2\n", "'t': expected 3 fields in line 2, as in the first line, got 2"),
      ("1,2,?\n", "'t': expected a label in line 1, column 3, got a missing value; fill it in, or remove the line"),
      ("1,2,\"a\n", "'t': expected a closing quote for the field that begins in line 1, got the end of the file"),
      ("", "'t': expected a table with at least one line, got an empty file"),
      ("a,b\n", "'t': expected at least one line of data, got a header only"),
    ])
  func mistakes(text: String, message: String) {
    #expect(words { try table(text) } == message)
  }

  @Test("an unknown column is answered with the nearest name")
  func unknownLabel() {
    #expect(
      words { try table("size,species\n1,2\n", ReadOptions(label: .name("specis"))) }
        == "'t': expected a column 'specis', got columns size, species; did you mean 'species'?")
    #expect(
      words { try table("1,2\n", ReadOptions(label: .index(2))) }
        == "'t': expected a label column from -2 to 1, got 2; columns count from 0, negative ones from the end")
  }

  @Test("mistakes in LIBSVM's format are told with their line")
  func libsvm() {
    #expect(
      words { try table("1 0:3\n", format: .libsvm) }
        == "'t': expected indices that rise from 1 in line 1, got 0 after 0; add 1 to every index")
    #expect(
      words { try table("1 1:3\n2 1:x\n", format: .libsvm) } == "'t': expected 'index:value' in line 2, got '1:x'")
    #expect(words { try table("1,2 1:3\n", format: .libsvm) }.contains("several labels a sample"))
    #expect(words { try table("0.5 1:3\n", format: .libsvm) }.contains("ask for regression"))
  }

  @Test("a file of no known kind is answered with the kinds that are known")
  func unknown() {
    #expect(
      words { try DatasetReader.read(bytes: [1, 2, 3], name: "f") }
        == "'f': expected IDX, NPY, NPZ, CSV, TSV, LIBSVM (each may be gzipped) or CIFAR-10's binary files; or a folder "
        + "with MNIST's or CIFAR-10's files, or with train and test files of one of these formats, "
        + "got a file of another kind")
  }
}
