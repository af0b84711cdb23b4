// SPDX-License-Identifier: Apache-2.0
// Espalier: JSON read and written.

internal import Testing

@testable internal import Datasets

@Suite("JSON")
struct JSONTests {
  @Test("compact and pretty texts, keys in their order")
  func writing() throws {
    let value: JSONValue = [
      "b": [1, -2.5, nil, true], "a": "q\"\\\n\u{1}äλ/", "none": [], "bad": .number(.nan), "o": ["k": 1e300],
    ]
    #expect(
      value.text() == #"{"b":[1,-2.5,null,true],"a":"q\"\\\n\u0001äλ/","none":[],"bad":null,"o":{"k":1e+300}}"#)
    #expect(JSONValue.object([.init("a", [1, 2])]).text(.pretty) == "{\n  \"a\": [\n    1,\n    2\n  ]\n}\n")
    #expect(JSONValue.array([]).text(.pretty) == "[]\n")
  }

  @Test("values come back from their text")
  func roundTrip() throws {
    let value: JSONValue = [
      "numbers": [
        0, 1, -7, 0.1, .number(.leastNonzeroMagnitude), 1.7976931348623157e308, .integer(Int.min), .integer(Int.max),
      ],
      "texts": ["", "\u{0}\u{1f}\"\\/\u{2028}", "😀é"], "deep": [[[[]]], ["x": ["y": nil]]],
    ]
    for layout in [JSONValue.Layout.compact, .pretty] {
      #expect(try JSONValue(parsing: value.text(layout)) == value)
    }
  }

  @Test(
    "what RFC 8259 allows",
    arguments: [
      (" [ 1 , 2 ] \n", [1, 2]), (#""\u0041\ud83d\ude00\/""#, "A😀/"), ("-0", .number(-0.0)),
      ("18446744073709551616", 18446744073709551616.0), ("1E+2", 100.0), ("1e-400", 0.0), ("{}", [:]), ("false", false),
    ] as [(String, JSONValue)])
  func accepted(text: String, value: JSONValue) throws {
    #expect(try JSONValue(parsing: text) == value)
  }

  @Test("minus zero keeps its sign")
  func minusZero() throws {
    #expect(try JSONValue(parsing: "-0").asDouble?.sign == .minus)
  }

  @Test(
    "what it refuses, where and in which words",
    arguments: [
      ("", "byte 0: expected a value, got the end"),
      ("[1,]", "byte 3: expected a value, got ']'"),
      ("[1 2]", "byte 3: expected a comma or ']', got '2'"),
      ("{\"a\" 1}", "byte 5: expected a colon, got '1'"),
      ("{a:1}", "byte 1: expected a key in quotes, got 'a'"),
      ("{\"a\":1,\"a\":2}", "byte 7: expected each key once, got 'a' again"),
      ("01", "byte 1: expected a number without leading zeros, got '1'"),
      ("1.", "byte 2: expected a digit, got the end"),
      ("-", "byte 1: expected a digit, got the end"),
      ("1e400", "byte 0: expected a number below 1.8e308 in size, got 1e400"),
      ("nul", "byte 0: expected 'null', got 'n'"),
      ("NaN", "byte 0: expected a value, got 'N'"),
      ("1 1", "byte 2: expected the end of the text, got '1'"),
      ("\"a", "byte 2: expected a closing quote, got the end"),
      ("\"\n\"", "byte 1: expected control characters only as escapes, got byte 0x0A"),
      ("\"\\x\"", "byte 2: expected one of \" \\ / b f n r t u after a backslash, got 'x'"),
      ("\"\\u12g4\"", "byte 5: expected four hexadecimal digits, got 'g'"),
      ("\"\\ud800\"", "byte 1: expected a surrogate pair, got half of one"),
      ("\"\\ud800\\u0041\"", "byte 1: expected a surrogate pair, got half of one"),
      ("\"\\ud800\\n\"", "byte 8: expected the second half of a surrogate pair, got 'n'"),
      ("\"\\udc00\"", "byte 1: expected a surrogate pair, got half of one"),
    ])
  func refused(text: String, message: String) {
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    #expect(error?.description == message)
  }

  @Test(
    "bytes that are not UTF-8 are refused",
    arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
  func encoding(bytes: [UInt8]) {
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22] + bytes + [0x22]) }
    #expect(error?.expected == "a text in UTF-8")
  }

  @Test("64 levels are read, 65 and a million are refused")
  func depth() throws {
    func nested(_ levels: Int) -> String {
      String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }
    _ = try JSONValue(parsing: nested(64))
    for levels in [65, 1_000_000] {
      let error = #expect(throws: JSONError.self) { try JSONValue(parsing: nested(levels)) }
      #expect(error?.description == "byte 64: expected at most 64 levels, got deeper nesting")
    }
  }

  @Test("numbers and values beyond the limits are refused")
  func limits() {
    let long = #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "1", count: 513)) }
    #expect(long?.description == "byte 0: expected a number of at most 512 bytes, got 513 bytes")
    var few = JSONLimits()
    few.values = 3
    let many = #expect(throws: JSONError.self) { try JSONValue(parsing: Array("[1,2,3]".utf8), limits: few) }
    #expect(many?.expected == "at most 3 values")
  }

  @Test("mutated texts are read or refused, and what is read survives a round trip")
  func fuzz() throws {
    let seed = Array(#"{"a":[1,-2.5e3,true,null],"b":{"c":"x\u00e4\ud83d\ude00\n"},"d":[[],{}]}"#.utf8)
    var mutator = Mutator(seed: 11)
    var read = 0
    for _ in 0..<1000 {
      let bytes = mutator.mutate(seed, other: seed)
      guard let value = try? JSONValue(parsing: bytes) else { continue }
      read += 1
      #expect(try JSONValue(parsing: value.text()) == value)
      #expect(ReaderFuzz.json(bytes))
    }
    #expect(read > 20 && read < 900)
  }
}
