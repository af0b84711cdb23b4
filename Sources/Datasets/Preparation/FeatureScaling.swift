// SPDX-License-Identifier: Apache-2.0
// Espalier: the choice of how features are scaled.

/// How features are brought to the size that a network learns well from.
public enum FeatureScaling: String, Sendable, CaseIterable {
  /// As they are.
  case none
  /// Each feature to mean 0 and standard deviation 1; features that never change become 0.
  case standardize
  /// All features by one range, the smallest value to 0 and the largest to 1: pixels 0...255 are divided by 255.
  case unit
}
