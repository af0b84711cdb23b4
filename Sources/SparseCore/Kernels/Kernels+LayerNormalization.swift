// SPDX-License-Identifier: Apache-2.0
// Espalier: normalising each sample over its features.

extension Kernels {
  /// y = scale (x - mean) / √(variance + epsilon) + shift with the moments of each sample, which are kept.
  ///
  /// - Parameters:
  ///   - means: the mean of each lane, `[blocks * lanes]`.
  ///   - inverses: 1 / √(variance + epsilon) of each lane.
  package static func normalizeSamples(
    _ x: Activations, into y: Activations, scale: Vector, shift: Vector, epsilon: Float, means: inout Vector,
    inverses: inout Vector, workers: Workers
  ) {
    prepareTwin(y, for: x)
    checkFeatures(scale, x)
    checkFeatures(shift, x)
    checkLanes(means, x)
    checkLanes(inverses, x)
    scale.read { scale in
      shift.read { shift in
        means.write { means in
          inverses.write { inverses in
            let job = (
              x: x, y: y, scale: scale, shift: shift, epsilon: epsilon, means: LaneBlock(means),
              inverses: LaneBlock(inverses)
            )
            if x.lanes == 1 {
              normalizeOne(
                LaneBlock(x.block(0)), into: LaneBlock(y.block(0)), features: x.features, scale: scale, shift: shift,
                epsilon: epsilon, mean: means, inverse: inverses)
              return
            }
            let large = x.features * x.samples > 50_000
            workers.run(x.blocks * (x.lanes / 16), job, parallel: large) { job, task in
              let (block, lane) = place(task, job.x.lanes)
              let from = LaneBlock(job.x.block(block))
              let to = LaneBlock(job.y.block(block))
              let lanes = job.x.lanes
              let count = Float(max(1, job.x.features))
              var mean = Lanes()
              for feature in 0..<job.x.features { mean += from[feature * lanes + lane] }
              mean /= count
              var variance = Lanes()
              for feature in 0..<job.x.features {
                let distance = from[feature * lanes + lane] - mean
                variance += distance * distance
              }
              let inverse = 1 / (variance / count + job.epsilon).squareRoot()
              job.means[block * lanes + lane] = mean
              job.inverses[block * lanes + lane] = inverse
              for feature in 0..<job.x.features {
                let at = feature * lanes + lane
                to[at] = (from[at] - mean) * inverse * job.scale[feature] + job.shift[feature]
              }
            }
          }
        }
      }
    }
  }

  /// The input gradient of layer normalisation.
  ///
  /// With x̂ the normalised input and g = dy scale: dx = inverse (g - mean(g) - x̂ mean(g x̂)), means over features.
  package static func normalizeSamplesGradient(
    _ dy: Activations, input x: Activations, into dx: Activations, scale: Vector, means: Vector,
    inverses: Vector, workers: Workers
  ) {
    checkSameShape(x, dy)
    prepareTwin(dx, for: x)
    checkFeatures(scale, x)
    checkLanes(means, x)
    checkLanes(inverses, x)
    scale.read { scale in
      means.read { means in
        inverses.read { inverses in
          let job = (
            dy: dy, x: x, dx: dx, scale: scale, means: LaneBlock(UnsafeMutablePointer(mutating: means)),
            inverses: LaneBlock(UnsafeMutablePointer(mutating: inverses))
          )
          if x.lanes == 1 {
            normalizeOneGradient(
              LaneBlock(dy.block(0)), input: LaneBlock(x.block(0)), into: LaneBlock(dx.block(0)),
              features: x.features, scale: scale, mean: means[0], inverse: inverses[0])
            return
          }
          let large = x.features * x.samples > 50_000
          workers.run(x.blocks * (x.lanes / 16), job, parallel: large) { job, task in
            let (block, lane) = place(task, job.x.lanes)
            let lanes = job.x.lanes
            let x = LaneBlock(job.x.block(block))
            let dy = LaneBlock(job.dy.block(block))
            let dx = LaneBlock(job.dx.block(block))
            let mean = job.means[block * lanes + lane]
            let inverse = job.inverses[block * lanes + lane]
            var sums = Lanes()
            var products = Lanes()
            for feature in 0..<job.x.features {
              let at = feature * lanes + lane
              let gradient = dy[at] * job.scale[feature]
              sums += gradient
              products += gradient * ((x[at] - mean) * inverse)
            }
            let count = Float(max(1, job.x.features))
            sums /= count
            products /= count
            for feature in 0..<job.x.features {
              let at = feature * lanes + lane
              let normal = (x[at] - mean) * inverse
              dx[at] = (dy[at] * job.scale[feature] - sums - normal * products) * inverse
            }
          }
        }
      }
    }
  }

  /// dscale = Σ dy x̂ over the samples, feature by feature; x̂ from the kept moments.
  package static func normalizeSamplesScaleGradient(
    _ dy: Activations, input x: Activations, means: Vector, inverses: Vector, into gradient: inout Vector,
    accumulate: Bool, workers: Workers
  ) {
    checkSameShape(x, dy)
    checkFeatures(gradient, x)
    checkLanes(means, x)
    checkLanes(inverses, x)
    means.read { means in
      inverses.read { inverses in
        gradient.write { gradient in
          let job = (
            dy: dy, x: x, means: LaneBlock(UnsafeMutablePointer(mutating: means)),
            inverses: LaneBlock(UnsafeMutablePointer(mutating: inverses)), gradient: gradient, accumulate: accumulate
          )
          if x.lanes == 1 {
            let (x, dy, target) = (LaneBlock(x.block(0)), LaneBlock(dy.block(0)), LaneBlock(gradient))
            for feature in stride(from: 0, to: job.x.features, by: 16) {
              let product = dy[feature] * ((x[feature] - means[0]) * inverses[0])
              target[feature] = accumulate ? target[feature] + product : product
            }
            return
          }
          let large = x.features * x.samples > 50_000
          workers.run((x.features + 63) / 64, job, parallel: large) { job, task in
            let lanes = job.x.lanes
            for feature in (task * 64)..<min(job.x.features, task * 64 + 64) {
              var products = Lanes()
              for block in 0..<job.x.blocks {
                let x = LaneBlock(job.x.block(block))
                let dy = LaneBlock(job.dy.block(block))
                for lane in stride(from: 0, to: lanes, by: 16) {
                  let at = feature * lanes + lane
                  let normal = (x[at] - job.means[block * lanes + lane]) * job.inverses[block * lanes + lane]
                  products += dy[at] * normal
                }
              }
              job.gradient[feature] = (job.accumulate ? job.gradient[feature] : 0) + products.sum()
            }
          }
        }
      }
    }
  }

  /// One sample alone, sixteen features at a time.
  private static func normalizeOne(
    _ x: LaneBlock, into y: LaneBlock, features: Int, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>,
    epsilon: Float, mean: UnsafeMutablePointer<Float>, inverse: UnsafeMutablePointer<Float>
  ) {
    let count = Float(max(1, features))
    let center = sumOverFeatures(features) { x[$0] } / count
    let variance = sumOverFeatures(features) { (x[$0] - center) * (x[$0] - center) } / count
    let factor = 1 / (variance + epsilon).squareRoot()
    mean[0] = center
    inverse[0] = factor
    for feature in stride(from: 0, to: features, by: 16) {
      y[feature] = (x[feature] - center) * factor * Lanes(scale, feature) + Lanes(shift, feature)
    }
  }

  /// The input gradient of ``normalizeOne``; `dx` may be `dy`.
  private static func normalizeOneGradient(
    _ dy: LaneBlock, input x: LaneBlock, into dx: LaneBlock, features: Int, scale: UnsafePointer<Float>, mean: Float,
    inverse: Float
  ) {
    let count = Float(max(1, features))
    let sum = sumOverFeatures(features) { dy[$0] * Lanes(scale, $0) } / count
    let product = sumOverFeatures(features) { dy[$0] * Lanes(scale, $0) * ((x[$0] - mean) * inverse) } / count
    for feature in stride(from: 0, to: features, by: 16) {
      let normal = (x[feature] - mean) * inverse
      dx[feature] = (dy[feature] * Lanes(scale, feature) - sum - normal * product) * inverse
    }
  }

  /// Σ f over the features of one sample, sixteen at a time.
  @inline(__always)
  private static func sumOverFeatures(_ features: Int, _ f: (Int) -> Lanes) -> Float {
    var sums = Lanes()
    for feature in stride(from: 0, to: features, by: 16) { sums += masked(f(feature), valid: features - feature) }
    return sums.sum()
  }

  /// The block and the first lane of a task that owns sixteen lanes.
  @inline(__always)
  private static func place(_ task: Int, _ lanes: Int) -> (block: Int, lane: Int) {
    let slices = lanes / 16
    return (task / slices, task % slices * 16)
  }
}
