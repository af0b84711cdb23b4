// SPDX-License-Identifier: Apache-2.0
// Espalier: elementary functions.

import SparseCore
import Testing

@Suite struct ElementaryTests {
  @Test("the cosine is exact at its corners, symmetric, and obeys the double angle")
  func cosine() {
    #expect(cosineOfHalfTurns(0) == 1)
    #expect(cosineOfHalfTurns(0.5) == 0)
    #expect(cosineOfHalfTurns(1) == -1)
    #expect(abs(cosineOfHalfTurns(0.25) - 0.5.squareRoot()) < 2.3e-16)
    #expect(abs(cosineOfHalfTurns(1.0 / 3) - 0.5) < 2.3e-16)
    for step in 0...500 {
      let x = Double(step) / 1000
      let cosine = cosineOfHalfTurns(x)
      #expect(abs(cosineOfHalfTurns(2 * x) - (2 * cosine * cosine - 1)) < 1e-15)
      #expect(abs(cosineOfHalfTurns(1 - x) + cosine) < 2.3e-16)
    }
    #expect(cosineOfHalfTurns(-0.5) == 1 && cosineOfHalfTurns(1.5) == -1)
  }
}
