// SPDX-License-Identifier: Apache-2.0
// Espalier: how exact gathered activations are.

/// How exact the activations are that sparse layers gather while training.
///
/// A stored connection fetches one row of activations; narrow rows are half as long. That pays where memory is the
/// limit: layers beyond the caches, with batches of 64 and more. Weights, sums, updates and predictions are in single
/// precision either way. Layers whose batch is one vector wide, and other kinds of layers, gather in single precision.
///
/// - Complexity: `bfloat16` takes 2 bytes more for each input and output of a sparse layer and sample.
public enum ActivationPrecision: String, Sendable, Equatable, CaseIterable {
  /// Single precision: 24 significant bits.
  case float32
  /// Brain floating point: the range of single precision, 8 significant bits, rounded to nearest.
  case bfloat16
}
