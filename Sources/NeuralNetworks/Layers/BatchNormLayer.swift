// SPDX-License-Identifier: Apache-2.0
// Espalier: batch normalisation.

public import SparseCore

/// y = scale (x - mean) / √(variance + ε) + shift, with the batch's moments in training and running ones in prediction.
///
/// Running moments move by `momentum` towards each batch's (the variance as the unbiased estimate), once a step: when
/// gradients of micro-batches are added up, each is normalised by itself, and the last one moves the running moments.
///
/// Source: S. Ioffe, C. Szegedy, *Batch Normalization*, ICML 2015, Algorithm 1, arXiv 1502.03167.
public struct BatchNormLayer: Layer, Equatable {
  /// Learned factor, `[features]`.
  public internal(set) var scale: Vector
  /// Learned offset, `[features]`.
  public internal(set) var shift: Vector
  /// Running mean, `[features]`.
  public internal(set) var runningMean: Vector
  /// Running variance, `[features]`.
  public internal(set) var runningVariance: Vector
  /// The share that a new batch has in the running moments.
  public let momentum: Float
  /// Keeps the root away from 0; above 0.
  public let epsilon: Float

  /// Starts with scale 1, shift 0, mean 0, variance 1.
  ///
  /// - Precondition: `epsilon` > 0, since a feature may have no variance.
  public init(features: Int, momentum: Float = 0.1, epsilon: Float = 1e-5) {
    precondition(epsilon > 0 && epsilon.isFinite, "batch norm: expected an epsilon above 0, got \(epsilon)")
    scale = Vector(repeating: 1, count: features)
    shift = Vector(count: features)
    runningMean = Vector(count: features)
    runningVariance = Vector(repeating: 1, count: features)
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// Takes learned and running vectors from a file.
  package init(
    scale: Vector, shift: Vector, runningMean: Vector, runningVariance: Vector, momentum: Float, epsilon: Float
  ) {
    precondition(epsilon > 0 && epsilon.isFinite, "batch norm: expected an epsilon above 0, got \(epsilon)")
    self.scale = scale
    self.shift = shift
    self.runningMean = runningMean
    self.runningVariance = runningVariance
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// Features in.
  public var inputs: Int { scale.count }
  /// Features out.
  public var outputs: Int { scale.count }

  /// Makes the memory of a pass, see ``Layer/makeWorkspace(capacity:training:)``.
  public func makeWorkspace(capacity: Int, training: Bool) -> LayerWorkspace {
    LayerWorkspace(
      gradientCounts: training ? [inputs, inputs] : [],
      scratchCounts: training ? [inputs, inputs, 1] : [])
  }

  /// Writes the outputs, see ``Layer/forward(_:into:workspace:pass:)``.
  public func forward(_ x: Activations, into y: Activations, workspace: LayerWorkspace, pass: Pass) {
    guard pass.isTraining else {
      Kernels.normalizeFeatures(
        x, into: y, mean: runningMean, variance: runningVariance, scale: scale, shift: shift,
        epsilon: epsilon, workers: pass.workers)
      return
    }
    var mean = emptyVector
    swap(&mean, &workspace.scratch[0])
    Kernels.featureMoments(x, mean: &mean, variance: &workspace.scratch[1], workers: pass.workers)
    swap(&mean, &workspace.scratch[0])
    workspace.scratch[2][0] = Float(x.samples)
    Kernels.normalizeFeatures(
      x, into: y, mean: workspace.scratch[0], variance: workspace.scratch[1], scale: scale,
      shift: shift, epsilon: epsilon, workers: pass.workers)
  }

  /// Writes the gradients, see ``Layer/backward(_:input:output:into:workspace:pass:)``.
  public func backward(
    _ dy: Activations, input x: Activations, output y: Activations, into dx: Activations?,
    workspace: LayerWorkspace, pass: Pass
  ) {
    var scaleGradient = emptyVector
    swap(&scaleGradient, &workspace.gradients[0])
    Kernels.normalizeFeaturesGradient(
      dy, input: x, into: dx, mean: workspace.scratch[0], variance: workspace.scratch[1], scale: scale,
      epsilon: epsilon, scaleGradient: &scaleGradient, shiftGradient: &workspace.gradients[1],
      accumulate: pass.accumulates, workers: pass.workers)
    swap(&scaleGradient, &workspace.gradients[0])
  }

  /// Shows its parameters, see ``Layer/visitParameters(_:_:)``.
  public mutating func visitParameters(
    _ workspace: LayerWorkspace?, _ visit: (inout Parameter) -> Void
  ) {
    Parameter.lend("scale", &scale, workspace, 0, to: visit)
    Parameter.lend("shift", &shift, workspace, 1, to: visit)
  }

  /// Takes over the statistics of a step.
  public mutating func finishPass(_ workspace: LayerWorkspace) {
    let samples = workspace.scratch[2][0]
    guard samples > 0 else { return }
    let unbias = samples > 1 ? samples / (samples - 1) : 1
    for feature in 0..<inputs {
      runningMean[feature] += momentum * (workspace.scratch[0][feature] - runningMean[feature])
      runningVariance[feature] +=
        momentum * (workspace.scratch[1][feature] * unbias - runningVariance[feature])
    }
  }
}
