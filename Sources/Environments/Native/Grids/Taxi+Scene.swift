// SPDX-License-Identifier: Apache-2.0
// Espalier: the streets of the taxi.

extension Taxi {
  /// Where the taxi and the passenger are, and where they go.
  struct Scene: Sendable {
    var row: Int
    var column: Int
    /// The passenger's stand, 4 in the taxi.
    var passenger: Int
    /// The stand to go to.
    var destination: Int

    init(code: Int) {
      row = code / 100
      column = code / 20 % 5
      passenger = code / 4 % 5
      destination = code % 4
    }

    /// The four numbers as one.
    var code: Int { ((row * 5 + column) * 5 + passenger) * 4 + destination }

    /// The stand here: red, green, yellow, blue.
    var stand: Int? {
      switch (row, column) {
      case (0, 0): 0
      case (0, 4): 1
      case (4, 0): 2
      case (4, 3): 3
      default: nil
      }
    }

    /// Whether the taxi can go south (0), north (1), east (2) or west (3).
    func isOpen(toward direction: Int) -> Bool {
      switch direction {
      case 0: row < 4
      case 1: row > 0
      case 2: column < 4 && !Self.hasWall(row: row, eastOf: column)
      default: column > 0 && !Self.hasWall(row: row, eastOf: column - 1)
      }
    }

    mutating func move(toward direction: Int) {
      switch direction {
      case 0: row += 1
      case 1: row -= 1
      case 2: column += 1
      default: column -= 1
      }
    }

    /// Three walls two squares long: one at the top, two at the bottom.
    private static func hasWall(row: Int, eastOf column: Int) -> Bool {
      row < 2 ? column == 1 : row > 2 && (column == 0 || column == 2)
    }
  }
}
