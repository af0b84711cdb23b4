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
    self.init(
      shape, deviation: deviation, random: random, workers: workers,
      storage: (
        offsets: AlignedStorage(count: (shape.count + 1) / 2), values: AlignedStorage(count: shape.count)
      ))
  }

  #if !hasFeature(Embedded)
    /// The same in a file, as long as it has room; each pass then reads the layer from it, and writes back what it
    /// changes, a part at a time.
    ///
    /// - Complexity: as in memory, of which about 100 MB are used at a time.
    public init(_ shape: WindowShape, deviation: Float, random: Random, workers: Workers, in file: StorageFile?) {
      self.init(
        shape, deviation: deviation, random: random, workers: workers,
        storage: (
          offsets: AlignedStorage(count: (shape.count + 1) / 2, in: file),
          values: AlignedStorage(count: shape.count, in: file)
        ))
    }

    /// The room that a layer of so many connections takes in a file.
    public static func fileBytes(connections: Int) -> Int {
      StorageFile.room(for: connections, stride: 2) + StorageFile.room(for: connections, stride: 4)
    }
  #endif

  private init(
    _ shape: WindowShape, deviation: Float, random: Random, workers: Workers,
    storage: (offsets: AlignedStorage, values: AlignedStorage)
  ) {
    let offsets = WindowOffsets(count: shape.count, storage: storage.offsets)
    let ranges = WindowRanges(shape, scatters: false)
    let job = BirthJob(
      shape: shape, offsets: offsets.base, values: storage.values.base, bound: deviation * Float(3).squareRoot(),
      key: SIMD2(UInt32(truncatingIfNeeded: random.key), UInt32(random.key >> 32)))
    let stream = WindowStream(ranges, offsets: storage.offsets, values: storage.values)
    stream.forEachGroup(changing: .everything) { group in
      let first = ranges.rows(group.lowerBound).lowerBound
      let end = ranges.rows(group.upperBound - 1).upperBound
      workers.run((end - first + 16_383) / 16_384, (job, first, end)) { part, task in
        let (job, first, end) = part
        for row in (first + task * 16_384)..<min(end, first + (task + 1) * 16_384) { job.draw(row) }
      }
    }
    self.init(shape: shape, offsets: offsets, values: Vector(storage: storage.values))
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
