// SPDX-License-Identifier: Apache-2.0
// Espalier: dropping values by a hash of their place.

extension Kernels {
  /// y = x / (1 - rate) where the hash of (key, feature, sample) is at or above the rate, else 0; y may be x.
  ///
  /// The hash is two rounds of a 32-bit integer mixer over the place and the key's halves.
  package static func dropout(
    _ x: Activations, into y: Activations, rate: Float, key: UInt64, workers: Workers
  ) {
    prepareTwin(y, for: x)
    let threshold = UInt32(min(4_294_967_295, (Double(rate) * 4_294_967_296).rounded()))
    let job = (
      x: x, y: y, threshold: threshold, scale: 1 / (1 - rate), low: UInt32(truncatingIfNeeded: key),
      high: UInt32(key >> 32)
    )
    let large = x.features * x.samples > 50_000
    if x.lanes == 1 {
      // The same hash of (feature, sample 0), a vector of features at a time.
      workers.run(chunks(x.features), job, parallel: large) { job, task in
        let from = LaneBlock(job.x.block(0))
        let to = LaneBlock(job.y.block(0))
        for feature in stride(from: task * chunk, to: min(job.x.features, (task + 1) * chunk), by: 16) {
          let places = (laneNumbers &+ UInt32(truncatingIfNeeded: feature)) &* 0x9E37_79B1
          let hash = mixed(mixed(places, job.low), job.high)
          var values = from[feature] * job.scale
          values.replace(with: 0, where: hash .< job.threshold)
          to[feature] = values
        }
      }
      return
    }
    workers.run(x.blocks, job, parallel: large) { job, block in
      let lanes = job.x.lanes
      let from = UnsafeMutableRawPointer(job.x.block(block))
      let to = UnsafeMutableRawPointer(job.y.block(block))
      for feature in 0..<job.x.features {
        for lane in stride(from: 0, to: lanes, by: 16) {
          let sample = UInt32(truncatingIfNeeded: block &* lanes &+ lane)
          let place = UInt32(truncatingIfNeeded: feature) &* 0x9E37_79B1 &+ sample
          let hash = mixed(mixed(laneNumbers &+ place, job.low), job.high)
          let offset = (feature * lanes + lane) * 4
          var values = from.load(fromByteOffset: offset, as: SIMD16<Float>.self) * job.scale
          values.replace(with: 0, where: hash .< job.threshold)
          to.storeBytes(of: values, toByteOffset: offset, as: SIMD16<Float>.self)
        }
      }
    }
  }

  private static func mixed(_ value: SIMD16<UInt32>, _ key: UInt32) -> SIMD16<UInt32> {
    var x = value ^ key
    x = (x ^ (x &>> 16)) &* 0x7FEB_352D
    x = (x ^ (x &>> 15)) &* 0x846C_A68B
    return x ^ (x &>> 16)
  }
}

/// The numbers of the lanes of one vector, 0 to 15.
let laneNumbers = SIMD16<UInt32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
