// SPDX-License-Identifier: Apache-2.0
// Espalier: what a refusal prints.

import Testing

@testable import Datasets

@Suite("Refusals")
struct FileErrorTests {
  @Test("what a file brought cannot drive the terminal, nor fill it")
  func printable() {
    let hostile = FileError.format(path: "x", expected: "a header", got: "a\u{1B}[2Jb\r\nc\u{9B}\u{7F}")
    #expect(hostile.description == "'x': expected a header, got a·[2Jb··c··")
    let long = FileError.format(path: "x", expected: "a header", got: String(repeating: "é", count: 1000))
    #expect(long.description == "'x': expected a header, got " + String(repeating: "é", count: 160) + "…")
  }
}
