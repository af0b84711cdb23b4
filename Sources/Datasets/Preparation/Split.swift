// SPDX-License-Identifier: Apache-2.0
// Espalier: parts that do not overlap.

internal import SparseCore

/// The samples of two parts of a data set: every sample is in exactly one.
///
/// For classes the split is stratified: of each class the test part takes its share, rounded by the largest remainder,
/// so that the test part has exactly `round(testShare * count)` samples and each class is within one of its share.
/// For values the split is plain random. Both parts list their samples in rising order.
public struct Split: Sendable, Equatable {
  /// The samples to learn from, rising.
  public let train: [Int]
  /// The samples set aside, rising.
  public let test: [Int]

  /// Splits the samples of some targets.
  ///
  /// - Parameters:
  ///   - testShare: the share set aside, 0 ... 1.
  ///   - seed: the same seed gives the same split.
  public init(_ targets: Targets, count: Int, testShare: Double, seed: UInt64) {
    precondition(testShare >= 0 && testShare <= 1, "a test share of \(testShare); expected 0 ... 1")
    var groups: [[Int]] = [Array(0..<count)]
    if case .classes(let labels, let names) = targets {
      groups = [[Int]](repeating: [], count: names.count)
      for (sample, label) in labels.enumerated() { groups[Int(label)].append(sample) }
    }
    let total = Int((testShare * Double(count)).rounded())
    let quotas = Self.quotas(groups.map(\.count), share: testShare, total: total)
    let random = Random(seed: seed).split("split")
    var set = [Bool](repeating: false, count: count)
    for (index, group) in groups.enumerated() {
      var stream = random.split(index)
      for chosen in stream.distinct(quotas[index], below: group.count) { set[group[chosen]] = true }
    }
    test = (0..<count).filter { set[$0] }
    train = (0..<count).filter { !set[$0] }
  }

  /// Whole shares of each group that add up to `total`, by the largest remainder; ties go to the earlier group.
  static func quotas(_ counts: [Int], share: Double, total: Int) -> [Int] {
    var quotas = counts.map { Int((Double($0) * share).rounded(.down)) }
    let remainders = zip(counts, quotas).map { Double($0) * share - Double($1) }
    let order = counts.indices.sorted { (-remainders[$0], $0) < (-remainders[$1], $1) }
    var missing = total - quotas.reduce(0, +)
    while missing > 0 {
      let before = missing
      for group in order where missing > 0 && quotas[group] < counts[group] {
        quotas[group] += 1
        missing -= 1
      }
      if missing == before { break }
    }
    return quotas
  }
}

extension Dataset {
  /// Splits into a training and a test part; stratified for classes.
  public func split(testShare: Double, seed: UInt64) -> (train: Dataset, test: Dataset) {
    let split = Split(targets, count: count, testShare: testShare, seed: seed)
    return (subset(split.train), subset(split.test))
  }

  /// Splits into three parts; the shares are of the whole set, and the test part is that of `split(testShare:seed:)`.
  public func split(
    validationShare: Double, testShare: Double, seed: UInt64
  ) -> (train: Dataset, validation: Dataset, test: Dataset) {
    precondition(validationShare + testShare <= 1, "shares of \(validationShare) and \(testShare) leave nothing")
    let outer = split(testShare: testShare, seed: seed)
    let wanted = (validationShare * Double(count)).rounded()
    let share = outer.train.count == 0 ? 0 : min(1, wanted / Double(outer.train.count))
    let inner = outer.train.split(testShare: share, seed: seed &+ 1)
    return (inner.train, inner.test, outer.test)
  }
}
