// SPDX-License-Identifier: Apache-2.0
// Espalier: a window of samples and how integrated it is.

/// A pattern that was seen, and its complete local integration under the plug-in law.
public struct VisitedState: Sendable, Hashable {
  /// A value for each node.
  public let values: [Int]
  /// How often it was seen.
  public let count: Int
  /// Its share of all windows.
  public let probability: Double
  /// ι in bits; 0 for a single node, which cannot be cut.
  public let integration: Double

  /// Joins the parts.
  public init(values: [Int], count: Int, probability: Double, integration: Double) {
    self.values = values
    self.count = count
    self.probability = probability
    self.integration = integration
  }
}
