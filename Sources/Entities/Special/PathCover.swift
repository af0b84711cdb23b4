// SPDX-License-Identifier: Apache-2.0
// Espalier: the cheapest way to cover points of time by paths.

/// Minimum-cost covers of points 0 ..< *n* by paths that go forward, without the path through all points in order.
///
/// A cover is a matching: every point has at most one predecessor and is predecessor of at most one. What a point saves by having
/// a predecessor instead of starting a path is its link's weight (negative when it saves); the weights of links i → j, i < j,
/// stand at j (j − 1) / 2 + i.
struct PathCover {
  /// How many points there are.
  let count: Int
  /// The weights of the links.
  let weights: [Double]

  /// The weight of a link.
  @inline(__always)
  private func weight(_ from: Int, _ to: Int) -> Double { weights[to * (to - 1) / 2 + from] }

  /// The best cover but the one path through all: its excess over that path, and each point's predecessor, −1 where a path starts.
  ///
  /// Any other cover differs from the path by alternating sequences: a point leaves its predecessor and takes an earlier one, whose
  /// successor is thereby displaced and takes a still earlier one, and so on until one starts a path. Since this only goes down there are no
  /// cycles, and the best sequence from each point follows from those of the points before. When none saves anything the best one is
  /// the answer, since sequences only add up; otherwise the matching is solved.
  ///
  /// - Complexity: O(*n*²) when the one path is the cheapest cover, otherwise O(*n*³) at worst.
  func bestOther() -> (excess: Double, predecessors: [Int]) {
    var down = [Double](repeating: 0, count: count)
    var downLink = [Int](repeating: -1, count: count)
    let linked = (0..<count).map { $0 == 0 ? 0 : weight($0 - 1, $0) }
    for point in stride(from: 2, to: count, by: 1) {
      for from in 0..<point - 1 {
        let change = weight(from, point) - linked[from + 1] + down[from + 1]
        if change < down[point] { (down[point], downLink[point]) = (change, from) }
      }
    }
    var (excess, cut) = (Double.infinity, 1)
    for point in 1..<count {
      let change = down[point] - linked[point]
      if change < excess { (excess, cut) = (change, point) }
    }
    if excess < 0 {
      let predecessors = cheapest()
      var sum = 0.0
      for point in 1..<count {
        sum += (predecessors[point] < 0 ? 0 : weight(predecessors[point], point)) - linked[point]
      }
      // Where weights are 0 but for rounding, the matching may hold the one path for the cheapest.
      if sum <= excess { return (sum, predecessors) }
    }
    var predecessors = (0..<count).map { $0 - 1 }
    var point = cut
    while downLink[point] >= 0 {
      predecessors[point] = downLink[point]
      point = downLink[point] + 1
    }
    predecessors[point] = -1
    return (excess, predecessors)
  }

  /// The cheapest cover: each point's predecessor, −1 where a path starts.
  ///
  /// One point after another is given its best predecessor along a shortest augmenting path, with potentials that keep all
  /// reduced weights at 0 or more. A point may always start a path, so that a search ends early.
  ///
  /// - Complexity: O(*n*³) at worst.
  ///
  /// Source: R. Jonker, A. Volgenant, *A shortest augmenting path algorithm for dense and sparse linear assignment problems*,
  /// Computing 38, 1987.
  func cheapest() -> [Int] {
    var predecessors = [Int](repeating: -1, count: count)
    var successors = [Int](repeating: -1, count: count)
    var price = [Double](repeating: 0, count: count)
    var value = [Double](repeating: 0, count: count)
    var distance = [Double](repeating: 0, count: count)
    var origin = [Int](repeating: 0, count: count)
    var isClosed = [Bool](repeating: false, count: count)
    var closed: [Int] = []
    for point in 1..<count {
      let base = point * (point - 1) / 2
      var least = 0.0
      for from in 0..<point { least = min(least, weights[base + from] - price[from]) }
      value[point] = least
      guard least < 0 else { continue }
      for from in closed { isClosed[from] = false }
      closed.removeAll(keepingCapacity: true)
      for from in 0..<point {
        distance[from] = weights[base + from] - price[from] - least
        origin[from] = point
      }
      var (startDistance, starter, end) = (-least, point, -1)
      while true {
        var (nearest, from) = (startDistance, -1)
        for other in 0..<point where distance[other] < nearest && !isClosed[other] {
          (nearest, from) = (distance[other], other)
        }
        guard from >= 0 else { break }
        let other = successors[from]
        guard other >= 0 else {
          end = from
          break
        }
        isClosed[from] = true
        closed.append(from)
        let shift = nearest - value[other]
        if shift < startDistance { (startDistance, starter) = (shift, other) }
        let base = other * (other - 1) / 2
        for earlier in 0..<other where !isClosed[earlier] {
          let length = shift + weights[base + earlier] - price[earlier]
          if length < distance[earlier] { (distance[earlier], origin[earlier]) = (length, other) }
        }
      }
      let reached = end >= 0 ? distance[end] : startDistance
      for from in closed {
        price[from] -= reached - distance[from]
        value[successors[from]] += reached - distance[from]
      }
      value[point] += reached
      var receiver = starter
      if end >= 0 {
        receiver = origin[end]
        (end, predecessors[receiver]) = (predecessors[receiver], end)
        successors[predecessors[receiver]] = receiver
      } else {
        (end, predecessors[receiver]) = (predecessors[receiver], -1)
      }
      while receiver != point {
        receiver = origin[end]
        (end, predecessors[receiver]) = (predecessors[receiver], end)
        successors[predecessors[receiver]] = receiver
      }
    }
    return predecessors
  }
}
