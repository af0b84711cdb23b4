// SPDX-License-Identifier: Apache-2.0
// Espalier: a run's metrics as CSV.

import Datasets
import Testing

@testable import Training

@Suite("Metrics table")
struct MetricsTableTests {
  private static let columns = ["epoch", "train/loss", "test/accuracy"]

  private static func text(_ path: String) throws -> String {
    String(decoding: try InputFile.contents(of: path, limit: 10000), as: UTF8.self)
  }

  @Test("the header stands once, and each line is there as soon as it is appended")
  func writing() throws {
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "metrics.csv")
      let table = try MetricsTable(path, columns: Self.columns)
      try table.append([1, 0.1, nil])
      #expect(try Self.text(path) == "epoch,train/loss,test/accuracy\n1,0.1,\n")
      try table.append([2, .nan, -.infinity])
      try table.append([3, 1e-7, 1 / 3])
      #expect(
        try Self.text(path) == "epoch,train/loss,test/accuracy\n1,0.1,\n2,nan,-inf\n3,1e-07,0.3333333333333333\n")
      let read = try MetricsTable.read(path)
      #expect(read.columns == Self.columns && read.rows.count == 3)
      #expect(read.rows[0] == [1, 0.1, nil] && read.rows[2] == [3, 1e-7, 1 / 3])
      #expect(read.rows[1][1]?.isNaN == true && read.rows[1][2] == -.infinity)
    }
  }

  @Test("a resumed table keeps the lines up to its epoch and drops a torn end")
  func resume() throws {
    let whole = "epoch,train/loss,test/accuracy\n1,0.5,\n2,0.25,1\n3,0.125,1\n"
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "metrics.csv")
      for cut in 0...whole.utf8.count {
        try OutputFile.write(String(decoding: Array(whole.utf8.prefix(cut)), as: UTF8.self), to: path)
        let table = try MetricsTable(path, columns: Self.columns, keepingThrough: 2)
        let lines = whole.utf8.prefix(cut).split(separator: 10, omittingEmptySubsequences: false).count - 1
        let kept = whole.split(separator: "\n").prefix(max(1, min(3, lines)))
        #expect(try Self.text(path) == kept.joined(separator: "\n") + "\n")
        try table.append([9, 9, 9])
        #expect(try Self.text(path) == (kept + ["9,9,9"]).joined(separator: "\n") + "\n")
      }
    }
  }

  @Test("another run's table and broken lines are refused")
  func refusals() throws {
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "m.csv")
      for (text, message) in [
        (
          "a,b\n",
          "expected the header 'epoch,train/loss,test/accuracy', got 'a,b'; it is another run's table; choose another folder"
        ),
        ("epoch,train/loss,test/accuracy\n1,2\n", "expected 3 columns, got 2 in the line '1,2'"),
        ("epoch,train/loss,test/accuracy\n1,x,2\n", "expected a number, got 'x' in the line '1,x,2'"),
      ] {
        try OutputFile.write(text, to: path)
        let error = #expect(throws: FileError.self) { try MetricsTable(path, columns: Self.columns) }
        #expect(error?.description == "'\(path)': " + message)
        #expect(try Self.text(path) == text)
      }
    }
  }
}
