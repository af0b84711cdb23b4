// SPDX-License-Identifier: Apache-2.0
// Espalier: how often each window of steps was seen.

internal import Datasets
public import SparseCore

/// The windows of consecutive steps that were seen, and how often: plug-in estimates of their probabilities.
///
/// Nodes are time-major: node = step · *variables* + variable.
///
/// Plug-in probabilities of large patterns are about 1 / *windows*, whatever the law behind them, so that their integration grows
/// mechanically; see `notes`, compare with `BinnedRollouts.surrogate`, or fit a chain.
public struct WindowSample: Sendable, Hashable {
  /// The variables at each step of a window.
  public let nodes: [ModelNode]
  /// How many windows were seen; they overlap.
  public let total: Int
  /// How often each different window was seen, in the order of their values.
  public let counts: [Int]
  /// The different windows, rising: the values' bits, those of the first node highest.
  private let keys: [UInt64]
  /// The bits of each node's value.
  private let widths: [Int]

  init(nodes: [ModelNode], widths: [Int], windows: [UInt64]) {
    self.nodes = nodes
    self.widths = widths
    total = windows.count
    (keys, counts) = Self.counted(windows, bits: widths.reduce(0, +))
  }

  /// How many different windows were seen.
  public var count: Int { keys.count }

  /// The values of a different window, one a node.
  public func values(_ index: Int) -> [Int] {
    var key = keys[index]
    var values: [Int] = []
    for width in widths.reversed() {
      values.append(Int(key & (1 << UInt64(width) - 1)))
      key = key >> UInt64(width)
    }
    return values.reversed()
  }

  /// What a user should know: too few windows for so many nodes.
  public var notes: [String] {
    let most = binaryLogarithm(Double(max(total, 1))) - 3
    guard Double(nodes.count) > most else { return [] }
    return [
      "\(nodes.count) nodes are many for \(total) windows (log2 of them less 3 is \(NumberText.fixed(most, decimals: 1))): "
        + "integration grows mechanically with so few; compare with surrogates, or fit a chain"
    ]
  }

  /// The plug-in law: each window's share.
  ///
  /// - Throws: `EntityError.undefined` when there is no window.
  public func jointTable() throws(EntityError) -> JointTable<Double> {
    guard total > 0 else { throw .undefined(what: "the plug-in law", reason: "there are no windows") }
    return try JointTable(
      nodes: nodes,
      entries: keys.indices.map { index in
        Trajectory(values: values(index), probability: Double(counts[index]) / Double(total))
      })
  }

  /// The complete local integration of every different window under the plug-in law.
  ///
  /// - Parameter most: only so many of the most frequent ones; of equally frequent ones the first in order.
  /// - Returns: the windows in the order of their values.
  /// - Throws: `EntityError.tooLarge` for windows of more than 26 nodes.
  /// - Complexity: for *n* nodes and *d* different windows O(*d*) and 3^*n* / 2 sums for each that is judged.
  public func integrationOfVisitedStates(
    most: Int = .max, workers: Workers? = nil
  ) throws(EntityError) -> [VisitedState] {
    guard nodes.count <= JointTable<Double>.mostNodes else {
      throw .tooLarge(
        what: "nodes of a window", limit: "\(JointTable<Double>.mostNodes)", got: "\(nodes.count)",
        advice: "choose fewer variables or steps")
    }
    var chosen = Array(keys.indices)
    if most < chosen.count {
      chosen = chosen.sorted { (counts[$1], $0) < (counts[$0], $1) }.prefix(max(most, 0)).sorted()
    }
    let masks = AgreementMasks(widths: widths, keys: keys)
    var states: [VisitedState] = []
    states.reserveCapacity(chosen.count)
    for index in chosen {
      let values = values(index)
      var histogram = [Double](repeating: 0, count: 1 << nodes.count)
      masks.add(counts, agreeingWith: index, to: &histogram)
      for mask in histogram.indices { histogram[mask] /= Double(total) }
      let integration = try LocalIntegration(
        agreement: histogram, with: SpatiotemporalPattern(trajectory: values), workers: workers)
      states.append(
        VisitedState(
          values: values, count: counts[index], probability: Double(counts[index]) / Double(total),
          integration: integration.complete ?? 0))
    }
    return states
  }

  /// The different keys, rising, and how often each is there.
  private static func counted(_ windows: [UInt64], bits: Int) -> ([UInt64], [Int]) {
    var keys: [UInt64] = []
    var counts: [Int] = []
    if bits <= 20, windows.count >= 1 << max(0, bits - 3) {
      var table = [Int](repeating: 0, count: 1 << bits)
      for window in windows { table[Int(window)] += 1 }
      for (key, count) in table.enumerated() where count > 0 {
        keys.append(UInt64(key))
        counts.append(count)
      }
      return (keys, counts)
    }
    for window in windows.sorted() {
      if keys.last == window {
        counts[counts.count - 1] += 1
      } else {
        keys.append(window)
        counts.append(1)
      }
    }
    return (keys, counts)
  }
}

/// On which nodes packed patterns agree.
private struct AgreementMasks {
  /// The patterns with the first node's bits lowest, so that of binary nodes bit *k* is node *k*.
  private let flipped: [UInt64]
  private let fields: [(shift: UInt64, mask: UInt64)]
  private let isBinary: Bool

  init(widths: [Int], keys: [UInt64]) {
    isBinary = widths.allSatisfy { $0 == 1 }
    var shift = 0
    var fields: [(shift: UInt64, mask: UInt64)] = []
    for width in widths {
      fields.append((UInt64(shift), 1 << UInt64(width) - 1))
      shift += width
    }
    self.fields = fields
    flipped = keys.map { key in
      var (key, result) = (key, UInt64(0))
      for (width, field) in zip(widths, fields).reversed() {
        result |= (key & field.mask) << field.shift
        key = key >> UInt64(width)
      }
      return result
    }
  }

  /// Adds the counts of all patterns to the sets on which they agree with one of them.
  func add(_ counts: [Int], agreeingWith index: Int, to histogram: inout [Double]) {
    let (own, whole) = (flipped[index], UInt64(histogram.count - 1))
    if isBinary {
      for (other, count) in zip(flipped, counts) { histogram[Int(~(own ^ other) & whole)] += Double(count) }
      return
    }
    for (other, count) in zip(flipped, counts) {
      let difference = own ^ other
      var mask = 0
      for (bit, field) in fields.enumerated() where difference >> field.shift & field.mask == 0 { mask |= 1 << bit }
      histogram[mask] += Double(count)
    }
  }
}
