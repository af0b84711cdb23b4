// SPDX-License-Identifier: Apache-2.0
// Espalier: what becomes of a cell, for 64 worlds at once.

/// The rule of a binary cellular automaton; each bit of a word is a world of its own.
enum CellRule: Sendable, Hashable {
  /// Wolfram's number: bit 4·left + 2·own + right is the next state.
  case elementary(Int)
  /// Conway's Life: born with three living neighbours, alive with two or three.
  case life

  /// How many cells of the step before a cell depends on.
  var sourceCount: Int {
    switch self {
    case .elementary: 3
    case .life: 9
    }
  }

  /// The next states; `cells` are left, own, right, or the nine cells of a square with the own in the middle.
  func next(_ cells: ArraySlice<UInt64>) -> UInt64 {
    switch self {
    case .elementary(let number): Self.elementary(number, cells)
    case .life: Self.life(cells)
    }
  }

  private static func elementary(_ number: Int, _ cells: ArraySlice<UInt64>) -> UInt64 {
    let (left, own, right) = (cells[cells.startIndex], cells[cells.startIndex + 1], cells[cells.startIndex + 2])
    var result: UInt64 = 0
    for neighbourhood in 0..<8 where number >> neighbourhood & 1 == 1 {
      result |=
        (neighbourhood & 4 != 0 ? left : ~left) & (neighbourhood & 2 != 0 ? own : ~own)
        & (neighbourhood & 1 != 0 ? right : ~right)
    }
    return result
  }

  /// Adds the eight neighbours up as binary digits: ones, twos, and whether there are four or more.
  private static func life(_ cells: ArraySlice<UInt64>) -> UInt64 {
    var (ones, twos, many): (UInt64, UInt64, UInt64) = (0, 0, 0)
    let own = cells.startIndex + 4
    for index in cells.indices where index != own {
      let carry = ones & cells[index]
      ones ^= cells[index]
      many |= twos & carry
      twos ^= carry
    }
    return twos & ~many & (ones | cells[own])
  }
}
