// SPDX-License-Identifier: Apache-2.0
// Espalier: numbers of 16 bits.

/// IEEE's half precision.
package enum HalfPrecision {
  /// The value of its bits.
  package static func value(_ bits: UInt16) -> Float {
    let exponent = Int(bits >> 10 & 31)
    let fraction = Float(bits & 1023)
    let size: Float
    switch exponent {
    case 0: size = fraction * 0x1p-24
    case 31: size = fraction == 0 ? .infinity : .nan
    default: size = (1024 + fraction) * Float(sign: .plus, exponent: exponent - 25, significand: 1)
    }
    return bits >> 15 == 1 ? -size : size
  }
}
