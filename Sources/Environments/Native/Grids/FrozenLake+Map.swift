// SPDX-License-Identifier: Apache-2.0
// Espalier: maps of frozen lakes.

extension FrozenLake {
  /// A lake's tiles.
  ///
  ///     let map = try FrozenLake.Map(["SFH", "FFF", "HFG"])
  public struct Map: Sendable, Equatable {
    /// What a cell is.
    public enum Tile: Character, Sendable {
      /// Ice, and a place to start from.
      case start = "S"
      case frozen = "F"
      case hole = "H"
      case goal = "G"

      /// Whether an episode ends here.
      public var isEnd: Bool { self == .hole || self == .goal }
    }

    /// The tiles, row by row.
    public let tiles: [Tile]
    /// How many cells a row has.
    public let columns: Int
    /// The chance of each cell to be the first.
    let starts: [Double]

    /// A map from its rows of letters: S start, F frozen, H hole, G goal.
    ///
    /// - Throws: ``EnvironmentError/setting(environment:name:expected:got:)`` for rows of different lengths, other letters and no start.
    public init(_ rows: [String]) throws(EnvironmentError) {
      var tiles: [Tile] = []
      let columns = rows.first?.count ?? 0
      for row in rows {
        guard row.count == columns, columns > 0 else {
          throw Self.refusal(of: row, expected: "rows of \(max(1, columns)) letters")
        }
        for letter in row {
          guard let tile = Tile(rawValue: letter) else {
            throw Self.refusal(of: "\(letter)", expected: "letters S, F, H and G")
          }
          tiles.append(tile)
        }
      }
      guard tiles.contains(.start) else {
        throw Self.refusal(of: rows.joined(separator: "/"), expected: "a start, S")
      }
      self.init(tiles: tiles, columns: columns)
    }

    private init(tiles: [Tile], columns: Int) {
      self.tiles = tiles
      self.columns = columns
      let count = Double(tiles.count { $0 == .start })
      starts = tiles.map { $0 == .start ? 1 / count : 0 }
    }

    /// A map of this file, whose letters are known to be right.
    private init(known text: StaticString, columns: Int) {
      self.init(tiles: "\(text)".compactMap { Tile(rawValue: $0) }, columns: columns)
    }

    private static func refusal(of got: String, expected: String) -> EnvironmentError {
      .setting(environment: FrozenLake.name, name: "map", expected: expected, got: "'\(got)'")
    }

    /// The cell to the left (0), below (1), to the right (2) or above (3); the cell itself at an edge.
    func neighbor(of cell: Int, toward direction: Int) -> Int {
      switch direction {
      case 0: cell % columns == 0 ? cell : cell - 1
      case 1: cell + columns < tiles.count ? cell + columns : cell
      case 2: cell % columns == columns - 1 ? cell : cell + 1
      default: cell < columns ? cell : cell - columns
      }
    }
  }
}

extension FrozenLake.Map {
  /// The lake of 4 x 4 cells.
  public static let fourByFour = Self(known: "SFFF FHFH FFFH HFFG", columns: 4)

  /// The lake of 8 x 8 cells.
  public static let eightByEight = Self(
    known: "SFFFFFFF FFFFFFFF FFFHFFFF FFFFFHFF FFFHFFFF FHHFFFHF FHFFHFHF FFFHFFFG", columns: 8)
}
