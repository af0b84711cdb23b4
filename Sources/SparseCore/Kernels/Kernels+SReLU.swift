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
      workers.run(x.blocks, job, parallel: x.features * x.samples > 50_000) { job, block in
        let from = LaneBlock(job.x.block(block))
        let to = LaneBlock(job.y.block(block))
        for feature in 0..<job.x.features {
          let (left, right) = (job.left[feature], job.right[feature])
          for lane in stride(from: feature * job.x.lanes, to: (feature + 1) * job.x.lanes, by: 16) {
            let x = from[lane]
            var y = x
            y.replace(with: right + (x - right) * job.rightSlope[feature], where: x .>= right)
            y.replace(with: left + (x - left) * job.leftSlope[feature], where: x .<= left)
            to[lane] = y
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
              workers.run((x.features + 63) / 64, job, parallel: x.features * x.samples > 50_000) { job, task in
                for feature in (task * 64)..<min(job.x.features, task * 64 + 64) {
                  let (left, leftSlope) = (job.left[feature], job.leftSlope[feature])
                  let (right, rightSlope) = (job.right[feature], job.rightSlope[feature])
                  var sums = (Lanes(), Lanes(), Lanes(), Lanes())
                  for block in 0..<job.x.blocks {
                    let x = LaneBlock(job.x.block(block))
                    let dy = LaneBlock(job.dy.block(block))
                    let dx = job.dx.map { LaneBlock($0.block(block)) }
                    for lane in stride(from: feature * job.x.lanes, to: (feature + 1) * job.x.lanes, by: 16) {
                      let value = x[lane]
                      let gradient = dy[lane]
                      let below = value .<= left
                      let above = (value .>= right) .& .!below
                      let low = Lanes().replacing(with: gradient, where: below)
                      let high = Lanes().replacing(with: gradient, where: above)
                      sums.0 += low * (1 - leftSlope)
                      sums.1 += low * (value - left)
                      sums.2 += high * (1 - rightSlope)
                      sums.3 += high * (value - right)
                      dx?[lane] =
                        gradient
                        .replacing(with: gradient * leftSlope, where: below)
                        .replacing(with: gradient * rightSlope, where: above)
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

  @inline(__always)
  private static func store(_ sum: Lanes, _ to: UnsafeMutablePointer<Float>, _ index: Int, _ accumulate: Bool) {
    to[index] = (accumulate ? to[index] : 0) + sum.sum()
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
