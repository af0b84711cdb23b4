// SPDX-License-Identifier: Apache-2.0
// Espalier: sixteen lanes at a time, for kernels written in Swift.

/// Sixteen samples of one feature.
typealias Lanes = SIMD16<Float>

/// Reads and writes blocks of activations sixteen lanes at a time; where a block has one lane, sixteen features at a time.
///
/// Safety: `base` is a block of `Activations` or the elements of a `Vector`, 64-byte aligned and kept alive by the
/// caller. Offsets are multiples of 16. With one lane the last vector may reach past the last feature: `AlignedStorage`
/// rounds its memory up to 16 floats, and what lies there is nobody's.
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

extension Lanes {
  /// Sixteen elements of a vector, from a multiple of 16 on; see ``LaneBlock`` for what lies past the last.
  @inline(__always)
  init(_ elements: UnsafePointer<Float>, _ offset: Int) {
    self = UnsafeRawPointer(elements + offset).load(as: Lanes.self)
  }
}

extension Kernels {
  /// Gives `y` the shape of `x`; both must be cut into blocks alike.
  static func prepareTwin(_ y: Activations, for x: Activations) {
    precondition(x.lanes == y.lanes, "blocks of \(x.lanes) lanes into blocks of \(y.lanes)")
    y.reshape(features: x.features, samples: x.samples)
  }

  /// Two activations of one shape, cut into blocks alike.
  static func checkSameShape(_ x: Activations, _ dy: Activations) {
    checkTwins(x, dy)
    checkSameSamples(x, dy)
  }

  /// A vector of one value a feature.
  static func checkFeatures(_ vector: Vector, _ x: Activations) {
    checkCount(vector, x.features, "features")
  }

  /// A vector of one value a lane of every block in use.
  static func checkLanes(_ vector: Vector, _ x: Activations) {
    precondition(
      vector.count >= x.blocks * x.lanes, "\(vector.count) values for \(x.blocks) blocks of \(x.lanes) lanes")
  }
}

/// `value` with the lanes from `valid` on set to 0.
@inline(__always)
func masked(_ value: Lanes, valid: Int) -> Lanes {
  guard valid < 16 else { return value }
  return value.replacing(with: 0, where: laneNumbers .>= UInt32(max(0, valid)))
}
