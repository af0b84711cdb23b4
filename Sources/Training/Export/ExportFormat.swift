// SPDX-License-Identifier: Apache-2.0
// Espalier: the forms a model can be exported to.

/// A form that other programs read.
public enum ExportFormat: String, Sendable, CaseIterable {
  /// One file of named tensors; sparse weights as CSR triplets.
  case safetensors
  /// A folder of NumPy archives; each sparse weight as one that `scipy.sparse.load_npz` reads.
  case npz
  /// One ONNX model of opset 17; sparse weights as sparse initializers.
  case onnx
  /// A table with one connection a line, and one with the biases and other vectors.
  case csv
}

/// How the connections of sparse layers are written.
public enum ExportWeights: Sendable, Equatable {
  /// The connections that exist, in memory and bytes that follow their number.
  case sparse
  /// Every cell, zeros included: for programs without sparse tensors. Takes rows x columns floats a layer.
  case dense
}
