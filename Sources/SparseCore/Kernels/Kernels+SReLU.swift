// SPDX-License-Identifier: Apache-2.0
// Espalier: the S-shaped rectifier with learned knees and slopes.

extension Kernels {
  /// y = left + slope_l (x - left) for x ≤ left, right + slope_r (x - right) for x ≥ right, else x; y may not be x.
  ///
  /// - Parameter shape: left knee, left slope, right knee, right slope, each `[features]`. The left test comes first,
  ///   so that knees which cross while learning stay well defined.
  package static func srelu(
    _ x: Activations, into y: Activations, shape: SReLUShape, workers: Workers
  ) {
    prepareTwin(y, for: x)
    shape.check(x)
    shape.read { left, leftSlope, right, rightSlope in
      let job = (x: x, y: y, left: left, leftSlope: leftSlope, right: right, rightSlope: rightSlope)
      let parallel = x.features * x.samples > 50_000
      if x.lanes == 1 {
        workers.run(chunks(x.features), job, parallel: parallel) { job, task in
          let (from, to) = (LaneBlock(job.x.block(0)), LaneBlock(job.y.block(0)))
          for feature in stride(from: task * chunk, to: min(job.x.features, (task + 1) * chunk), by: 16) {
            to[feature] = bent(
              from[feature], Lanes(job.left, feature), Lanes(job.leftSlope, feature), Lanes(job.right, feature),
              Lanes(job.rightSlope, feature))
          }
        }
        return
      }
      workers.run(x.blocks, job, parallel: parallel) { job, block in
        let from = LaneBlock(job.x.block(block))
        let to = LaneBlock(job.y.block(block))
        for feature in 0..<job.x.features {
          let left = Lanes(repeating: job.left[feature])
          let leftSlope = Lanes(repeating: job.leftSlope[feature])
          let right = Lanes(repeating: job.right[feature])
          let rightSlope = Lanes(repeating: job.rightSlope[feature])
          for lane in stride(from: feature * job.x.lanes, to: (feature + 1) * job.x.lanes, by: 16) {
            to[lane] = bent(from[lane], left, leftSlope, right, rightSlope)
          }
        }
      }
    }
  }

  /// The backward pass of ``srelu(_:into:shape:workers:)``.
  ///
  /// Below the left knee: dleft += dy (1 - slope_l), dslope_l += dy (x - left), dx = dy slope_l; above the right knee
  /// likewise; between them dx = dy.
  package static func sreluGradient(
    _ dy: Activations, input x: Activations, into dx: Activations?, shape: SReLUShape,
    gradients: inout SReLUShape, accumulate: Bool, workers: Workers
  ) {
    checkSameShape(x, dy)
    if let dx { prepareTwin(dx, for: x) }
    shape.check(x)
    gradients.check(x)
    shape.read { left, leftSlope, right, rightSlope in
      gradients.left.write { dLeft in
        gradients.leftSlope.write { dLeftSlope in
          gradients.right.write { dRight in
            gradients.rightSlope.write { dRightSlope in
              let job = (
                dy: dy, x: x, dx: dx, left: left, leftSlope: leftSlope, right: right, rightSlope: rightSlope,
                into: (dLeft, dLeftSlope, dRight, dRightSlope), accumulate: accumulate
              )
              let parallel = x.features * x.samples > 50_000
              if x.lanes == 1 {
                workers.run(chunks(x.features), job, parallel: parallel) { job, task in
                  let (x, dy) = (LaneBlock(job.x.block(0)), LaneBlock(job.dy.block(0)))
                  let dx = job.dx.map { LaneBlock($0.block(0)) }
                  for feature in stride(from: task * chunk, to: min(job.x.features, (task + 1) * chunk), by: 16) {
                    let parts = SReLUParts(
                      x[feature], dy[feature], Lanes(job.left, feature), Lanes(job.leftSlope, feature),
                      Lanes(job.right, feature), Lanes(job.rightSlope, feature))
                    add(parts.left, job.into.0, feature, job.accumulate)
                    add(parts.leftSlope, job.into.1, feature, job.accumulate)
                    add(parts.right, job.into.2, feature, job.accumulate)
                    add(parts.rightSlope, job.into.3, feature, job.accumulate)
                    dx?[feature] = parts.input
                  }
                }
                return
              }
              workers.run((x.features + 63) / 64, job, parallel: parallel) { job, task in
                for feature in (task * 64)..<min(job.x.features, task * 64 + 64) {
                  let left = Lanes(repeating: job.left[feature])
                  let leftSlope = Lanes(repeating: job.leftSlope[feature])
                  let right = Lanes(repeating: job.right[feature])
                  let rightSlope = Lanes(repeating: job.rightSlope[feature])
                  var sums = (Lanes(), Lanes(), Lanes(), Lanes())
                  for block in 0..<job.x.blocks {
                    let x = LaneBlock(job.x.block(block))
                    let dy = LaneBlock(job.dy.block(block))
                    let dx = job.dx.map { LaneBlock($0.block(block)) }
                    for lane in stride(from: feature * job.x.lanes, to: (feature + 1) * job.x.lanes, by: 16) {
                      let parts = SReLUParts(x[lane], dy[lane], left, leftSlope, right, rightSlope)
                      sums.0 += parts.left
                      sums.1 += parts.leftSlope
                      sums.2 += parts.right
                      sums.3 += parts.rightSlope
                      dx?[lane] = parts.input
                    }
                  }
                  store(sums.0, job.into.0, feature, job.accumulate)
                  store(sums.1, job.into.1, feature, job.accumulate)
                  store(sums.2, job.into.2, feature, job.accumulate)
                  store(sums.3, job.into.3, feature, job.accumulate)
                }
              }
            }
          }
        }
      }
    }
  }

  /// Sixteen values through the rectifier.
  @inline(__always)
  private static func bent(_ x: Lanes, _ left: Lanes, _ leftSlope: Lanes, _ right: Lanes, _ rightSlope: Lanes) -> Lanes
  {
    var y = x
    y.replace(with: right + (x - right) * rightSlope, where: x .>= right)
    y.replace(with: left + (x - left) * leftSlope, where: x .<= left)
    return y
  }

  /// Writes or adds the gradients of sixteen features of one sample.
  @inline(__always)
  private static func add(_ values: Lanes, _ to: UnsafeMutablePointer<Float>, _ index: Int, _ accumulate: Bool) {
    let target = LaneBlock(to)
    target[index] = accumulate ? target[index] + values : values
  }

  @inline(__always)
  private static func store(_ sum: Lanes, _ to: UnsafeMutablePointer<Float>, _ index: Int, _ accumulate: Bool) {
    to[index] = (accumulate ? to[index] : 0) + sum.sum()
  }
}

/// What sixteen values add to the gradients of the rectifier's four vectors, and their own gradients.
private struct SReLUParts {
  let left: Lanes
  let leftSlope: Lanes
  let right: Lanes
  let rightSlope: Lanes
  let input: Lanes

  @inline(__always)
  init(_ x: Lanes, _ dy: Lanes, _ left: Lanes, _ leftSlope: Lanes, _ right: Lanes, _ rightSlope: Lanes) {
    let below = x .<= left
    let above = (x .>= right) .& .!below
    let low = Lanes().replacing(with: dy, where: below)
    let high = Lanes().replacing(with: dy, where: above)
    self.left = low * (1 - leftSlope)
    self.leftSlope = low * (x - left)
    self.right = high * (1 - rightSlope)
    self.rightSlope = high * (x - right)
    input = dy.replacing(with: dy * leftSlope, where: below).replacing(with: dy * rightSlope, where: above)
  }
}

/// The four learned vectors of an SReLU layer, each `[features]`.
package struct SReLUShape: Sendable, Equatable {
  package var left: Vector
  package var leftSlope: Vector
  package var right: Vector
  package var rightSlope: Vector

  package init(left: Vector, leftSlope: Vector, right: Vector, rightSlope: Vector) {
    self.left = left
    self.leftSlope = leftSlope
    self.right = right
    self.rightSlope = rightSlope
  }

  func check(_ x: Activations) {
    Kernels.checkFeatures(left, x)
    Kernels.checkFeatures(leftSlope, x)
    Kernels.checkFeatures(right, x)
    Kernels.checkFeatures(rightSlope, x)
  }

  typealias Reading = UnsafePointer<Float>

  func read(_ body: (Reading, Reading, Reading, Reading) -> Void) {
    left.read { left in
      leftSlope.read { leftSlope in
        right.read { right in rightSlope.read { body(left, leftSlope, right, $0) } }
      }
    }
  }
}
