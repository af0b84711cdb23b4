// SPDX-License-Identifier: Apache-2.0
// Espalier: environments by name, and maps from text.

import Environments
import Testing

@Suite("Environments by name")
struct EnvironmentCatalogueTests {
  @Test("all names and Gymnasium ids make an environment")
  func names() throws {
    #expect(EnvironmentCatalogue.entries.count == 11)
    #expect(Set(EnvironmentCatalogue.entries.map(\.name)).count == 11)
    for entry in EnvironmentCatalogue.entries {
      let world = try EnvironmentCatalogue.make(entry.name)
      #expect(EnvironmentCatalogue.entry(entry.name) == entry)
      if let twin = entry.gymnasium {
        #expect(try EnvironmentCatalogue.make(twin).state == world.state)
      }
    }
    #expect(EnvironmentCatalogue.entry("taxi")?.timeLimit == 200)
    #expect(EnvironmentCatalogue.entry("cliff-walking")?.timeLimit == nil)
  }

  @Test(
    "a misspelt name names the nearest one",
    arguments: [
      ("cart-pole", "cartpole"), ("Taxy", "taxi"), ("frozenlake", "frozen-lake"), ("mountain_car", "mountain-car"),
    ])
  func nearest(misspelt: String, nearest: String) {
    #expect(throws: EnvironmentError.unknown(name: misspelt, nearest: nearest)) {
      try EnvironmentCatalogue.make(misspelt)
    }
  }

  @Test("a name like none names none")
  func unlike() {
    #expect(throws: EnvironmentError.unknown(name: "chess960!?", nearest: nil)) {
      try EnvironmentCatalogue.make("chess960!?")
    }
  }

  @Test("maps with uneven rows, other letters or no start are refused")
  func maps() throws {
    #expect(try FrozenLake.Map(["SFFF", "FHFH", "FFFH", "HFFG"]) == .fourByFour)
    #expect(FrozenLake.Map.eightByEight.tiles.count == 64)
    for rows in [[], [""], ["SF", "F"], ["SX"], ["FG"]] {
      #expect(throws: EnvironmentError.self) { try FrozenLake.Map(rows) }
    }
  }
}
