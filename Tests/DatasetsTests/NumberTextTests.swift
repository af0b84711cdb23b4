// SPDX-License-Identifier: Apache-2.0
// Espalier: numbers as text.

internal import Testing

@testable internal import Datasets

@Suite("Numbers as text")
struct NumberTextTests {
  @Test("fixed decimals agree with Python's decimal module on shortest forms, halves away from zero")
  func fixedGolden() throws {
    let tests = Paths.folder(of: Paths.folder(of: #filePath))
    let path = Paths.join(tests, "Golden/Formats/numbers.txt")
    let text = String(decoding: try InputFile.contents(of: path, limit: 1 << 20), as: UTF8.self)
    let lines = text.split(separator: "\n")
    #expect(lines.count > 1000)
    for line in lines {
      let parts = line.split(separator: " ")
      let bits = try #require(UInt64(parts[0], radix: 16))
      let decimals = try #require(Int(parts[1]))
      #expect(NumberText.fixed(Double(bitPattern: bits), decimals: decimals) == parts[2])
    }
  }

  @Test("every thousandth from -5 to 5 rounds to hundredths as integers do")
  func fixedExhaustive() {
    for thousandths in -5000...5000 {
      let hundredths = (abs(thousandths) + 5) / 10
      let digits = String(hundredths % 100)
      let sign = thousandths < 0 && hundredths > 0 ? "-" : ""
      let expected = sign + "\(hundredths / 100)." + (digits.count < 2 ? "0" : "") + digits
      #expect(NumberText.fixed(Double(thousandths) / 1000, decimals: 2) == expected)
    }
  }

  @Test("zero never carries a sign, and what is not finite is spelled")
  func edges() {
    #expect(NumberText.fixed(-0.0, decimals: 1) == "0.0")
    #expect(NumberText.fixed(-0.004, decimals: 2) == "0.00")
    #expect(NumberText.fixed(.nan, decimals: 2) == "nan")
    #expect(NumberText.fixed(-.infinity, decimals: 2) == "-inf")
    #expect(NumberText.significant(-.infinity, digits: 2) == "-inf")
    #expect(NumberText.fixed(1e22, decimals: 1) == "10000000000000000000000.0")
    #expect(NumberText.fixed(.greatestFiniteMagnitude, decimals: 0).count == 309)
    #expect(NumberText.fixed(.leastNonzeroMagnitude, decimals: 3) == "0.000")
    #expect(NumberText.fixed(0.9999, decimals: 0) == "1")
    #expect(NumberText.fixed(99.95, decimals: 1) == "100.0")
  }

  @Test(
    "significant digits",
    arguments: [
      (0.0, 3, "0"), (-0.0, 3, "0"), (123456, 3, "123000"), (0.00012345, 3, "0.000123"), (9.996, 3, "10"),
      (0.5, 1, "0.5"), (1.5e-7, 3, "1.5e-07"), (-2.345e20, 2, "-2.3e+20"), (100, 5, "100"), (12.5, 2, "13"),
      (999_999_999_999, 2, "1e+12"), (1e-300, 2, "1e-300"), (0.98, 3, "0.98"),
    ] as [(Double, Int, String)])
  func significant(value: Double, digits: Int, expected: String) {
    #expect(NumberText.significant(value, digits: digits) == expected)
  }

  @Test("groups of three put back together give the number")
  func grouped() {
    #expect(NumberText.grouped(12345) == "12,345")
    #expect(NumberText.grouped(-1_000_000) == "-1,000,000")
    #expect(NumberText.grouped(Int.min) == "-9,223,372,036,854,775,808")
    for value in stride(from: -1_100_000, through: 1_100_000, by: 997) {
      let text = NumberText.grouped(value)
      #expect(Int(text.filter { $0 != "," }) == value)
      let groups: [Substring] = text.split(separator: ",")
      #expect(groups.dropFirst().allSatisfy { $0.count == 3 })
    }
  }

  @Test("the shortest form reads back as the same number")
  func shortest() {
    for value: Double in [0.1, 1 / 3, 1e16, .leastNonzeroMagnitude, 123.0, -2.5] {
      #expect(Double(NumberText.shortest(value)) == value)
    }
    #expect(NumberText.shortest(3.0) == "3")
    #expect(NumberText.shortest(Float(0.1)) == "0.1")
    #expect(NumberText.shortest(Double.nan) == "nan")
  }

  @Test("shares and bytes")
  func units() {
    #expect(NumberText.percent(0.98, decimals: 1) == "98.0 %")
    #expect(NumberText.percent(0.07, decimals: 0) == "7 %")
    #expect(NumberText.percent(0, decimals: 1) == "0.0 %")
    #expect(NumberText.bytes(512) == "512 B")
    #expect(NumberText.bytes(1536) == "1.5 KiB")
    #expect(NumberText.bytes(3 << 30) == "3.0 GiB")
  }
}
