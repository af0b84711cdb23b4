// SPDX-License-Identifier: Apache-2.0
// Espalier: elementary functions from IEEE-exact operations, alike on every platform.

/// The cosine of *x* half turns, cos(πx), for x in [0, 1], to about 1e-15.
///
/// Uses cos(πx) = sin(π(½ - x)) and the Taylor series of the sine on [-π/2, π/2].
package func cosineOfHalfTurns(_ x: Double) -> Double {
  let angle = Double.pi * (0.5 - min(1, max(0, x)))
  let square = angle * angle
  var term = angle
  var sum = angle
  var order = 1.0
  while order < 25 {
    term *= -square / ((order + 1) * (order + 2))
    sum += term
    order += 2
  }
  return sum
}
