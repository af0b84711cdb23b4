// SPDX-License-Identifier: Apache-2.0
// Espalier: sixteen lanes at a time, for kernels written in Swift.

/// Sixteen samples of one feature.
typealias Lanes = SIMD16<Float>

/// Reads and writes blocks of activations sixteen lanes at a time.
///
/// Safety: `base` is a block of `Activations` (64-byte aligned, `lanes` a multiple of 16), kept alive by the caller.
struct LaneBlock {
  let base: UnsafeMutableRawPointer

  init(_ pointer: UnsafeMutablePointer<Float>) {
    base = UnsafeMutableRawPointer(pointer)
  }

  /// The vector that begins at a float offset.
  subscript(offset: Int) -> Lanes {
    @inline(__always) get { base.load(fromByteOffset: offset * 4, as: Lanes.self) }
    @inline(__always) nonmutating set {
      base.storeBytes(of: newValue, toByteOffset: offset * 4, as: Lanes.self)
    }
  }
}

/// `value` with the lanes from `valid` on set to 0.
@inline(__always)
func masked(_ value: Lanes, valid: Int) -> Lanes {
  guard valid < 16 else { return value }
  return value.replacing(with: 0, where: laneNumbers .>= UInt32(max(0, valid)))
}
