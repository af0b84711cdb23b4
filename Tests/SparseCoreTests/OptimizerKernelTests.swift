// SPDX-License-Identifier: Apache-2.0
// Espalier: optimizer updates against the slow truth.

import CKernels
import SparseCore
import Testing

@Suite struct OptimizerKernelTests {
  private static let counts = [1, 3, 4, 8, 15, 16, 17, 50]

  @Test("gradient descent, with momentum, Nesterov's step and decay", arguments: tableNames)
  func sgd(name: String) throws {
    let kernels = try table(name)
    let steps = [
      SGDStep(rate: 0.1), SGDStep(rate: 0.1, momentum: 0.9, decay: 0.01),
      SGDStep(rate: 0.05, momentum: 0.8, nesterov: true, gradientScale: 0.5),
    ]
    for (step, count) in steps.flatMap({ step in Self.counts.map { (step, $0) } }) {
      var random = Random(seed: 1)
      var w = random.vector(count).elements
      var m = [Float](repeating: 0, count: count)
      var slots = w.map { Reference.Slot(value: Double($0)) }
      for _ in 0..<5 {
        let g = random.vector(count).elements
        if step.momentum == 0 {
          kernels.sgd(Int64(count), &w, nil, g, step.gradientScale, step.rate, 0, 0, step.decay)
        } else {
          kernels.sgd(
            Int64(count), &w, &m, g, step.gradientScale, step.rate, step.momentum, step.nesterov ? 1 : 0, step.decay)
        }
        for index in 0..<count { Reference.sgd(step, &slots[index], gradient: Double(g[index])) }
      }
      #expect(distance(Vector(w), Vector(slots.map { Float($0.value) })) < 2e-6)
    }
  }

  @Test("Adam with a clock a value corrects newborn connections by their own age", arguments: tableNames)
  func adam(name: String) throws {
    let kernels = try table(name)
    let corrections = AdamCorrections()
    let steps = [
      AdamStep(rate: 0.01), AdamStep(rate: 0.01, decay: 0.1, gradientScale: 2),
      AdamStep(rate: 0.01, decoupledDecay: 0.1),
    ]
    for (step, count) in steps.flatMap({ step in Self.counts.map { (step, $0) } }) {
      var random = Random(seed: 2)
      var w = random.vector(count).elements
      var m = [Float](repeating: 0, count: count)
      var v = m
      var ages = [UInt16](repeating: 0, count: count)
      var slots = w.map { Reference.Slot(value: Double($0)) }
      for update in 0..<8 {
        if update == 4 {
          for index in stride(from: 0, to: count, by: 3) {
            (m[index], v[index], ages[index]) = (0, 0, 0)
            slots[index] = Reference.Slot(value: Double(w[index]))
          }
        }
        let g = random.vector(count).elements
        kernels.adam(
          Int64(count), &w, &m, &v, &ages, 0, corrections.table, Int64(corrections.count), g, step.gradientScale,
          step.rate, 0.9, 0.999, step.epsilon, step.decay, step.decoupledDecay)
        for index in 0..<count {
          Reference.adam(
            step, beta1: Double(Float(0.9)), beta2: Double(Float(0.999)), &slots[index], gradient: Double(g[index]))
        }
      }
      #expect(ages.map { Int($0) } == slots.map { $0.age })
      #expect(distance(Vector(w), Vector(slots.map { Float($0.value) })) < 3e-6)
    }
  }

  @Test("clocks stop at the end of the table, and one age for all gives the same bytes", arguments: tableNames)
  func clocks(name: String) throws {
    let kernels = try table(name)
    let corrections = AdamCorrections(beta1: 0.5, beta2: 0.75)
    let last = UInt16(corrections.count - 1)
    #expect(corrections.table[2 * Int(last)] == 1 && corrections.table[2 * Int(last) + 1] == 1)
    for count in Self.counts {
      var random = Random(seed: 3)
      let start = random.vector(count).elements
      let g = random.vector(count).elements
      for age: UInt16 in [1, 2, last] {
        var (w1, w2) = (start, start)
        var (m1, m2) = (g, g)
        var (v1, v2) = (g.map { abs($0) }, g.map { abs($0) })
        var ages = [UInt16](repeating: age == last ? last : age - 1, count: count)
        kernels.adam(
          Int64(count), &w1, &m1, &v1, &ages, 0, corrections.table, Int64(corrections.count), g, 1, 0.1, 0.5, 0.75,
          1e-8, 0, 0)
        kernels.adam(
          Int64(count), &w2, &m2, &v2, nil, Int64(age), corrections.table, Int64(corrections.count), g, 1, 0.1, 0.5,
          0.75, 1e-8, 0, 0)
        #expect(ages.allSatisfy { $0 == age })
        #expect(w1.map { $0.bitPattern } == w2.map { $0.bitPattern })
      }
    }
  }

  @Test("RMSProp with and without momentum", arguments: tableNames)
  func rmsprop(name: String) throws {
    let kernels = try table(name)
    for (momentum, count) in [Float(0), 0.9].flatMap({ momentum in Self.counts.map { (momentum, $0) } }) {
      let step = RMSPropStep(rate: 0.01, alpha: 0.9, epsilon: 1e-6, momentum: momentum, decay: 0.1, gradientScale: 3)
      var random = Random(seed: 4)
      var w = random.vector(count).elements
      var v = [Float](repeating: 0, count: count)
      var m = v
      var slots = w.map { Reference.Slot(value: Double($0)) }
      for _ in 0..<5 {
        let g = random.vector(count).elements
        if momentum == 0 {
          kernels.rmsprop(Int64(count), &w, &v, nil, g, 3, 0.01, 0.9, 1e-6, 0, 0.1)
        } else {
          kernels.rmsprop(Int64(count), &w, &v, &m, g, 3, 0.01, 0.9, 1e-6, momentum, 0.1)
        }
        for index in 0..<count { Reference.rmsprop(step, &slots[index], gradient: Double(g[index])) }
      }
      #expect(distance(Vector(w), Vector(slots.map { Float($0.value) })) < 5e-6)
    }
  }

  @Test("equal values stay equal wherever they stand", arguments: tableNames)
  func places(name: String) throws {
    let kernels = try table(name)
    for count in [5, 16, 23] {
      var w = [Float](repeating: 0.3, count: count)
      var m = [Float](repeating: 0.7, count: count)
      var v = [Float](repeating: 0.9, count: count)
      let g = [Float](repeating: 0.123, count: count)
      let table = AdamCorrections()
      kernels.sgd(Int64(count), &w, &m, g, 0.7, 0.1, 0.9, 1, 0.01)
      kernels.adam(
        Int64(count), &w, &m, &v, nil, 3, table.table, Int64(table.count), g, 0.7, 0.1, 0.9, 0.999, 1e-8, 0.1, 0.1)
      kernels.rmsprop(Int64(count), &w, &v, &m, g, 0.7, 0.1, 0.9, 1e-8, 0.5, 0.1)
      #expect(Set(w).count == 1 && Set(m).count == 1 && Set(v).count == 1)
    }
  }

  @Test("the wrappers give the same bytes for any number of threads, in place")
  func wrappers() {
    let count = 150_001
    var random = Random(seed: 5)
    let start = random.vector(count)
    let gradient = random.vector(count)
    let corrections = AdamCorrections()
    var bytes: [[UInt32]] = []
    for threads in 1...3 {
      let workers = Workers(threads: threads)
      var w = start
      w[0] = 0.5
      let address = w.read { UInt(bitPattern: $0) }
      var none: Vector?
      var momentum: Vector? = Vector(count: count)
      var first = Vector(count: count)
      var second = Vector(count: count)
      var ages = [UInt16](repeating: 0, count: count)
      Kernels.sgd(SGDStep(rate: 0.1), values: &w, momentum: &none, gradient: gradient, workers: workers)
      #expect(w[count - 1] == start[count - 1] - 0.1 * gradient[count - 1])
      Kernels.sgd(
        SGDStep(rate: 0.1, momentum: 0.9), values: &w, momentum: &momentum, gradient: gradient, workers: workers)
      #expect(momentum?[count - 1] == gradient[count - 1])
      Kernels.adam(
        AdamStep(rate: 0.1), values: &w, first: &first, second: &second, ages: &ages, corrections: corrections,
        gradient: gradient, workers: workers)
      #expect(ages.allSatisfy { $0 == 1 })
      Kernels.adam(
        AdamStep(rate: 0.1), values: &w, first: &first, second: &second, age: 2, corrections: corrections,
        gradient: gradient, workers: workers)
      Kernels.rmsprop(
        RMSPropStep(rate: 0.1), values: &w, square: &second, momentum: &none, gradient: gradient, workers: workers)
      #expect(w.read { UInt(bitPattern: $0) } == address)
      bytes.append(bits(w) + bits(first) + bits(second))
    }
    #expect(bytes[0] == bytes[1] && bytes[0] == bytes[2])
  }
}
