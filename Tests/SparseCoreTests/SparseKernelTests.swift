// SPDX-License-Identifier: Apache-2.0
// Espalier: the sparse kernels against the slow truth.

import CKernels
import SparseCore
import Testing

/// The layouts that a layer can have: tiles of several sides, sorted or not, groups, and lists.
private enum Form: String, CaseIterable, Sendable {
  case oneTile, smallTiles, sortedTiles, wideTiles, groups, lists

  func order(_ pattern: SparsityPattern) -> StorageOrder {
    let workers = Workers(threads: 1)
    func tiles(_ rows: Int, _ columns: Int, sorts: Bool) -> StorageOrder {
      .tiled(
        TiledOrder(pattern, shape: TileShape(rows: rows, columns: columns, sorts: sorts), workers: workers))
    }
    switch self {
    case .oneTile: return tiles(max(1, pattern.rows), max(1, pattern.columns), sorts: false)
    case .smallTiles: return tiles(5, 7, sorts: false)
    case .sortedTiles: return tiles(9, 8, sorts: true)
    case .wideTiles: return tiles(4, 60_000, sorts: true)
    case .groups:
      return .grouped(GroupedOrder(pattern, shape: GroupedShape(rows: 9, columns: 8), workers: workers))
    case .lists: return .listed(ListedOrder(pattern))
    }
  }
}

/// One layer, one batch, and what the slow truth says of it.
private struct Layer {
  let pattern: SparsityPattern
  let values: Vector
  let bias: Vector
  let x: Matrix
  let dy: Matrix

  init(rows: Int = 23, columns: Int = 30, density: Float = 0.3, batch: Int, seed: UInt64 = 1) {
    var random = Random(seed: seed)
    pattern = random.pattern(rows: rows, columns: columns, density: density)
    values = random.vector(pattern.count)
    bias = random.vector(rows)
    x = random.matrix(columns, batch)
    dy = random.matrix(rows, batch)
  }

  func matrix(_ form: Form) -> SparseMatrix {
    SparseMatrix(pattern: pattern, order: form.order(pattern), values: values, workers: Workers(threads: 1))
  }

  func forward(bias hasBias: Bool) -> Matrix {
    Reference.forward(pattern, values: values, bias: hasBias ? bias : nil, x)
  }

  var weightGradient: Vector { Reference.weightGradient(pattern, input: x, outputGradient: dy) }
  var inputGradient: Matrix { Reference.inputGradient(pattern, values: values, outputGradient: dy) }
}

/// The kernels of one table over all blocks of a layer in one form.
private struct Runner {
  let kernels: espalier_kernels
  let layer: Layer
  let matrix: SparseMatrix

  init(kernels: espalier_kernels, layer: Layer, form: Form) {
    self.kernels = kernels
    self.layer = layer
    matrix = layer.matrix(form)
  }

  /// Calls `body` with the bounds of two halves of the rows (or columns), or of the rows of tiles.
  private func halves(_ count: Int, _ body: (Int64, Int64) -> Void) {
    body(0, Int64(count / 2))
    body(Int64(count / 2), Int64(count))
  }

  func forward(bias: Bool, rectifies: Bool = false, copy: Bool = true, ahead: Int64 = 0) -> Activations {
    let x = Activations(layer.x, padding: 7)
    let y = Activations(features: layer.pattern.rows, capacity: x.samples)
    matrix.lendToKernels { form, stored, copied in
      layer.bias.read { biases in
        for block in 0..<x.blocks {
          switch form {
          case .tiled(var tiles):
            halves(Int(tiles.tiles_down)) { first, end in
              kernels.tiled_forward(
                &tiles, first, end, copy ? copied ?? stored : stored, copy ? 0 : 1, bias ? biases : nil,
                x.block(block), Int64(x.lanes), 0, rectifies ? 1 : 0, y.block(block))
            }
          case .grouped(var groups):
            halves(Int(groups.tiles_down)) { first, end in
              kernels.grouped_forward(
                &groups, first, end, stored, bias ? biases : nil, x.block(block), Int64(x.lanes), 1, 0,
                rectifies ? 1 : 0, y.block(block))
            }
          case .listed(var lists):
            halves(layer.pattern.rows) { first, end in
              kernels.listed_forward(
                &lists, first, end, stored, bias ? biases : nil, x.block(block), Int64(x.lanes), 0, ahead,
                rectifies ? 1 : 0, y.block(block))
            }
          }
        }
      }
    }
    return y
  }

  /// The gradient in the pattern's order, and that of the input.
  func backward(
    start: Vector?, wantsInput: Bool, masks: Bool = false, ahead: Int64 = 0
  ) -> (Vector, Activations) {
    let x = Activations(layer.x, padding: 7)
    let dy = Activations(layer.dy)
    let dx = Activations(features: layer.pattern.columns, capacity: x.samples)
    dx.fill(9)
    var gradient = start ?? Vector(repeating: 9, count: layer.pattern.count)
    var values = matrix.storedValues
    gradient.write { gradient in
      values.write { values in
        matrix.lendToKernels { form, _, _ in
          for block in 0..<x.blocks {
            let adds: Int32 = start != nil || block > 0 ? 1 : 0
            let to = wantsInput ? dx.block(block) : nil
            switch form {
            case .tiled(var tiles):
              halves(Int(tiles.tiles_across)) { first, end in
                kernels.tiled_backward(
                  &tiles, first, end, values, x.block(block), dy.block(block), Int64(x.lanes), 0, masks ? 1 : 0, to,
                  gradient, adds, nil)
              }
            case .grouped(var groups):
              halves(Int(groups.tiles_across)) { first, end in
                kernels.grouped_backward(
                  &groups, first, end, values, x.block(block), dy.block(block), Int64(x.lanes), 1, 0, masks ? 1 : 0, to,
                  gradient, adds, nil)
              }
            case .listed(var lists):
              halves(layer.pattern.columns) { first, end in
                kernels.listed_backward(
                  &lists, first, end, values, x.block(block), dy.block(block), Int64(x.lanes), 0, ahead, masks ? 1 : 0,
                  to, gradient, adds, nil)
              }
            }
          }
        }
      }
    }
    return (matrix.inPatternOrder(gradient), dx)
  }

  /// One block's backward pass with a step on each connection: values and momentum in the pattern's order.
  func step(_ step: SGDStep, momentum: Vector) -> (values: Vector, momentum: Vector, dx: Activations) {
    let x = Activations(layer.x, padding: 7)
    let dy = Activations(layer.dy)
    let dx = Activations(features: layer.pattern.columns, capacity: x.samples)
    var values = matrix.storedValues
    var velocity = matrix.inStoredOrder(momentum)
    values.write { values in
      velocity.write { velocity in
        var fused = espalier_fused_step(
          gradient_scale: step.gradientScale, rate: step.rate, momentum: step.momentum, decay: step.decay,
          nesterov: step.nesterov ? 1 : 0, momentum_values: step.momentum == 0 ? nil : velocity)
        matrix.lendToKernels { form, _, _ in
          switch form {
          case .tiled(var tiles):
            halves(Int(tiles.tiles_across)) { first, end in
              kernels.tiled_backward(
                &tiles, first, end, values, x.block(0), dy.block(0), Int64(x.lanes), 0, 0, dx.block(0), nil, 0, &fused)
            }
          case .grouped(var groups):
            halves(Int(groups.tiles_across)) { first, end in
              kernels.grouped_backward(
                &groups, first, end, values, x.block(0), dy.block(0), Int64(x.lanes), 1, 0, 0, dx.block(0), nil, 0,
                &fused)
            }
          case .listed(var lists):
            halves(layer.pattern.columns) { first, end in
              kernels.listed_backward(
                &lists, first, end, values, x.block(0), dy.block(0), Int64(x.lanes), 0, 0, 0, dx.block(0), nil, 0,
                &fused)
            }
          }
        }
      }
    }
    return (matrix.inPatternOrder(values), matrix.inPatternOrder(velocity), dx)
  }

  func weightGradient(start: Vector?) -> Vector {
    let x = Activations(layer.x, padding: 7)
    let dy = Activations(layer.dy)
    var gradient = start ?? Vector(repeating: 9, count: layer.pattern.count)
    let starts = layer.pattern.rowStarts.map { Int64($0) }
    gradient.write { gradient in
      for block in 0..<x.blocks {
        halves(layer.pattern.rows) { first, end in
          kernels.sparse_weight_gradient(
            first, end, starts, layer.pattern.columnIndices, x.block(block), dy.block(block), Int64(x.lanes),
            gradient, start != nil || block > 0 ? 1 : 0)
        }
      }
    }
    return gradient
  }
}

@Suite struct SparseKernelTests {
  @Test("forward is W x + b over the connections", arguments: tableNames)
  func forward(name: String) throws {
    for (form, batch) in Form.allCases.flatMap({ form in batches.map { (form, $0) } }) {
      let layer = Layer(batch: batch)
      let runner = Runner(kernels: try table(name), layer: layer, form: form)
      for hasBias in [true, false] {
        let want = layer.forward(bias: hasBias)
        let got = runner.forward(bias: hasBias)
        #expect(distance(got.matrix, want) < 1e-5, "\(form), batch \(batch)")
        #expect(bits(got) == bits(runner.forward(bias: hasBias, copy: false)), "through the map, \(form), \(batch)")
        #expect(bits(got) == bits(runner.forward(bias: hasBias, ahead: 5)), "fetched ahead, \(form), \(batch)")
        let rectified = runner.forward(bias: hasBias, rectifies: true)
        #expect(rectified.floats == got.floats.map { max(0, $0) }, "rectified, \(form), batch \(batch)")
      }
    }
  }

  @Test("backward is both gradients over the connections", arguments: tableNames)
  func backward(name: String) throws {
    for (form, batch) in Form.allCases.flatMap({ form in batches.map { (form, $0) } }) {
      let layer = Layer(batch: batch)
      let runner = Runner(kernels: try table(name), layer: layer, form: form)
      let (weights, input) = runner.backward(start: nil, wantsInput: true)
      #expect(distance(weights, layer.weightGradient) < 2e-5, "\(form), batch \(batch)")
      #expect(distance(input.matrix, layer.inputGradient) < 1e-5, "\(form), batch \(batch)")
      let (fetched, fetchedInput) = runner.backward(start: nil, wantsInput: true, ahead: 3)
      #expect(bits(weights) == bits(fetched) && bits(input) == bits(fetchedInput), "\(form), batch \(batch)")
      let (alone, untouched) = runner.backward(start: nil, wantsInput: false)
      #expect(bits(weights) == bits(alone), "without input gradient, \(form), batch \(batch)")
      #expect(untouched.floats.allSatisfy { $0 == 9 })
      #expect(bits(weights) == bits(runner.weightGradient(start: nil)), "row by row, \(form), batch \(batch)")
      let (_, masked) = runner.backward(start: nil, wantsInput: true, masks: true)
      let x = Activations(layer.x, padding: 7)
      #expect(masked.floats == zip(input.floats, x.floats).map { $1 > 0 ? $0 : 0 }, "\(form), batch \(batch)")
    }
  }

  @Test("accumulating adds to what is there", arguments: tableNames)
  func accumulate(name: String) throws {
    for (form, batch) in Form.allCases.flatMap({ form in [1, 3, 32, 64, 130].map { (form, $0) } }) {
      let layer = Layer(batch: batch)
      let runner = Runner(kernels: try table(name), layer: layer, form: form)
      var want = layer.weightGradient
      for index in 0..<want.count { want[index] += 0.5 }
      let start = Vector(repeating: 0.5, count: layer.pattern.count)
      #expect(distance(runner.backward(start: start, wantsInput: true).0, want) < 2e-5)
      #expect(distance(runner.weightGradient(start: start), want) < 2e-5)
    }
  }

  @Test("a step in the backward pass is backward and then the step, to the last bit", arguments: tableNames)
  func fused(name: String) throws {
    let kernels = try table(name)
    let steps = [
      SGDStep(rate: 0.1), SGDStep(rate: 0.1, momentum: 0.9, decay: 0.01, gradientScale: 0.5),
      SGDStep(rate: 0.05, momentum: 0.8, nesterov: true, decay: 0.1),
    ]
    for (form, batch) in Form.allCases.flatMap({ form in [1, 9, 20, 32].map { (form, $0) } }) {
      let layer = Layer(batch: batch)
      let runner = Runner(kernels: kernels, layer: layer, form: form)
      var random = Random(seed: 8)
      let momentum = random.vector(layer.pattern.count)
      let (gradient, input) = runner.backward(start: nil, wantsInput: true)
      for step in steps {
        var values = layer.values
        var velocity = momentum
        values.write { values in
          velocity.write { velocity in
            gradient.read { gradient in
              kernels.sgd(
                Int64(layer.values.count), values, velocity, gradient, step.gradientScale, step.rate, step.momentum,
                step.nesterov ? 1 : 0, step.decay)
            }
          }
        }
        let stepped = runner.step(step, momentum: momentum)
        #expect(bits(stepped.values) == bits(values), "\(form), batch \(batch), \(step)")
        #expect(bits(stepped.momentum) == bits(velocity), "\(form), batch \(batch), \(step)")
        #expect(bits(stepped.dx) == bits(input), "\(form), batch \(batch), \(step)")
      }
    }
  }

  @Test("layers without rows, columns or connections are no trouble", arguments: tableNames)
  func empty(name: String) throws {
    for (form, size) in Form.allCases.flatMap({ form in [(0, 3), (3, 0), (4, 4)].map { (form, $0) } }) {
      for batch in [1, 5] {
        let layer = Layer(rows: size.0, columns: size.1, density: 0, batch: batch)
        let runner = Runner(kernels: try table(name), layer: layer, form: form)
        if size.1 > 0 {
          let y = runner.forward(bias: true)
          for row in 0..<size.0 { #expect(y[row, batch - 1] == layer.bias[row], "\(form)") }
        }
        let (gradient, dx) = runner.backward(start: nil, wantsInput: true)
        #expect(gradient.count == 0)
        if size.0 > 0 { #expect(dx.floats.allSatisfy { $0 == 0 }, "\(form)") }
      }
    }
  }
}

@Suite struct SparseMatrixKernelTests {
  @Test("the wrappers agree with the slow truth and with themselves for any number of threads")
  func threads() {
    let teams = [Workers(threads: 1), Workers(threads: 2), Workers(threads: 3)]
    for batch in [1, 5, 64, 200] {
      let layer = Layer(rows: 150, columns: 210, density: 0.7, batch: batch)
      let outputs = layer.forward(bias: true)
      let slopes = layer.inputGradient
      var added = layer.weightGradient
      for index in 0..<added.count { added[index] += 1 }
      let room = batch == 1 ? 1 : 256
      let x = Activations(layer.x, padding: 3, room: room)
      let dy = Activations(layer.dy, room: room)
      for form in [Form.smallTiles, .sortedTiles, .lists] {
        let matrix = layer.matrix(form)
        var bytes: [[UInt32]] = []
        for workers in teams {
          let y = Activations(features: 150, capacity: room)
          let dx = Activations(features: 210, capacity: room)
          var gradient = Vector(repeating: 1, count: matrix.count)
          matrix.forward(x, bias: layer.bias, into: y, workers: workers)
          matrix.backward(
            input: x, outputGradient: dy, inputGradient: dx, gradient: &gradient, accumulate: true, workers: workers)
          #expect(y.samples == batch && dx.samples == batch)
          bytes.append(bits(y) + bits(dx) + bits(gradient))
          guard workers.threads == 1 else { continue }
          #expect(distance(matrix.inPatternOrder(gradient), added) < 4e-5)
          #expect(distance(dx.matrix, slopes) < 2e-5)
          #expect(distance(y.matrix, outputs) < 2e-5)
        }
        #expect(bytes[0] == bytes[1] && bytes[0] == bytes[2], "\(form), batch \(batch)")
      }
    }
  }

  @Test("narrow rows give what rounded activations give, to the last bit, for any number of threads")
  func narrow() {
    func rounded(_ x: Activations) -> Activations {
      let result = Activations(features: x.features, capacity: x.capacity)
      result.resize(samples: x.samples)
      for index in 0..<x.blocks * x.blockStride {
        let bits = x.block(0)[index].bitPattern
        result.block(0)[index] = Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
      }
      return result
    }
    for (form, batch) in [Form.oneTile, .sortedTiles, .lists].flatMap({ form in [20, 33, 200].map { (form, $0) } }) {
      let layer = Layer(rows: 150, columns: 210, density: 0.7, batch: batch)
      let matrix = layer.matrix(form)
      let (x, dy) = (Activations(layer.x), Activations(layer.dy))
      guard NarrowRows.fits(x) else { continue }
      let (roundX, roundDy) = (rounded(x), rounded(dy))
      let one = Workers(threads: 1)
      let (y, wantY) = (Activations(features: 150, capacity: batch), Activations(features: 150, capacity: batch))
      let (dx, wantDx) = (Activations(features: 210, capacity: batch), Activations(features: 210, capacity: batch))
      var (gradient, wantGradient) = (Vector(count: matrix.count), Vector(count: matrix.count))
      var partial = Vector(count: 0)
      matrix.forward(roundX, bias: layer.bias, into: wantY, workers: one)
      matrix.backward(
        input: x, outputGradient: roundDy, inputGradient: wantDx, gradient: &wantGradient, accumulate: false,
        workers: one)
      for threads in 1...3 {
        let workers = Workers(threads: threads)
        let (narrowX, narrowDy) = (NarrowRows(like: x), NarrowRows(like: dy))
        narrowX.take(x, workers: workers)
        narrowDy.take(dy, workers: workers)
        matrix.forward(x, narrow: narrowX, bias: layer.bias, into: y, workers: workers)
        matrix.backward(
          input: x, outputGradient: dy, narrow: narrowDy, inputGradient: dx, gradient: &gradient, partial: &partial,
          accumulate: false, workers: workers)
        #expect(bits(y) == bits(wantY), "\(form), batch \(batch)")
        #expect(bits(dx) == bits(wantDx) && bits(gradient) == bits(wantGradient), "\(form), batch \(batch)")
      }
      #expect(distance(y.matrix, layer.forward(bias: true)) < 0.05)
      #expect(bits(roundX) != bits(x))
    }
  }

  @Test("a matrix steps backward to the same bytes with any number of threads, and forward follows")
  func stepping() {
    for (form, batch) in [Form.smallTiles, .lists].flatMap({ form in [1, 30].map { (form, $0) } }) {
      let layer = Layer(rows: 150, columns: 210, density: 0.7, batch: batch)
      let (x, dy) = (Activations(layer.x), Activations(layer.dy))
      let step = SGDStep(rate: 0.1, momentum: 0.9)
      var bytes: [[UInt32]] = []
      for threads in 1...3 {
        let workers = Workers(threads: threads)
        var matrix = layer.matrix(form)
        var momentum: Vector? = Vector(count: matrix.count)
        let dx = Activations(features: 210, capacity: batch)
        matrix.backward(
          stepping: step, momentum: &momentum, input: x, outputGradient: dy, inputGradient: dx, workers: workers)
        let y = Activations(features: 150, capacity: batch)
        matrix.forward(x, bias: nil, into: y, workers: workers)
        let want = Reference.forward(layer.pattern, values: matrix.values, bias: nil, layer.x)
        #expect(distance(y.matrix, want) < 2e-5)
        let stale = bits(y)
        matrix.refreshForwardCopy(workers: workers)
        matrix.forward(x, bias: nil, into: y, workers: workers)
        #expect(bits(y) == stale)
        bytes.append(bits(matrix.values) + bits(dx) + stale)
      }
      #expect(bytes[0] == bytes[1] && bytes[0] == bytes[2], "\(form), batch \(batch)")
    }
  }

  @Test("a candidate's gradient is the one it would have as a connection, to the last bit")
  func candidates() {
    let workers = Workers(threads: 2)
    let layer = Layer(batch: 70)
    let matrix = SparseMatrix(pattern: layer.pattern, values: layer.values)
    var random = Random(seed: 5)
    let candidates = random.pattern(rows: 23, columns: 30, density: 0.5)
    let x = Activations(layer.x, padding: 2)
    let dy = Activations(layer.dy)
    var scores = Vector(count: candidates.count)
    candidates.writeGradients(
      input: x, outputGradient: dy, into: &scores, accumulate: false, workers: workers)
    #expect(
      distance(scores, Reference.weightGradient(candidates, input: layer.x, outputGradient: layer.dy)) < 2e-5)
    var gradient = Vector(count: matrix.count)
    matrix.backward(
      input: x, outputGradient: dy, inputGradient: nil, gradient: &gradient, accumulate: false, workers: workers)
    gradient = matrix.inPatternOrder(gradient)
    var row = [Float](repeating: 0, count: 30)
    var shared = 0
    for output in 0..<23 {
      row.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        Kernels.gradientRow(row: output, columns: 0..<30, input: x, outputGradient: dy, into: base)
      }
      for position in candidates.positions(ofRow: output) {
        let column = Int(candidates.columnIndices[position])
        #expect(scores[position].bitPattern == row[column].bitPattern)
        guard let at = layer.pattern.position(row: output, column: column) else { continue }
        shared += 1
        #expect(scores[position].bitPattern == gradient[at].bitPattern)
      }
    }
    #expect(shared > 10)
  }
}
