// SPDX-License-Identifier: Apache-2.0
// Espalier: what an agent's network looks like.

public import NeuralNetworks
public import SparseTopology

/// What an agent's network looks like between its observations and its outputs.
///
///     let actor = NetworkRecipe.mlp([256, 256], topology: .erk(density: 0.1))   // 90 % sparse
///     let critic = NetworkRecipe.mlp([256, 256])                                // dense
///     let large = NetworkRecipe.simba(width: 512, blocks: 2, topology: .erk(density: 0.2))
///
/// One parameter, the topology, makes a network truly sparse or dense.
public struct NetworkRecipe: Sendable, Equatable {
  /// How the layers are arranged.
  public enum Body: Sendable, Equatable {
    /// Linear layers of these widths, each followed by the activation function.
    case mlp([Int])
    /// SimBa: a linear layer, residual blocks of layer norm, a layer four times as wide, ReLU and a layer back, a last layer norm.
    case simba(width: Int, blocks: Int)
  }

  /// Which layers are sparse.
  public enum SparsePart: String, Sendable, Equatable, CaseIterable {
    /// All, the last one too (L. Graesser et al., ICML 2022).
    case all
    /// All but the last, which is dense (G. Sokar et al., IJCAI 2022).
    case hidden
    /// The first one only: automatic noise filtering (B. Grooten et al., AAMAS 2023, arXiv 2302.06548).
    case input
  }

  /// How the layers are arranged.
  public var body: Body
  /// The birth of the sparse layers; nil: a dense network.
  public var topology: Topology?
  /// Which layers are sparse.
  public var sparsePart: SparsePart
  /// The function behind each hidden layer of an MLP.
  public var activation: ActivationFunction
  /// Whether an MLP normalises over the features behind each hidden layer, before the activation function.
  public var normalizes: Bool

  /// Joins the parts.
  public init(
    _ body: Body, topology: Topology? = nil, sparsePart: SparsePart = .all, activation: ActivationFunction = .relu,
    normalizes: Bool = false
  ) {
    self.body = body
    self.topology = topology
    self.sparsePart = sparsePart
    self.activation = activation
    self.normalizes = normalizes
  }

  /// A multi-layer perceptron.
  ///
  /// - Parameters:
  ///   - hidden: the widths of the hidden layers.
  ///   - topology: the birth of the sparse layers; nil: a dense network.
  public static func mlp(
    _ hidden: [Int], topology: Topology? = nil, activation: ActivationFunction = .relu
  ) -> NetworkRecipe {
    NetworkRecipe(.mlp(hidden), topology: topology, activation: activation)
  }

  /// SimBa's residual network, which static random sparsity lets grow.
  ///
  /// Source: H. Lee et al., *SimBa: Simplicity Bias for Scaling Up Parameters in Deep Reinforcement Learning*, ICLR 2025, section 4,
  /// arXiv 2410.09754; G. Ma et al., *Network Sparsity Unlocks the Scaling Potential of Deep Reinforcement Learning*, ICML 2025,
  /// arXiv 2506.17204. Its normalisation of observations is a setting of the algorithms here.
  public static func simba(width: Int, blocks: Int, topology: Topology? = nil) -> NetworkRecipe {
    NetworkRecipe(.simba(width: width, blocks: blocks), topology: topology)
  }

  /// Checks what a user has chosen.
  ///
  /// - Throws: ``AgentError/setting(name:expected:got:)``.
  public func validate(_ name: String) throws(AgentError) {
    let widths: [Int]
    switch body {
    case .mlp(let hidden): widths = hidden
    case .simba(let width, let blocks):
      widths = [width]
      guard (1...1000).contains(blocks) else {
        throw .setting(name: "\(name) blocks", expected: "1 to 1000", got: "\(blocks)")
      }
    }
    for width in widths where !(1...(1 << 24)).contains(width) {
      throw .setting(name: "\(name) hidden widths", expected: "1 to \(1 << 24)", got: "\(width)")
    }
  }

  /// The network from so many observed numbers to so many outputs.
  ///
  /// - Parameter outputScale: the factor on the first weights of the last layer.
  func network(inputs: Int, outputs: Int, outputScale: Float = 1, seed: UInt64) throws(AgentError) -> Network {
    do throws(TopologyError) {
      var network = try Network(
        inputs: inputs, topology: topology ?? .dense, seed: seed, layers: descriptions(outputs: outputs))
      if outputScale != 1 { network.scaleLastWeight(by: outputScale) }
      return network
    } catch {
      throw .network("\(error)")
    }
  }

  private func descriptions(outputs: Int) -> [LayerDescription] {
    var layers: [LayerDescription] = []
    switch body {
    case .mlp(let hidden):
      for (index, width) in hidden.enumerated() {
        layers += linear(width, isFirst: index == 0)
        if normalizes { layers += LayerNorm().descriptions }
        layers.append(.activation(activation))
      }
      layers += linear(outputs, isFirst: hidden.isEmpty, isLast: true)
    case .simba(let width, let blocks):
      layers += linear(width, isFirst: true)
      for _ in 0..<blocks {
        let inner =
          LayerNorm().descriptions + linear(4 * width) + ReLU().descriptions + linear(width)
        layers.append(.residual(inner))
      }
      layers += LayerNorm().descriptions
      layers += linear(outputs, isLast: true)
    }
    return layers
  }

  private func linear(_ width: Int, isFirst: Bool = false, isLast: Bool = false) -> [LayerDescription] {
    let isSparse =
      switch sparsePart {
      case .all: topology != nil
      case .hidden: topology != nil && !isLast
      case .input: topology != nil && isFirst
      }
    return isSparse ? SparseLinear(width).descriptions : Linear(width).descriptions
  }
}
