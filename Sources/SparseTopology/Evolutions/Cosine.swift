// SPDX-License-Identifier: Apache-2.0
// Espalier: a cosine with the same bits everywhere.

/// The cosine of `x` half turns, cos(pi x).
///
/// `x` lies in 0 to 1. Only IEEE-exact operations, so that a schedule has the same bits on every platform; exact at 0,
/// 1/2 and 1, to about 1 ulp of 1 between.
package func halfTurnCosine(_ x: Double) -> Double {
  precondition(x >= 0 && x <= 1, "the cosine of \(x) half turns")
  if x > 0.5 { return -halfTurnCosine(1 - x) }
  return x > 0.25 ? sineSeries(.pi * (0.5 - x)) : cosineSeries(.pi * x)
}

/// 1 - a²/2! + a⁴/4! - … for 0 <= a <= pi/4, to the term in a¹⁸.
private func cosineSeries(_ angle: Double) -> Double {
  let square = angle * angle
  var sum = 1.0
  var power = 18.0
  while power > 0 {
    sum = 1 - square / (power * (power - 1)) * sum
    power -= 2
  }
  return sum
}

/// a - a³/3! + a⁵/5! - … for 0 <= a <= pi/4, to the term in a¹⁹.
private func sineSeries(_ angle: Double) -> Double {
  let square = angle * angle
  var sum = 1.0
  var power = 19.0
  while power > 1 {
    sum = 1 - square / (power * (power - 1)) * sum
    power -= 2
  }
  return angle * sum
}
