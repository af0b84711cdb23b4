// SPDX-License-Identifier: Apache-2.0
// Espalier: the elementary functions of the system, for heads and returns.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Elementary functions of single numbers.
///
/// They are the system's: fast, and equal to the last bit only on one platform, as the environments' are.
enum Function {
  static func exponential(_ x: Float) -> Float { exp(x) }
  static func exponential(_ x: Double) -> Double { exp(x) }
  static func logarithm(_ x: Float) -> Float { log(x) }
  static func logarithm(_ x: Double) -> Double { log(x) }
  static func tangent(_ x: Float) -> Float { tanh(x) }

}

extension Function {
  /// A whole power, by squaring.
  static func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, factor, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= factor }
      factor *= factor
      rest /= 2
    }
    return result
  }
}
