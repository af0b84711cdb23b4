// SPDX-License-Identifier: Apache-2.0
// Espalier: normalising each feature over the batch.

/// A job and what it does for one feature.
///
/// A struct, because a closure in a tuple is wrapped on the heap when the tuple passes through generic code.
private struct FeatureJob<Job> {
  let job: Job
  let body: (Job, Int) -> Void
  let features: Int
}

extension Kernels {
  /// The mean and the biased variance of each feature over the samples in use.
  ///
  /// Two passes over the feature's lanes; one task owns a feature, so threads do not change the sums.
  package static func featureMoments(
    _ x: Activations, mean: inout Vector, variance: inout Vector, workers: Workers
  ) {
    checkFeatures(mean, x)
    checkFeatures(variance, x)
    mean.write { mean in
      variance.write { variance in
        if x.lanes == 1 {
          for feature in stride(from: 0, to: x.features, by: 16) {
            let value = LaneBlock(x.block(0))[feature]
            LaneBlock(mean)[feature] = value
            LaneBlock(variance)[feature] = (value - value) * (value - value)
          }
          return
        }
        perFeature(x, (x: x, mean: mean, variance: variance), workers) { job, feature in
          let count = Float(job.x.samples)
          let mean = sumOverSamples(job.x, feature) { $0 } / count
          job.mean[feature] = mean
          job.variance[feature] =
            sumOverSamples(job.x, feature) { value in
              let distance = value - mean
              return distance * distance
            } / count
        }
      }
    }
  }

  /// y = scale (x - mean) / √(variance + epsilon) + shift, feature by feature.
  package static func normalizeFeatures(
    _ x: Activations, into y: Activations, mean: Vector, variance: Vector, scale: Vector, shift: Vector,
    epsilon: Float, workers: Workers
  ) {
    prepareTwin(y, for: x)
    checkFeatures(mean, x)
    checkFeatures(variance, x)
    checkFeatures(scale, x)
    checkFeatures(shift, x)
    mean.read { mean in
      variance.read { variance in
        scale.read { scale in
          shift.read { shift in
            let job = (x: x, y: y, mean: mean, variance: variance, scale: scale, shift: shift, epsilon: epsilon)
            if x.lanes == 1 {
              workers.run(chunks(x.features), job, parallel: x.features > 50_000) { job, task in
                let (from, to) = (LaneBlock(job.x.block(0)), LaneBlock(job.y.block(0)))
                for feature in stride(from: task * chunk, to: min(job.x.features, (task + 1) * chunk), by: 16) {
                  let root = (Lanes(job.variance, feature) + job.epsilon).squareRoot()
                  let factor = Lanes(job.scale, feature) / root
                  to[feature] = from[feature] * factor + (Lanes(job.shift, feature) - factor * Lanes(job.mean, feature))
                }
              }
              return
            }
            perFeature(x, job, workers) { job, feature in
              let factor = job.scale[feature] / (job.variance[feature] + job.epsilon).squareRoot()
              let offset = job.shift[feature] - factor * job.mean[feature]
              for block in 0..<job.x.blocks {
                let from = LaneBlock(job.x.block(block))
                let to = LaneBlock(job.y.block(block))
                for lane in stride(from: feature * job.x.lanes, to: (feature + 1) * job.x.lanes, by: 16) {
                  to[lane] = from[lane] * factor + offset
                }
              }
            }
          }
        }
      }
    }
  }

  /// The backward pass of batch normalisation with the batch's own moments.
  ///
  /// With x̂ = (x - mean) / √(variance + ε): dscale = Σ dy x̂, dshift = Σ dy,
  /// dx = scale / √(variance + ε) (dy - dshift / n - x̂ dscale / n).
  package static func normalizeFeaturesGradient(
    _ dy: Activations, input x: Activations, into dx: Activations?, mean: Vector, variance: Vector,
    scale: Vector, epsilon: Float, scaleGradient: inout Vector, shiftGradient: inout Vector,
    accumulate: Bool, workers: Workers
  ) {
    checkSameShape(x, dy)
    if let dx { prepareTwin(dx, for: x) }
    checkFeatures(mean, x)
    checkFeatures(variance, x)
    checkFeatures(scale, x)
    checkFeatures(scaleGradient, x)
    checkFeatures(shiftGradient, x)
    mean.read { mean in
      variance.read { variance in
        scale.read { scale in
          scaleGradient.write { scaleGradient in
            shiftGradient.write { shiftGradient in
              let job = (
                dy: dy, x: x, dx: dx, mean: mean, variance: variance, scale: scale, epsilon: epsilon,
                scaleGradient: scaleGradient, shiftGradient: shiftGradient, accumulate: accumulate
              )
              if x.lanes == 1 {
                let (x, dy, dx) = (LaneBlock(x.block(0)), LaneBlock(dy.block(0)), dx.map { LaneBlock($0.block(0)) })
                for feature in stride(from: 0, to: job.x.features, by: 16) {
                  let inverse = 1 / (Lanes(variance, feature) + epsilon).squareRoot()
                  let normal = (x[feature] - Lanes(mean, feature)) * inverse
                  let gradient = dy[feature]
                  let (product, sum) = (gradient * normal, gradient)
                  let (products, sums) = (LaneBlock(scaleGradient), LaneBlock(shiftGradient))
                  products[feature] = accumulate ? products[feature] + product : product
                  sums[feature] = accumulate ? sums[feature] + sum : sum
                  dx?[feature] = (gradient - sum - normal * product) * (Lanes(scale, feature) * inverse)
                }
                return
              }
              perFeature(x, job, workers) { job, feature in
                let inverse = 1 / (job.variance[feature] + job.epsilon).squareRoot()
                let mean = job.mean[feature]
                let lanes = job.x.lanes
                var products = Lanes()
                var sums = Lanes()
                for block in 0..<job.x.blocks {
                  let x = LaneBlock(job.x.block(block))
                  let dy = LaneBlock(job.dy.block(block))
                  for lane in stride(from: feature * lanes, to: (feature + 1) * lanes, by: 16) {
                    let gradient = dy[lane]  // zero in the padding
                    products += gradient * ((x[lane] - mean) * inverse)
                    sums += gradient
                  }
                }
                let product = products.sum()
                let sum = sums.sum()
                job.scaleGradient[feature] = (job.accumulate ? job.scaleGradient[feature] : 0) + product
                job.shiftGradient[feature] = (job.accumulate ? job.shiftGradient[feature] : 0) + sum
                guard let dx = job.dx else { return }
                let count = Float(job.x.samples)
                let factor = job.scale[feature] * inverse
                for block in 0..<job.x.blocks {
                  let x = LaneBlock(job.x.block(block))
                  let dy = LaneBlock(job.dy.block(block))
                  let dx = LaneBlock(dx.block(block))
                  let valid = job.x.samples(inBlock: block)
                  for lane in stride(from: 0, to: lanes, by: 16) {
                    let at = feature * lanes + lane
                    let normal = (x[at] - mean) * inverse
                    let value = (dy[at] - sum / count - normal * (product / count)) * factor
                    dx[at] = masked(value, valid: valid - lane)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// Runs a job for each feature, 64 features a task.
  @inline(__always)
  private static func perFeature<Job>(
    _ x: Activations, _ job: Job, _ workers: Workers, _ body: @escaping (Job, Int) -> Void
  ) {
    let features = x.features
    let large = features * x.samples > 50_000
    let shared = FeatureJob(job: job, body: body, features: features)
    workers.run((features + 63) / 64, shared, parallel: large) { all, task in
      for feature in (task * 64)..<min(all.features, task * 64 + 64) { all.body(all.job, feature) }
    }
  }

  /// Σ f(x) over the samples of one feature, block after block.
  @inline(__always)
  private static func sumOverSamples(_ x: Activations, _ feature: Int, _ f: (Lanes) -> Lanes) -> Float {
    var sums = Lanes()
    for block in 0..<x.blocks {
      let values = LaneBlock(x.block(block))
      let valid = x.samples(inBlock: block)
      for lane in stride(from: 0, to: x.lanes, by: 16) {
        sums += masked(f(values[feature * x.lanes + lane]), valid: valid - lane)
      }
    }
    return sums.sum()
  }
}
