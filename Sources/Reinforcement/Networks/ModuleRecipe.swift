// SPDX-License-Identifier: Apache-2.0
// Espalier: a network of an agent and how it learns.

public import NeuralNetworks
public import SparseTopology

/// A network of an agent, its optimizer and how its connections change: the choices of one module.
///
/// Actor and critic each have one, so that each can be sparse and evolve in its own way.
///
/// Source: modules that are treated apart: *module-specific training*, arXiv 2510.12096.
public struct ModuleRecipe: Sendable, Equatable {
  /// What the network looks like.
  public var network: NetworkRecipe
  /// From gradients to steps.
  public var optimizer: Optimizer
  /// How connections change; intervals in epochs are hundredths of the module's planned gradient steps.
  public var evolution: Evolution

  /// Joins the parts.
  public init(_ network: NetworkRecipe, optimizer: Optimizer, evolution: Evolution = .static) {
    self.network = network
    self.optimizer = optimizer
    self.evolution = evolution
  }

  /// Checks what a user has chosen.
  ///
  /// - Throws: ``AgentError``.
  public func validate(_ name: String) throws(AgentError) {
    try network.validate(name)
    do throws(TopologyError) { try evolution.validate() } catch { throw .network("\(name): \(error)") }
    let rate = optimizer.learningRate
    guard rate >= 0, rate.isFinite else {
      throw .setting(name: "\(name) learning rate", expected: "a number of at least 0", got: "\(rate)")
    }
  }
}
