// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of reading rollouts.

import Datasets
import Entities
import Testing

@Suite("Rollouts from tables")
struct RolloutTableTests {
  static func read(_ text: String, _ columns: [String] = []) throws(FileError) -> RolloutTable {
    try RolloutTable.read(bytes: Array(text.utf8), path: "r.csv", columns: columns)
  }

  private static func numbers(_ table: RolloutTable) -> [[Double]] {
    table.columns.map { column in
      if case .numbers(let numbers) = column.values { numbers } else { [] }
    }
  }

  static let recording = """
    episode,step,observation_0,observation_1,action_0,reward,ending
    0,0,0.5,-1,1,0,
    0,1,1.5,2,0,0,terminated
    1,0,2.5,3e1,1,1,
    1,1,3.5,4,0,1,
    1,2,4.5,5,1,1,truncated

    """

  @Test("a recording's variables are its observations and actions, in its episodes")
  func recording() throws {
    let table = try Self.read(Self.recording)
    #expect(table.columns.map(\.name) == ["observation_0", "observation_1", "action_0"])
    #expect(Self.numbers(table) == [[0.5, 1.5, 2.5, 3.5, 4.5], [-1, 2, 30, 4, 5], [1, 0, 1, 0, 1]])
    #expect(table.episodes == [0..<2, 2..<5] && table.steps == [0, 1, 0, 1, 2] && table.name == "r.csv")
    let some = try Self.read(Self.recording, ["action_0", "observation_*", "reward", "observation_1"])
    #expect(some.columns.map(\.name) == ["action_0", "observation_0", "observation_1", "reward"])
    #expect(try Self.read(Self.recording, ["*_0"]).columns.map(\.name) == ["observation_0", "action_0"])
    #expect(try Self.read(Self.recording, ["o*_*1"]).columns.map(\.name) == ["observation_1"])
    #expect(try Self.read(Self.recording, ["*e*"]).columns.map(\.name).suffix(2) == ["reward", "ending"])
    #expect(try Self.read(Self.recording, ["*"]).columns.count == 5)
    #expect(try Self.read(Self.recording, ["step"]).columns.map(\.name) == ["step"])
    let ending = try Self.read(Self.recording, ["ending"]).columns[0]
    #expect(ending.values == .texts([0, 1, 0, 0, 2], names: ["", "terminated", "truncated"]))
  }

  @Test("rows are put in the order of episodes and steps, however the file mixes them")
  func order() throws {
    let mixed = try Self.read("t,x,episode\n1,11,b\n0,20,a\n0,10,b\n3,13,b\n1,21,a\n")
    #expect(Self.numbers(mixed) == [[10, 11, 13, 20, 21]])
    #expect(mixed.episodes == [0..<3, 3..<5] && mixed.steps == [0, 1, 3, 0, 1])
    let restarting = try Self.read("t;x\n5;1\n6;2\n0;3\n1;4\n1;5\n")
    #expect(restarting.episodes == [0..<2, 2..<4, 4..<5] && restarting.steps == [5, 6, 0, 1, 1])
    let plain = try Self.read("x\ty\n1\t2\n3\t4\n")
    #expect(plain.episodes == [0..<2] && plain.steps == [0, 1])
    let numbered = try Self.read("episode,x\n7,1\n8,2\n7,3\n8,4\n7,5\n")
    #expect(numbered.episodes == [0..<3, 3..<5] && numbered.steps == [0, 1, 2, 0, 1])
    #expect(Self.numbers(numbered) == [[1, 3, 5, 2, 4]])
    let words = try Self.read("episode,c\n1,z\n0,y\n1,x\n")
    #expect(words.columns[0].values == .texts([2, 0, 1], names: ["x", "y", "z"]))
  }

  /// What is wrong, and what the message must name.
  static let broken: [(text: String, columns: [String], words: [String])] = [
    ("", [], ["a table with a header", "an empty file"]),
    ("1,2\n3,4\n", [], ["a header that names the columns in line 1", "numbers"]),
    ("t,x\n", [], ["at least one line of data", "a header only"]),
    ("t,episode\n0,1\n", [], ["a column of a variable", "columns t, episode"]),
    ("t,x,x\n0,1,2\n", [], ["every column's name once in line 1", "'x' again"]),
    ("t,speed\n0,1\n", ["sped"], ["a column 'sped'", "columns t, speed", "did you mean 'speed'"]),
    ("t,speed\n0,1\n", ["a*"], ["a column 'a*'"]),
    ("t,x\n0,1\n1\n", [], ["2 fields in line 3, as in the header", "got 1"]),
    ("t,x\n0,1\n1.5,2\n", [], ["a whole number in line 3, column 1 ('t')", "'1.5'"]),
    ("t,x\n0,1\n1e300,2\n", [], ["a whole number in line 3, column 1 ('t')", "'1e300'"]),
    ("t,x\n0,1\n,2\n", [], ["a whole number in line 3, column 1 ('t')", "''"]),
    ("episode,t,x\n0,0,1\n1,0,1\n0,1,1\n0,0,1\n", [], ["every step of an episode once", "step 0 again in line 5"]),
    ("t,x\n0,\"1\n", [], ["a closing quote for the field that begins in line 2"]),
    ("t,x\n0,1\n1,nan\n", [], ["numbers in column 'x' for the binning quantile:2", "'nan' in line 3, column 2 ('x')"]),
    ("t,x\n0,1\n1,\n", [], ["'' in line 3, column 2 ('x')", "x=category"]),
    ("t,x\n0,1\n1,inf\n2,red\n", [], ["'inf' in line 3, column 2 ('x')"]),
    ("t,x\u{1b}\n0,1\n", [], ["names without control characters in line 1"]),
    ("t,x\n0,1\n1,a\u{7}\n", [], ["a text without control characters in line 3, column 2 ('x')"]),
    ("t,x\n0,red\n", [], ["'red' in line 2, column 2 ('x')"]),
  ]

  @Test("what is wrong is named with its line and column", arguments: 0..<broken.count)
  func refused(_ index: Int) {
    let (text, columns, words) = Self.broken[index]
    do throws(FileError) {
      _ = try Self.read(text, columns).binned(BinningPlan())
      Issue.record("accepted: \(text)")
    } catch {
      for word in words { #expect(error.description.contains(word), "\(error.description)") }
    }
  }

  @Test("other encodings are refused")
  func encodings() {
    #expect(throws: FileError.self) { try RolloutTable.read(bytes: [0xFF, 0xFE, 0x78, 0, 0x0A, 0], path: "r.csv") }
    #expect(throws: FileError.self) { try RolloutTable.read(bytes: Array("x\n".utf8) + [0xC0, 0x0A], path: "r.csv") }
  }
}
