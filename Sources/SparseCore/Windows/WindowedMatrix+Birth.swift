// SPDX-License-Identifier: Apache-2.0
// Espalier: drawing windowed connections and weights.

private struct BirthJob {
  let shape: WindowShape
  let offsets: UnsafeMutablePointer<UInt16>
  let values: UnsafeMutablePointer<Float>
  let bound: Float
  let key: SIMD2<UInt32>
}

extension WindowedMatrix {
  /// Draws connections, uniformly at random and without repetition inside each window, and weights.
  ///
  /// Weights are uniform in [-√3 d, √3 d) for deviation d, which costs one random word each. Every neuron has its own
  /// place in the counter-based stream: any number of threads draws the same connections, and memory is written once,
  /// from front to back.
  ///
  /// - Parameters:
  ///   - shape: sizes, fan-in and window.
  ///   - deviation: the standard deviation of the weights.
  ///   - random: the stream; only its key counts.
  ///   - workers: who draws.
  /// - Complexity: O(*count* x *fanIn*) time; the memory of the matrix and nothing besides.
  public init(_ shape: WindowShape, deviation: Float, random: Random, workers: Workers) {
    let offsets = WindowOffsets(count: shape.count)
    var values = Vector(count: shape.count)
    values.write { values in
      let job = BirthJob(
        shape: shape, offsets: offsets.base, values: values, bound: deviation * Float(3).squareRoot(),
        key: SIMD2(UInt32(truncatingIfNeeded: random.key), UInt32(random.key >> 32)))
      let rowsPerTask = 16_384
      workers.run((shape.rows + rowsPerTask - 1) / rowsPerTask, job) { job, task in
        for row in (task * 16_384)..<min(job.shape.rows, (task + 1) * 16_384) { job.draw(row) }
      }
    }
    self.init(shape: shape, offsets: offsets, values: values)
  }
}

extension BirthJob {
  /// One neuron: words 0 to 15 of its stream are for offsets, words 16 to 31 for weights.
  func draw(_ row: Int) {
    let first = row * shape.fanIn
    var words = SIMD4<UInt32>()
    for slot in 0..<shape.fanIn {
      // With one or two inputs a block of four words serves both.
      let small = shape.fanIn <= 2
      if slot % 4 == 0 { words = block(row, slot / 4) }
      insert(Int((UInt64(words[slot % 4]) &* UInt64(shape.window - slot)) >> 32), at: first, count: slot)
      if small { values[first + slot] = weight(words[2 + slot]) }
    }
    guard shape.fanIn > 2 else { return }
    for slot in 0..<shape.fanIn {
      if slot % 4 == 0 { words = block(row, 4 + slot / 4) }
      values[first + slot] = weight(words[slot % 4])
    }
  }

  /// Takes the `draw`-th of the offsets that are still free, and keeps the neuron's offsets in order.
  @inline(__always)
  private func insert(_ draw: Int, at first: Int, count: Int) {
    var offset = draw
    var place = 0
    while place < count, Int(offsets[first + place]) <= offset {
      offset += 1
      place += 1
    }
    var last = count
    while last > place {
      offsets[first + last] = offsets[first + last - 1]
      last -= 1
    }
    offsets[first + place] = UInt16(offset)
  }

  /// Uniform in [-bound, bound): the factor in [-1, 1) is exact, so the one rounding is the same everywhere.
  @inline(__always)
  private func weight(_ word: UInt32) -> Float {
    (Float(word >> 8) * 0x1p-23 - 1) * bound
  }

  @inline(__always)
  private func block(_ row: Int, _ index: Int) -> SIMD4<UInt32> {
    Random.philox(
      counter: SIMD4(
        UInt32(truncatingIfNeeded: row), UInt32(truncatingIfNeeded: row >> 32), UInt32(index), 0x7769_6e64),  // "wind"
      key: key)
  }
}
