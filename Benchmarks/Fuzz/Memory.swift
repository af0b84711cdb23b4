// SPDX-License-Identifier: Apache-2.0
// Espalier: how much memory the program has used.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

enum Memory {
  /// The most bytes the program has had in memory at any time.
  static var peak: Int {
    var usage = rusage()
    getrusage(0, &usage)  // RUSAGE_SELF, which each C library gives another type
    #if canImport(Darwin)
      return Int(usage.ru_maxrss)
    #else
      return Int(usage.ru_maxrss) << 10
    #endif
  }
}

/// Ends the program.
func exit(_ code: Int32) -> Never {
  #if canImport(Glibc)
    Glibc.exit(code)
  #elseif canImport(Musl)
    Musl.exit(code)
  #else
    Darwin.exit(code)
  #endif
}
