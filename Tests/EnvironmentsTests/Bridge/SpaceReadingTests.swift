// SPDX-License-Identifier: Apache-2.0
// Espalier: spaces and settings as JSON.

internal import Datasets
internal import Testing

@testable internal import Environments

@Suite("Spaces and settings in JSON")
struct SpaceReadingTests {
  @Test(
    "every kind of space is read",
    arguments: [
      (
        #"{"type":"box","shape":[2,1],"low":[-1,"-inf"],"high":3.4028234663852886e38,"dtype":"float32"}"#,
        .box(
          Space.Box(low: [-1, -.infinity], high: [.greatestFiniteMagnitude, .greatestFiniteMagnitude], shape: [2, 1]))
      ),
      (#"{"type":"discrete","n":3,"start":-1}"#, .discrete(3, start: -1)),
      (#"{"type":"discrete","n":3}"#, .discrete(3)),
      (#"{"type":"multi_discrete","nvec":[2,5]}"#, .multiDiscrete([2, 5])),
      (#"{"type":"multi_binary","n":4}"#, .multiBinary(count: 4)),
      (
        #"{"type":"tuple","spaces":[{"type":"discrete","n":2},{"type":"multi_binary","n":1}]}"#,
        .tuple([.discrete(2), .multiBinary(count: 1)])
      ),
      (
        #"{"type":"dict","spaces":[{"key":"a","space":{"type":"discrete","n":2}},{"key":"b","space":{"type":"tuple"}}]}"#,
        .named([Space.NamedSpace("a", .discrete(2)), Space.NamedSpace("b", .tuple([]))])
      ),
    ] as [(String, Space)])
  func read(text: String, space: Space) throws {
    #expect(try Space(JSONValue(parsing: text)) == space)
  }

  @Test(
    "what is no space is refused with words",
    arguments: [
      (#"{"type":"graph"}"#, "expected a space, got 'graph'"),
      ("[]", "expected a space, got 'an array'"),
      (#"{"type":"box","low":0,"high":1}"#, "expected the shape of a Box, got none"),
      (#"{"type":"box","shape":[2],"high":1}"#, "expected the bounds of a Box, got none"),
      (#"{"type":"box","shape":[2],"low":[0],"high":1}"#, "expected 2 bounds of a Box, got 1"),
      (
        #"{"type":"box","shape":[1],"low":2,"high":1}"#,
        "expected a Box's least values below its greatest, got some above"
      ),
      (#"{"type":"box","shape":[1],"low":"nan","high":1}"#, #"expected a bound: a number, "inf" or "-inf", got "nan""#),
      (#"{"type":"box","shape":[-1],"low":0,"high":1}"#, "expected a Box's side of 0 to 16777216, got -1"),
      (
        #"{"type":"box","shape":[16777216,16777216,16777216],"low":0,"high":1}"#,
        "expected a space of at most 16777216 numbers, got more"
      ),
      (
        #"{"type":"box","shape":[4097,4096],"low":0,"high":1}"#,
        "expected a space of at most 16777216 numbers, got more"
      ),
      (#"{"type":"discrete","n":0}"#, "expected 1 to 2^24 choices, got 0"),
      (#"{"type":"discrete","n":2,"start":16777215}"#, "expected choices within 2^24 of 0, got 2 from 16777215"),
      (#"{"type":"multi_discrete","nvec":[]}"#, "expected the choices of a MultiDiscrete, got none"),
      (#"{"type":"multi_binary","n":1e9}"#, "expected 1 to 2^24 bits, got 1000000000.0"),
      (
        #"{"type":"dict","spaces":[{"key":"a","space":{"type":"tuple"}},{"key":"a","space":{"type":"tuple"}}]}"#,
        #"expected a Dict's part with a key of its own, got {"key":"a","space":{"type":"tuple"}}"#
      ),
    ])
  func refused(text: String, words: String) throws {
    let error = #expect(throws: BridgeFault.self) { try Space(JSONValue(parsing: text)) }
    guard case .broken(let expected, let got) = error else { return }
    #expect("expected \(expected), got \(got)" == words)
  }

  @Test("settings are literals, or JSON, and come back as JSON")
  func settings() throws {
    let settings: EnvironmentSettings = [
      "size": 3, "friction": 0.5, "map": ["SF", nil], "slippery": false, "deep": ["x": 1],
    ]
    #expect(settings.json == #"{"deep":{"x":1},"friction":0.5,"map":["SF",null],"size":3,"slippery":false}"#)
    #expect(try EnvironmentSettings(json: settings.json) == settings)
    for text in ["[]", "{", "3"] {
      #expect(throws: EnvironmentError.self) { try EnvironmentSettings(json: text, for: "x") }
    }
  }
}
