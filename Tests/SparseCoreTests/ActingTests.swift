// SPDX-License-Identifier: Apache-2.0
// Espalier: layers laid out for one sample at a time: which can be, and their kernels against the slow truth.

import CKernels
import SparseCore
import Testing

/// One layer and the order it should get: inputs of a panel (0 for lists), nil for none.
private struct Case: CustomStringConvertible, Sendable {
  let name: String
  let panel: Int?
  let slots: Int
  let pattern: SparsityPattern

  var description: String { "\(pattern.rows) x \(pattern.columns), \(name)" }

  init(
    _ kept: Int, of side: Int, rows: Int, columns: Int, transposable: Bool = true, panel: Int?, slots: Int
  ) {
    name = "\(kept):\(side)\(transposable ? " transposable" : "")"
    (self.panel, self.slots) = (panel, slots)
    var random = Random(seed: 1)
    pattern = random.groups(rows: rows, columns: columns, kept, of: side, transposable: transposable)
  }

  /// Rows with so many connections each, anywhere; every `gap`th has none.
  init(fanIn: Int, rows: Int, columns: Int, gap: Int = .max, panel: Int?, slots: Int = 0) {
    name = "fan-in \(fanIn)\(gap == .max ? "" : ", some rows empty")"
    (self.panel, self.slots) = (panel, slots)
    var random = Random(seed: 2)
    var starts = [0]
    var indices: [UInt32] = []
    for row in 0..<rows {
      var inputs = Array(0..<UInt32(columns))
      random.shuffle(&inputs)
      if row % gap != gap - 1 { indices += inputs.prefix(fanIn).sorted() }
      starts.append(indices.count)
    }
    pattern = SparsityPattern(trustedRows: rows, columns: columns, rowStarts: starts, columnIndices: indices)
  }

  /// Every number of slots that has a kernel of its own and some that have not, both panels, lists, ragged edges, rows
  /// that are filled up.
  static let all = [
    Case(4, of: 8, rows: 128, columns: 128, panel: 16, slots: 8),
    Case(4, of: 8, rows: 131, columns: 149, panel: 16, slots: 8),
    Case(2, of: 4, rows: 17, columns: 45, transposable: false, panel: 16, slots: 8),
    Case(1, of: 4, rows: 33, columns: 64, panel: 16, slots: 4),
    Case(2, of: 16, rows: 256, columns: 80, panel: 16, slots: 2),
    Case(3, of: 16, rows: 48, columns: 96, transposable: false, panel: 16, slots: 3),
    Case(11, of: 16, rows: 47, columns: 70, transposable: false, panel: 16, slots: 11),
    Case(8, of: 32, rows: 64, columns: 224, panel: 32, slots: 8),
    Case(8, of: 32, rows: 70, columns: 250, transposable: false, panel: 32, slots: 8),
    Case(5, of: 32, rows: 40, columns: 160, transposable: false, panel: 32, slots: 5),
    Case(fanIn: 1, rows: 5, columns: 1, panel: 16, slots: 1),
    Case(fanIn: 10, rows: 100, columns: 300, panel: 0),
    Case(fanIn: 37, rows: 67, columns: 200, panel: 0),
    Case(fanIn: 12, rows: 64, columns: 250, gap: 9, panel: 0),
    Case(fanIn: 12, rows: 64, columns: 250, gap: 2, panel: nil),
    Case(fanIn: 0, rows: 20, columns: 30, panel: nil),
  ]
}

private struct Numbers {
  let values: Vector
  let bias: Vector
  let x: Matrix
  var matrix: SparseMatrix

  init(_ pattern: SparsityPattern) {
    var random = Random(seed: 7)
    values = random.vector(pattern.count)
    bias = random.vector(pattern.rows)
    x = random.matrix(pattern.columns, 1)
    matrix = SparseMatrix(pattern: pattern, values: values)
  }
}

@Suite struct ActingTests {
  @Test("layers with equal rows get an order for one sample, with panels where they have groups; others get none")
  func choice() {
    for subject in Case.all {
      var matrix = Numbers(subject.pattern).matrix
      let before = matrix.bytes
      #expect(matrix.prepareForActing() == (subject.panel != nil), "\(subject)")
      #expect(matrix.acting?.panel == subject.panel && (matrix.acting?.slots ?? 0) == subject.slots, "\(subject)")
      guard let acting = matrix.acting else {
        #expect(matrix.bytes == before, "\(subject)")
        continue
      }
      let rows = (subject.pattern.rows + 15) / 16 * 16
      let filled = Double(acting.valueCount) / Double(rows) * Double(subject.pattern.rows)
      #expect(filled <= 1.25 * Double(matrix.count) + 0.5, "\(subject)")
      #expect(matrix.bytes == before + 4 * acting.valueCount + acting.bytes, "\(subject)")
    }
  }

  @Test("every kernel gives W x + b, with and without bias and ReLU, and writes no other output", arguments: tableNames)
  func oracle(name: String) throws {
    let kernels = try table(name)
    for subject in Case.all where subject.panel != nil {
      var numbers = Numbers(subject.pattern)
      numbers.matrix.prepareForActing()
      let rows = subject.pattern.rows
      let x = Activations(numbers.x)
      for (hasBias, rectifies) in [(false, false), (true, false), (true, true)] {
        var want = Reference.forward(
          subject.pattern, values: numbers.values, bias: hasBias ? numbers.bias : nil, numbers.x
        ).values.elements
        if rectifies { want = want.map { max($0, 0) } }
        var results: [[Float]] = []
        // All strips at once, and one by one in two halves: the same bytes.
        for parts in [1, 2] {
          let y = UnsafeMutablePointer<Float>.allocate(capacity: rows + 16)
          y.initialize(repeating: 7.5, count: rows + 16)
          let strips = (rows + 15) / 16
          let lent: Void? = numbers.matrix.lendActing { form, values in
            withUnsafePointer(to: form) { form in
              numbers.bias.read { bias in
                for part in 0..<parts {
                  kernels.acting_forward(
                    form, Int64(strips * part / parts), Int64(strips * (part + 1) / parts), values,
                    hasBias ? bias : nil, x.block(0), rectifies ? 1 : 0, y)
                }
              }
            }
          }
          #expect(lent != nil)
          results.append((0..<rows).map { y[$0] })
          for row in rows..<rows + 16 { #expect(y[row] == 7.5, "\(subject): a row past the end") }
          y.deallocate()
        }
        #expect(results[0] == results[1], "\(subject)")
        #expect(distance(Vector(results[0]), Vector(want)) < 2e-5, "\(subject), \(name)")
      }
    }
  }

  @Test("a few samples go through a layer with panels at once, and each as it would alone", arguments: tableNames)
  func few(name: String) throws {
    guard let forward = try table(name).acting_forward_few else {
      #expect(name != "avx512")
      return
    }
    for subject in Case.all where (subject.panel ?? 0) > 0 {
      var numbers = Numbers(subject.pattern)
      numbers.matrix.prepareForActing()
      let rows = subject.pattern.rows
      var random = Random(seed: 9)
      for samples in 2...8 {
        let inputs = random.matrix(subject.pattern.columns, samples)
        let (x, y) = (
          Activations(features: subject.pattern.columns, capacity: 8), Activations(features: rows, capacity: 8)
        )
        x.resize(samples: samples)
        y.resize(samples: samples)
        for row in 0..<inputs.rows { for sample in 0..<samples { x[row, sample] = inputs[row, sample] } }
        for (hasBias, rectifies) in [(false, false), (true, true)] {
          y.fill(7.5)
          let strips = Int64((rows + 15) / 16)
          numbers.matrix.lendActing { form, values in
            withUnsafePointer(to: form) { form in
              numbers.bias.read { bias in
                for (first, end) in [(0, strips / 2), (strips / 2, strips)] {
                  forward(
                    form, first, end, values, hasBias ? bias : nil, x.block(0), Int64(samples), rectifies ? 1 : 0,
                    y.block(0))
                }
              }
            }
          }
          var want = Reference.forward(
            subject.pattern, values: numbers.values, bias: hasBias ? numbers.bias : nil, inputs
          ).values.elements
          if rectifies { want = want.map { max($0, 0) } }
          #expect(distance(y.matrix.values, Vector(want)) < 2e-5, "\(subject), \(samples) samples")
          y.withBlock(0) { block in
            for row in 0..<rows { #expect((samples..<16).allSatisfy { block[row * 16 + $0] == 0 }) }
          }
        }
      }
    }
  }

  @Test(
    "a layer prepared for acting takes its order for up to eight samples, and another one for more",
    arguments: [2, 8, 9])
  func fewThroughTheLayer(samples: Int) {
    for subject in Case.all where subject.panel != nil {
      var numbers = Numbers(subject.pattern)
      var random = Random(seed: 5)
      let inputs = random.matrix(subject.pattern.columns, samples)
      let (x, y) = (Activations(inputs), Activations(features: subject.pattern.rows, capacity: samples))
      numbers.matrix.prepareForActing()
      let want = Reference.forward(subject.pattern, values: numbers.values, bias: numbers.bias, inputs)
      for threads in [1, 2] {
        y.fill(7.5)
        numbers.matrix.forward(x, bias: numbers.bias, into: y, workers: Workers(threads: threads))
        #expect(distance(y.matrix, want) < 2e-5, "\(subject), \(threads) threads")
      }
    }
  }

  @Test("a pass of one sample takes the order while it is fresh, the same bytes for any number of threads")
  func passes() {
    for subject in Case.all where subject.panel != nil {
      var bytes: [[UInt32]] = []
      for threads in 1...3 {
        let workers = Workers(threads: threads)
        var numbers = Numbers(subject.pattern)
        let x = Activations(numbers.x)
        let (plain, acting) = (
          Activations(features: subject.pattern.rows, capacity: 1),
          Activations(features: subject.pattern.rows, capacity: 1)
        )
        numbers.matrix.forward(x, bias: numbers.bias, into: plain, workers: workers)
        numbers.matrix.prepareForActing()
        numbers.matrix.forward(x, bias: numbers.bias, into: acting, workers: workers)
        let want = Reference.forward(subject.pattern, values: numbers.values, bias: numbers.bias, numbers.x)
        #expect(distance(acting.matrix, want) < 2e-5, "\(subject)")
        bytes.append(bits(acting))

        // A changed weight makes the copy stale: the pass sees the new weights, before and after preparing anew.
        let doubled = Vector(numbers.values.elements.map { 2 * $0 })
        for change in 0..<3 {
          numbers.matrix.prepareForActing()
          switch change {
          case 0: numbers.matrix.values = doubled
          case 1: numbers.matrix.storedValues = numbers.matrix.inStoredOrder(numbers.values)
          default: numbers.matrix.replace(pattern: subject.pattern, values: doubled)
          }
          #expect(numbers.matrix.lendActing { _, _ in true } == nil, "\(subject)")
          let changed = Reference.forward(
            subject.pattern, values: change == 1 ? numbers.values : doubled, bias: numbers.bias, numbers.x)
          numbers.matrix.forward(x, bias: numbers.bias, into: acting, workers: workers)
          #expect(distance(acting.matrix, changed) < 4e-5, "\(subject)")
          numbers.matrix.prepareForActing()
          numbers.matrix.forward(x, bias: numbers.bias, into: acting, workers: workers)
          #expect(distance(acting.matrix, changed) < 4e-5, "\(subject)")
        }
      }
      #expect(bytes[0] == bytes[1] && bytes[0] == bytes[2], "\(subject)")
    }
  }

  @Test("a step in the backward pass makes the order stale, and preparing again keeps its memory")
  func stepping() {
    let subject = Case.all[0]
    let workers = Workers(threads: 1)
    var numbers = Numbers(subject.pattern)
    numbers.matrix.prepareForActing()
    let order = numbers.matrix.acting
    let place = numbers.matrix.lendActing { _, values in values }
    let (x, y) = (Activations(numbers.x), Activations(features: subject.pattern.rows, capacity: 1))
    var momentum: Vector?
    for _ in 0..<3 {
      numbers.matrix.forward(x, bias: nil, into: y, workers: workers)
      let want = Reference.forward(subject.pattern, values: numbers.matrix.values, bias: nil, numbers.x)
      #expect(distance(y.matrix, want) < 2e-5)
      numbers.matrix.backward(
        stepping: SGDStep(rate: 0.1, momentum: 0), momentum: &momentum, input: x, outputGradient: y,
        inputGradient: nil, workers: workers)
      #expect(numbers.matrix.lendActing { _, _ in true } == nil)
      numbers.matrix.prepareForActing()
      #expect(numbers.matrix.acting === order && numbers.matrix.lendActing { _, values in values } == place)
    }
  }
}
