// SPDX-License-Identifier: Apache-2.0
// Espalier: what a reader hands over.

/// A training set and, when the source has one, its own test set.
///
/// Both have the same features and the same classes in the same order.
public struct LoadedData: Sendable, Equatable {
  /// The samples to learn from; all of them when the source has one part only.
  public var train: Dataset
  /// The samples that the source sets aside for the test.
  public var test: Dataset?

  /// Joins the parts of one source.
  public init(train: Dataset, test: Dataset? = nil) {
    self.train = train
    self.test = test
  }
}
