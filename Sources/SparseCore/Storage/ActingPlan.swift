// SPDX-License-Identifier: Apache-2.0
// Espalier: a whole chain of layers laid out for one sample at a time.

internal import CKernels

/// Linear layers and activation functions one after another, laid out for a pass of one sample with nothing around the kernels:
/// no reference is counted and no memory taken while it runs.
///
/// The outputs of a sparse layer are put in the order of their numbers of connections, so that strips of 16 of them side by side have
/// little to fill up; the layer behind it names its inputs accordingly. Strips, and that inputs which are not finite may reach
/// outputs they are not connected to: see ``ActingOrder``. Results differ by rounding from those of the layers themselves.
///
/// One thread runs a plan at a time, which makes `@unchecked Sendable` sound.
///
/// - Complexity: 6 bytes a slot; at most 15 more slots a row than connections, usually few.
package final class ActingPlan: @unchecked Sendable {
  /// Features in and out.
  package let inputs: Int
  package private(set) var outputs: Int

  private enum Work {
    case strips(espalier_acting, values: UnsafeMutablePointer<Float>)
    case dense(rows: Int, columns: Int, values: UnsafeMutablePointer<Float>)
    case function(code: Int32, slope: Float)
  }

  private struct Step {
    let work: Work
    let bias: UnsafeMutablePointer<Float>?
    var rectifies = false
    /// Features that it writes.
    let count: Int
  }

  private var steps: ContiguousArray<Step> = []
  /// What the steps' pointers point into.
  private var kept: [AnyObject] = []
  /// The place of each feature of the last layer in its buffer; empty: its own.
  private var places: [Int] = []
  /// Layers without panels have no words; the kernel does not read them.
  private let noWords = IndexBuffer<UInt32>(count: 1)
  private var first = AlignedStorage(count: 16)
  private var second = AlignedStorage(count: 16)

  /// Begins with so many features.
  package init(inputs: Int) {
    self.inputs = inputs
    outputs = inputs
    widen(inputs)
  }

  /// Adds a sparse layer; false, and nothing is added, when it has too many inputs for 16-bit indices.
  package func add(_ weight: SparseMatrix, bias: Vector?) -> Bool {
    precondition(weight.columns == outputs, "a layer of \(weight.columns) inputs behind \(outputs) outputs")
    guard weight.columns <= 1 << 16, weight.rows > 0 else { return false }
    let pattern = weight.pattern
    let degrees = pattern.inDegrees
    let order = (0..<pattern.rows).sorted { left, right in
      degrees[left] == degrees[right] ? left < right : degrees[left] > degrees[right]
    }
    let side = ActingOrder.stripRows
    let strips = (pattern.rows + side - 1) / side
    let starts = IndexBuffer<Int64>(count: strips + 1)
    for strip in 0..<strips {
      let row = order[strip * side]
      starts.base[strip + 1] = starts.base[strip] + Int64(degrees[row])
    }
    let slots = Int(starts.base[strips]) * side
    let inputs = IndexBuffer<UInt16>(count: slots)
    let values = AlignedStorage(count: max(1, slots))
    let weights = weight.values
    for (place, row) in order.enumerated() {
      for (rank, position) in pattern.positions(ofRow: row).enumerated() {
        let slot = (Int(starts.base[place / side]) + rank) * side + place % side
        inputs.base[slot] = UInt16(self.place(of: Int(pattern.columnIndices[position])))
        values.base[slot] = weights[position]
      }
    }
    let form = espalier_acting(
      rows: Int64(pattern.rows), columns: Int64(pattern.columns), panel: 0, slots: 0, words: noWords.base,
      starts: starts.base, inputs: inputs.base)
    kept += [starts, inputs, values]
    let biases = bias.map { bias in permuted(bias, order) }
    steps.append(Step(work: .strips(form, values: values.base), bias: biases, count: pattern.rows))
    places = [Int](repeating: 0, count: pattern.rows)
    for (place, row) in order.enumerated() { places[row] = place }
    outputs = pattern.rows
    widen(outputs)
    return true
  }

  /// Adds a dense layer, weights `[outputs, inputs]`.
  package func add(_ weight: Matrix, bias: Vector?) {
    precondition(weight.columns == outputs, "a layer of \(weight.columns) inputs behind \(outputs) outputs")
    let values = AlignedStorage(count: max(1, weight.values.count))
    for row in 0..<weight.rows {
      for column in 0..<weight.columns {
        values.base[row * weight.columns + place(of: column)] = weight[row, column]
      }
    }
    kept.append(values)
    let biases = bias.map { permuted($0, Array(0..<weight.rows)) }
    steps.append(
      Step(
        work: .dense(rows: weight.rows, columns: weight.columns, values: values.base), bias: biases, count: weight.rows)
    )
    places = []
    outputs = weight.rows
    widen(outputs)
  }

  /// Adds an activation function.
  package func add(_ kind: ActivationKind, slope: Float) {
    if kind == .relu, let last = steps.indices.last, case .strips = steps[last].work {
      steps[last].rectifies = true
    } else {
      steps.append(Step(work: .function(code: kind.code, slope: slope), bias: nil, count: outputs))
    }
  }

  /// Runs all layers: reads ``inputs`` numbers, writes ``outputs``.
  package func run(_ x: Span<Float>, into y: inout MutableSpan<Float>) {
    precondition(x.count == inputs && y.count == outputs, "\(x.count) inputs and \(y.count) outputs")
    let kernels = Kernels.table
    var (from, to) = (first.base, second.base)
    for index in 0..<inputs { from[index] = x[index] }
    steps.withUnsafeBufferPointer { steps in
      for step in steps {
        // Safety: the buffers are as wide as the widest layer and its padding; what the pointers point into is kept.
        switch step.work {
        case .strips(let form, let values):
          withUnsafePointer(to: form) { form in
            kernels.pointee.acting_forward(
              form, 0, (form.pointee.rows + 15) / 16, values, step.bias, from, step.rectifies ? 1 : 0, to)
          }
        case .dense(let rows, let columns, let values):
          kernels.pointee.dense_forward(0, Int64(rows), Int64(columns), values, step.bias, from, 1, to)
        case .function(let code, let slope):
          kernels.pointee.activate(code, slope, Int64(step.count), from, to)
        }
        swap(&from, &to)
      }
    }
    if places.isEmpty {
      for index in 0..<outputs { y[index] = from[index] }
    } else {
      for index in 0..<outputs { y[index] = from[places[index]] }
    }
  }

  private func place(of feature: Int) -> Int { places.isEmpty ? feature : places[feature] }

  private func permuted(_ bias: Vector, _ order: [Int]) -> UnsafeMutablePointer<Float> {
    let storage = AlignedStorage(count: max(1, order.count))
    for (place, row) in order.enumerated() { storage.base[place] = bias[row] }
    kept.append(storage)
    return storage.base
  }

  private func widen(_ count: Int) {
    guard count + 16 > first.count else { return }
    first = AlignedStorage(count: count + 16)
    second = AlignedStorage(count: count + 16)
  }
}
