// SPDX-License-Identifier: Apache-2.0
// Espalier: what a reader cannot know from the file alone.

/// How to read a data set.
///
///     var options = ReadOptions()
///     options.label = .name("species")
public struct ReadOptions: Sendable, Equatable {
  /// Which column of a table holds the labels.
  public var label: LabelColumn
  /// Whether a table's first line names its columns.
  public var header: HeaderRow
  /// What parts the fields of a table, nil to find out: comma, semicolon or tab.
  public var separator: Character?
  /// Whether labels are real numbers instead of classes.
  public var regression: Bool
  /// Features of a LIBSVM file, nil to take the largest index; a test file needs its training file's count.
  public var featureCount: Int?
  /// The seed of generated data sets.
  public var seed: UInt64
  /// The bound on memory.
  public var limits: ReadLimits

  /// Makes options; every default suits most files.
  public init(
    label: LabelColumn = .automatic, header: HeaderRow = .detect, separator: Character? = nil,
    regression: Bool = false, featureCount: Int? = nil, seed: UInt64 = 0, limits: ReadLimits = ReadLimits()
  ) {
    self.label = label
    self.header = header
    self.separator = separator
    self.regression = regression
    self.featureCount = featureCount
    self.seed = seed
    self.limits = limits
  }
}
