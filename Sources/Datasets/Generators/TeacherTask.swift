// SPDX-License-Identifier: Apache-2.0
// Espalier: what a teacher network teaches.

/// What the outputs of a teacher network are taken for.
public enum TeacherTask: String, Sendable, CaseIterable {
  /// The largest output, each standardised over the samples, names the class.
  case classification
  /// The outputs themselves are the targets.
  case regression
}
