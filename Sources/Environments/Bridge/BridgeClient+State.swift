// SPDX-License-Identifier: Apache-2.0
// Espalier: answers with observations and pictures.

extension BridgeClient {
  /// Receives STATE and writes it where its worlds have their places.
  ///
  /// - Parameters:
  ///   - masks: [count][choices], made when an answer has masks and there are none.
  ///   - count: worlds of all processes.
  /// - Throws: ``EnvironmentError``; `broken` for another size, flags that are neither 0 nor 1, and numbers that are not finite.
  /// - Complexity: O(*bytes*), without allocating.
  func receiveState(
    into results: inout VectorStep, masks: inout [Bool]?, of count: Int
  ) throws(EnvironmentError) {
    let header = try receive(.state)
    guard let layout = specification?.layout else { throw refuse("a SPEC before a STATE", got: "none") }
    let (start, size) = (FrameHeader.byteCount, layout.size)
    guard header.length >= layout.base else {
      throw refuse("a STATE of \(layout.base) bytes or more", got: "\(header.length)")
    }
    var finals = 0
    for world in 0..<layout.count {
      let (terminated, truncated) = (
        answer[start + layout.terminated + world], answer[start + layout.truncated + world]
      )
      guard terminated <= 1, truncated <= 1 else {
        throw refuse("flags that are 0 or 1", got: "\(terminated) and \(truncated) in world \(first + world)")
      }
      results.endings[first + world] = terminated == 1 ? .terminated : truncated == 1 ? .truncated : nil
      if terminated + truncated > 0 { finals += 1 }
    }
    if !resets { finals = 0 }
    guard header.length == layout.base + 4 * finals * size else {
      throw refuse(
        "a STATE of \(layout.base + 4 * finals * size) bytes for \(finals) ends of episodes", got: "\(header.length)")
    }
    copy(start + layout.rewards, to: &results.rewards, at: first, count: layout.count)
    copy(start + layout.observations, to: &results.observations, at: first * size, count: layout.count * size)
    if finals > 0 {
      var from = start + layout.base
      for world in 0..<layout.count where results.endings[first + world] != nil {
        copy(from, to: &results.finalObservations, at: (first + world) * size, count: size)
        try check(results.finalObservations, (first + world) * size, size, size: size)
        from += 4 * size
      }
    }
    for world in first..<first + layout.count where !results.rewards[world].isFinite {
      throw refuse("finite rewards", got: "\(results.rewards[world]) in world \(world)")
    }
    try check(results.observations, first * size, layout.count * size, size: size)
    if header.flags & 1 != 0 {
      if masks == nil { masks = [Bool](repeating: true, count: count * layout.choices) }
      for at in 0..<layout.count * layout.choices {
        masks?[first * layout.choices + at] = answer[start + layout.masks + at] != 0
      }
    }
  }

  /// Asks for what a world shows.
  func picture(of world: Int) throws(EnvironmentError) -> RenderedPicture {
    try begin(.render)
    append(UInt32(world))
    try send()
    let header = try receive(.picture)
    let bytes = payload(header)
    let sides: [Int] = (0..<3).map {
      guard bytes.count >= 12 else { return 0 }
      let side: UInt32 = FrameHeader.number(bytes, 4 * $0)
      return Int(side)
    }
    let (area, isLarge) = sides[0].multipliedReportingOverflow(by: sides[1])
    let (count, isLarger) = area.multipliedReportingOverflow(by: sides[2])
    guard bytes.count >= 12, !isLarge, !isLarger, count == bytes.count - 12 else {
      throw refuse("a picture of the size that it tells", got: "\(bytes.count) bytes for sides \(sides)")
    }
    return RenderedPicture(height: sides[0], width: sides[1], channels: sides[2], bytes: Array(bytes.dropFirst(12)))
  }

  /// Copies numbers out of the answer.
  private func copy<Number: BitwiseCopyable>(_ from: Int, to numbers: inout [Number], at: Int, count: Int) {
    let size = MemoryLayout<Number>.stride
    precondition(at + count <= numbers.count && from + count * size <= answer.count, "numbers outside an answer")
    // Safety: both ranges lie inside their arrays, as just checked, and any bytes are numbers; the machine is little-endian, as
    // all are that this package knows.
    answer.withUnsafeBytes { bytes in
      numbers.withUnsafeMutableBytes { target in
        UnsafeMutableRawBufferPointer(rebasing: target[at * size..<(at + count) * size])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[from..<from + count * size]))
      }
    }
  }

  private func check(_ numbers: [Float], _ from: Int, _ count: Int, size: Int) throws(EnvironmentError) {
    for index in from..<from + count where !numbers[index].isFinite {
      let (world, number) = index.quotientAndRemainder(dividingBy: size)
      throw refuse("finite observations", got: "\(numbers[index]) as number \(number) of world \(world)")
    }
  }
}
