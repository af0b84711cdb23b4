// SPDX-License-Identifier: Apache-2.0
// Espalier: fixed elementwise functions.

public import SparseCore

/// A fixed function of each value.
public enum ActivationFunction: Sendable, Equatable {
  /// max(x, 0).
  case relu
  /// x above 0, *slope* x below. A slope under 0 makes the function fall below 0 (All-ReLU's even layers).
  case leakyReLU(slope: Float)
  /// The hyperbolic tangent.
  case tanh
  /// 1 / (1 + e⁻ˣ).
  case sigmoid
  /// x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))), the tanh form of Hendrycks and Gimpel, arXiv 1606.08415.
  case gelu

  /// Whether the derivative can be told from the output alone, so that input and output may share memory.
  package var readsOutput: Bool {
    switch self {
    case .relu, .tanh, .sigmoid: true
    case .leakyReLU(let slope): slope > 0
    case .gelu: false
    }
  }

  package var kernel: (kind: ActivationKind, slope: Float) {
    switch self {
    case .relu: (.relu, 0)
    case .leakyReLU(let slope): (.leakyReLU, slope)
    case .tanh: (.tanh, 0)
    case .sigmoid: (.sigmoid, 0)
    case .gelu: (.gelu, 0)
    }
  }
}

/// A fixed function of each value, y = f(x); backward, dx = dy f'(x).
public struct ActivationLayer: Layer, Equatable {
  /// Features in.
  public let inputs: Int
  /// The function.
  public let function: ActivationFunction

  /// Applies a function to `features` features.
  public init(features: Int, function: ActivationFunction) {
    inputs = features
    self.function = function
  }

  /// Features out.
  public var outputs: Int { inputs }
  /// Whether the backward pass may write over the gradient it reads.
  public var gradientInPlace: Bool { true }

  /// Makes the memory of a pass, see ``Layer/makeWorkspace(capacity:training:)``.
  public func makeWorkspace(capacity: Int, training: Bool) -> LayerWorkspace { LayerWorkspace() }

  /// Writes the outputs, see ``Layer/forward(_:into:workspace:pass:)``.
  public func forward(_ x: Activations, into y: Activations, workspace: LayerWorkspace, pass: Pass) {
    let (kind, slope) = function.kernel
    Kernels.activate(kind, slope: slope, x, into: y, workers: pass.workers)
  }

  /// Writes the gradients, see ``Layer/backward(_:input:output:into:workspace:pass:)``.
  public func backward(
    _ dy: Activations, input x: Activations, output y: Activations, into dx: Activations?,
    workspace: LayerWorkspace, pass: Pass
  ) {
    guard let dx else { return }
    let (kind, slope) = function.kernel
    if case .leakyReLU = function, !function.readsOutput {
      Kernels.leakyGradient(input: x, slope: slope, outputGradient: dy, into: dx, workers: pass.workers)
    } else {
      Kernels.activateGradient(
        kind, slope: slope, activated: function.readsOutput ? y : x, outputGradient: dy, into: dx,
        workers: pass.workers)
    }
  }

  /// Shows its parameters, see ``Layer/visitParameters(_:_:)``.
  public mutating func visitParameters(
    _ workspace: LayerWorkspace?, _ visit: (inout Parameter) -> Void
  ) {}
}
