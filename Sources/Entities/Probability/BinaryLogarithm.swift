// SPDX-License-Identifier: Apache-2.0
// Espalier: logarithms from the system's mathematics.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// log2(x).
func binaryLogarithm(_ value: Double) -> Double { log2(value) }

/// log2(1 + x), precise near 0.
func binaryLogarithm(onePlus value: Double) -> Double { log1p(value) / log(2) }

/// 2^x.
func exponential(_ value: Double) -> Double { exp2(value) }
