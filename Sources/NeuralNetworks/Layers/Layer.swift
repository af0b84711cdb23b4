// SPDX-License-Identifier: Apache-2.0
// Espalier: what every layer can do.

public import SparseCore

/// One step of a network: activations in, activations out, and the way back.
///
/// A layer is a value that holds its parameters. What a pass needs besides (outputs, gradients, statistics of the
/// batch) lies in a ``LayerWorkspace`` that the caller keeps, so that a step allocates nothing.
///
/// The shapes: `x` is `[inputs, samples]`, `y` is `[outputs, samples]`, both feature-major (``Activations``). A network
/// sizes `y` and `dx` for the samples before it calls. A layer of one's own works on whole blocks, padding included:
///
///     func forward(_ x: Activations, into y: Activations, workspace: LayerWorkspace, pass: Pass) {
///       for block in 0..<x.blocks {
///         x.withBlock(block) { x in
///           y.withMutableBlock(block) { y in
///             for index in x.indices { y[index] = 2 * x[index] }
///           }
///         }
///       }
///     }
///
/// - Invariant: gradients are zero in the padding lanes; a layer's backward pass keeps them so.
public protocol Layer: Sendable {
  /// Features in.
  var inputs: Int { get }
  /// Features out.
  var outputs: Int { get }

  /// Makes what a pass over up to `capacity` samples needs, with gradients when `training`.
  func makeWorkspace(capacity: Int, training: Bool) -> LayerWorkspace

  /// Writes the outputs for the samples of `x`; what it leaves in the padding lanes must be finite.
  func forward(_ x: Activations, into y: Activations, workspace: LayerWorkspace, pass: Pass)

  /// Turns the loss's gradient by the outputs into that by the parameters (`workspace.gradients`, written, or added to
  /// when `pass.accumulates`) and, when asked, by the inputs.
  ///
  /// - Parameters:
  ///   - dy: the gradient by the outputs.
  ///   - x: the inputs of the forward pass.
  ///   - y: the outputs of the forward pass.
  ///   - dx: where the gradient by the inputs goes; nil for a network's first layer. For a layer with
  ///     `gradientInPlace` it may be `dy` itself.
  func backward(
    _ dy: Activations, input x: Activations, output y: Activations, into dx: Activations?,
    workspace: LayerWorkspace, pass: Pass)

  /// Shows every parameter, with its gradient when a workspace is given, in a fixed order.
  mutating func visitParameters(_ workspace: LayerWorkspace?, _ visit: (inout Parameter) -> Void)

  /// Takes over what a training pass has learned besides gradients, such as running statistics.
  mutating func finishPass(_ workspace: LayerWorkspace)

  /// Whether `backward` may write `dx` over `dy`; used by layers of equal inputs and outputs only.
  var gradientInPlace: Bool { get }
}

extension Layer {
  /// Does nothing: most layers have no running statistics.
  public mutating func finishPass(_ workspace: LayerWorkspace) {}

  /// False unless a layer says otherwise.
  public var gradientInPlace: Bool { false }
}

/// A trained vector of a layer together with its gradient, lent for one visit.
///
/// The two vectors are moved in and out, so that writing them copies nothing.
public struct Parameter: Sendable {
  /// What the layer calls it: "weight", "bias", "scale", ...
  public let name: String
  /// The trained values; those of a sparse weight in the order in which its layer stores them.
  public var values: Vector
  /// The gradient, of the same count; empty outside training.
  public var gradient: Vector
  /// Whether weight decay applies: to weights, not to biases and normalisation.
  public let decays: Bool
  /// Whether the values belong to connections that may be rewired: those of the network's own sparse layers.
  public internal(set) var isSparse: Bool
}

/// What a pass is for, and what it may use.
public struct Pass: Sendable {
  /// Training passes drop units, use the batch's statistics and keep what the backward pass needs.
  public var isTraining: Bool
  /// Whether gradients are added to those of the micro-batches before.
  public var accumulates: Bool
  /// The threads to work with.
  public var workers: Workers
  /// The stream of this step: for dropout.
  public var random: Random
  /// How exact the activations are that sparse layers gather.
  public var precision = ActivationPrecision.float32
  /// Whether nobody asks for the gradients of the parameters: a layer may leave them out.
  package var skipsParameters = false
  /// Collects rewirings that need gradients, at update steps only.
  package var collector: RewiringCollector?
  /// Follows gradients from step to step, for rules that want to.
  package var follower: EvolutionMemory?

  /// A pass for prediction.
  public static func inference(_ workers: Workers) -> Pass {
    Pass(isTraining: false, workers: workers, random: Random(seed: 0))
  }

  /// Describes a pass.
  public init(isTraining: Bool, accumulates: Bool = false, workers: Workers, random: Random) {
    self.isTraining = isTraining
    self.accumulates = accumulates
    self.workers = workers
    self.random = random
  }
}

/// The memory of one layer for a pass: made once, used by every step.
///
/// A step owns it; workers write disjoint parts of it, which makes `@unchecked Sendable` sound.
public final class LayerWorkspace: @unchecked Sendable {
  /// One gradient for each parameter, in the order of `visitParameters`; empty outside training.
  public var gradients: [Vector]
  /// Statistics and other vectors that a layer keeps between its passes.
  public var scratch: [Vector]
  /// The optimizer's momentum of the weight, lent for a backward pass that steps.
  var momentum: Vector?
  /// The input and the output's gradient, rounded; made by the first pass that wants them.
  private var narrowInput: NarrowRows?
  private var narrowSlopes: NarrowRows?
  /// Workspaces of layers inside this one.
  package var inner: SequenceWorkspace?
  /// Activations that a layer keeps between its passes: padded maps, the states of time steps.
  package var buffers: [Activations] = []
  /// The connections of a layer that uses them at many places; made by the first pass and after each rewiring.
  private(set) var connections: SharedConnections?

  /// Makes a workspace with zeroed vectors of the given counts.
  public init(gradientCounts: [Int] = [], scratchCounts: [Int] = []) {
    gradients = gradientCounts.map { Vector(count: $0) }
    scratch = scratchCounts.map { Vector(count: $0) }
  }

  /// Makes room for the gradient of a rewired weight, where there is one; what it holds is that of the old connections.
  func resizeWeightGradient(to count: Int) {
    for index in gradients.indices.prefix(1) where gradients[index].count > 0 && gradients[index].count != count {
      gradients[index] = Vector(count: count)
    }
    for index in scratch.indices.prefix(1) where scratch[index].count > 0 && scratch[index].count != count {
      scratch[index] = Vector(count: count)
    }
  }

  /// The connections of a layer that uses them at many places, with the weight's values as they are now.
  func connections(of weight: SparseMatrix, _ sharing: WeightSharing) -> SharedConnections {
    let current = connections.flatMap { $0.belong(to: weight) ? $0 : nil }
    let result = current ?? SharedConnections(weight, sharing: sharing, training: !gradients.isEmpty)
    connections = result
    result.takeValues(weight)
    return result
  }

  /// The input as a sparse layer gathers it in this pass: rounded when it may be, else nil.
  func narrowed(input x: Activations, _ pass: Pass) -> NarrowRows? {
    Self.narrowed(x, &narrowInput, pass)
  }

  /// The output's gradient as a sparse layer gathers it in this pass.
  func narrowed(outputGradient dy: Activations, _ pass: Pass) -> NarrowRows? {
    Self.narrowed(dy, &narrowSlopes, pass)
  }

  private static func narrowed(_ values: Activations, _ rows: inout NarrowRows?, _ pass: Pass) -> NarrowRows? {
    guard pass.precision == .bfloat16, NarrowRows.fits(values) else { return nil }
    let narrow = rows ?? NarrowRows(like: values)
    rows = narrow
    narrow.take(values, workers: pass.workers)
    return narrow
  }
}
