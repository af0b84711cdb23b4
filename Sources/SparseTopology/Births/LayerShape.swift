// SPDX-License-Identifier: Apache-2.0
// Espalier: the size of a layer.

/// How many outputs and inputs a layer has, and the window of a convolution.
///
///     LayerShape(outputs: 300, inputs: 784)                    // a linear layer, 300 x 784
///     LayerShape(outputs: 64, inputs: 32, kernel: [3, 3])      // a convolution, 64 x (32 · 9)
public struct LayerShape: Sendable, Equatable {
  /// Output neurons or channels.
  public var outputs: Int
  /// Input neurons or channels.
  public var inputs: Int
  /// The sides of the window of a convolution; empty for a linear layer.
  public var kernel: [Int]

  /// Names the sizes; ``Topology`` checks them when it shares out connections.
  public init(outputs: Int, inputs: Int, kernel: [Int] = []) {
    self.outputs = outputs
    self.inputs = inputs
    self.kernel = kernel
  }

  /// Rows of the layer's pattern: its outputs.
  public var rows: Int { outputs }

  /// Columns of the layer's pattern: inputs times the cells of the window.
  public var columns: Int { kernel.reduce(inputs, *) }

  /// The connections of the dense layer.
  public var cells: Int { rows * columns }

  /// Whether every side is at least 1 and rows and columns fit in 31 bits.
  var isValid: Bool {
    let limit = Int(Int32.max)
    guard outputs >= 1, outputs <= limit, inputs >= 1, inputs <= limit else { return false }
    var columns = inputs
    for side in kernel {
      guard side >= 1, side <= limit / columns else { return false }
      columns *= side
    }
    return true
  }
}
