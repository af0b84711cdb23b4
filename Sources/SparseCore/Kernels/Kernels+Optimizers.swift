// SPDX-License-Identifier: Apache-2.0
// Espalier: optimizer updates of a vector of values.

internal import CKernels

/// The numbers of one step of stochastic gradient descent.
package struct SGDStep: Sendable {
  package var rate: Float
  package var momentum: Float
  package var nesterov: Bool
  /// L2 decay, added to the gradient as decay * value.
  package var decay: Float
  /// Multiplies the gradient first: clipping, or the mean over accumulated batches.
  package var gradientScale: Float

  package init(
    rate: Float, momentum: Float = 0, nesterov: Bool = false, decay: Float = 0, gradientScale: Float = 1
  ) {
    self.rate = rate
    self.momentum = momentum
    self.nesterov = nesterov
    self.decay = decay
    self.gradientScale = gradientScale
  }
}

/// The numbers of one step of Adam or AdamW; beta1 and beta2 are those of the corrections.
package struct AdamStep: Sendable {
  package var rate: Float
  package var epsilon: Float
  /// L2 decay, added to the gradient as decay * value (Adam).
  package var decay: Float
  /// Shrinks the values by rate * decoupledDecay before the step (AdamW).
  package var decoupledDecay: Float
  package var gradientScale: Float

  package init(
    rate: Float, epsilon: Float = 1e-8, decay: Float = 0, decoupledDecay: Float = 0, gradientScale: Float = 1
  ) {
    self.rate = rate
    self.epsilon = epsilon
    self.decay = decay
    self.decoupledDecay = decoupledDecay
    self.gradientScale = gradientScale
  }
}

/// Adam's bias corrections by age: 1 / (1 - beta1^age) and 1 / (1 - beta2^age).
///
/// The table ends where both are 1 in single precision, at the latest at 65,535, the largest clock.
package struct AdamCorrections: Sendable {
  package let beta1: Float
  package let beta2: Float
  /// Pairs, the first for age 0, which no update sees.
  package let table: [Float]

  package init(beta1: Float = 0.9, beta2: Float = 0.999) {
    precondition(
      beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, "betas (\(beta1), \(beta2)) outside 0 ..< 1")
    self.beta1 = beta1
    self.beta2 = beta2
    var table: [Float] = [1, 1]
    var power1 = 1.0
    var power2 = 1.0
    repeat {
      power1 *= Double(beta1)
      power2 *= Double(beta2)
      table.append(Float(1 / (1 - power1)))
      table.append(Float(1 / (1 - power2)))
    } while max(power1, power2) > 0x1p-26 && table.count < 2 * 65_536
    self.table = table
  }

  /// The ages in the table; a clock stops at one less.
  package var count: Int { table.count / 2 }
}

/// The numbers of one step of RMSProp.
package struct RMSPropStep: Sendable {
  package var rate: Float
  package var alpha: Float
  package var epsilon: Float
  package var momentum: Float
  package var decay: Float
  package var gradientScale: Float

  package init(
    rate: Float, alpha: Float = 0.99, epsilon: Float = 1e-8, momentum: Float = 0, decay: Float = 0,
    gradientScale: Float = 1
  ) {
    self.rate = rate
    self.alpha = alpha
    self.epsilon = epsilon
    self.momentum = momentum
    self.decay = decay
    self.gradientScale = gradientScale
  }
}

/// What the tasks of an update share; task *t* handles the values from *t* x `Kernels.chunk`.
private struct UpdateJob<Step> {
  let kernels: UnsafePointer<espalier_kernels>
  let step: Step
  let count: Int
  let values: UnsafeMutablePointer<Float>
  let first: UnsafeMutablePointer<Float>?
  let second: UnsafeMutablePointer<Float>?
  let gradient: UnsafePointer<Float>

  func count(ofTask task: Int) -> Int64 { Int64(min(Kernels.chunk, count - task * Kernels.chunk)) }
}

private struct AdamJob {
  let update: UpdateJob<AdamStep>
  let ages: UnsafeMutablePointer<UInt16>?
  let age: Int64
  let beta1: Float
  let beta2: Float
  let corrections: UnsafePointer<Float>
  let ageCount: Int64
}

private struct SumJob {
  let kernels: UnsafePointer<espalier_kernels>
  let count: Int
  let source: UnsafePointer<Float>
  let target: UnsafeMutablePointer<Float>
}

extension Kernels {
  /// target += source.
  package static func add(_ source: Vector, to target: inout Vector, workers: Workers) {
    let count = target.count
    checkCount(source, count, "summands")
    target.write { target in
      source.read { source in
        let job = SumJob(kernels: table, count: count, source: source, target: target)
        workers.run(chunks(count), job, parallel: count >= 4 * chunk) { job, task in
          let start = task * Kernels.chunk
          job.kernels.pointee.add(Int64(min(Kernels.chunk, job.count - start)), job.source + start, job.target + start)
        }
      }
    }
  }

  /// A step of gradient descent, through `momentum` when the step has one: nil will do when it has none.
  package static func sgd(
    _ step: SGDStep, values: inout Vector, momentum: inout Vector?, gradient: Vector, workers: Workers
  ) {
    let count = values.count
    checkCount(gradient, count, "gradient")
    precondition(step.momentum == 0 || momentum != nil, "momentum \(step.momentum) without its buffer")
    if let momentum { checkCount(momentum, count, "momentum") }
    values.write { values in
      Vector.lendForWriting(&momentum) { momentum in
        gradient.read { gradient in
          let job = UpdateJob(
            kernels: table, step: step, count: count, values: values, first: momentum, second: nil,
            gradient: gradient)
          workers.run(chunks(count), job, parallel: count >= 4 * chunk) { job, task in
            let start = task * Kernels.chunk
            job.kernels.pointee.sgd(
              job.count(ofTask: task), job.values + start, job.first.map { $0 + start }, job.gradient + start,
              job.step.gradientScale, job.step.rate, job.step.momentum, job.step.nesterov ? 1 : 0, job.step.decay)
          }
        }
      }
    }
  }

  /// A step of Adam with a clock a value, raised by this step: a newborn connection has age 0 before its first one.
  package static func adam(
    _ step: AdamStep, values: inout Vector, first: inout Vector, second: inout Vector, ages: inout [UInt16],
    corrections: AdamCorrections, gradient: Vector, workers: Workers
  ) {
    precondition(ages.count == values.count, "\(ages.count) ages for \(values.count) values")
    ages.withUnsafeMutableBufferPointer { ages in
      adam(
        step, values: &values, first: &first, second: &second, ages: ages.baseAddress, age: 1,
        corrections: corrections, gradient: gradient, workers: workers)
    }
  }

  /// A step of Adam in which all values have one age: the number of this update, from 1.
  package static func adam(
    _ step: AdamStep, values: inout Vector, first: inout Vector, second: inout Vector, age: Int,
    corrections: AdamCorrections, gradient: Vector, workers: Workers
  ) {
    precondition(age >= 1, "updates are counted from 1, got \(age)")
    adam(
      step, values: &values, first: &first, second: &second, ages: nil, age: age, corrections: corrections,
      gradient: gradient, workers: workers)
  }

  private static func adam(
    _ step: AdamStep, values: inout Vector, first: inout Vector, second: inout Vector,
    ages: UnsafeMutablePointer<UInt16>?, age: Int, corrections: AdamCorrections, gradient: Vector, workers: Workers
  ) {
    let count = values.count
    checkCount(gradient, count, "gradient")
    checkCount(first, count, "first moment")
    checkCount(second, count, "second moment")
    corrections.table.withUnsafeBufferPointer { pairs in
      guard let pairs = pairs.baseAddress else { return }
      values.write { values in
        first.write { first in
          second.write { second in
            gradient.read { gradient in
              let update = UpdateJob(
                kernels: table, step: step, count: count, values: values, first: first, second: second,
                gradient: gradient)
              let job = AdamJob(
                update: update, ages: ages, age: Int64(age), beta1: corrections.beta1, beta2: corrections.beta2,
                corrections: pairs, ageCount: Int64(corrections.count))
              workers.run(chunks(count), job, parallel: count >= 4 * chunk) { job, task in
                guard let first = job.update.first, let second = job.update.second else { return }
                let start = task * Kernels.chunk
                let step = job.update.step
                job.update.kernels.pointee.adam(
                  job.update.count(ofTask: task), job.update.values + start, first + start, second + start,
                  job.ages.map { $0 + start }, job.age, job.corrections, job.ageCount, job.update.gradient + start,
                  step.gradientScale, step.rate, job.beta1, job.beta2, step.epsilon, step.decay,
                  step.decoupledDecay)
              }
            }
          }
        }
      }
    }
  }

  /// A step of RMSProp, through `momentum` when the step has one: nil will do when it has none.
  package static func rmsprop(
    _ step: RMSPropStep, values: inout Vector, square: inout Vector, momentum: inout Vector?, gradient: Vector,
    workers: Workers
  ) {
    let count = values.count
    checkCount(gradient, count, "gradient")
    checkCount(square, count, "square mean")
    precondition(step.momentum == 0 || momentum != nil, "momentum \(step.momentum) without its buffer")
    if let momentum { checkCount(momentum, count, "momentum") }
    values.write { values in
      square.write { square in
        Vector.lendForWriting(&momentum) { momentum in
          gradient.read { gradient in
            let job = UpdateJob(
              kernels: table, step: step, count: count, values: values, first: momentum, second: square,
              gradient: gradient)
            workers.run(chunks(count), job, parallel: count >= 4 * chunk) { job, task in
              guard let square = job.second else { return }
              let start = task * Kernels.chunk
              job.kernels.pointee.rmsprop(
                job.count(ofTask: task), job.values + start, square + start, job.first.map { $0 + start },
                job.gradient + start, job.step.gradientScale, job.step.rate, job.step.alpha, job.step.epsilon,
                job.step.momentum, job.step.decay)
            }
          }
        }
      }
    }
  }
}
