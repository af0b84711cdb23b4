// SPDX-License-Identifier: Apache-2.0
// Espalier: something that learns from what it lives through.

public import Environments
public import SparseCore

/// Something that acts in several worlds at once and learns from what comes of it.
///
/// An ``AgentSession`` drives it: ``act(on:into:)``, then a step of the worlds, then ``learn(from:_:)``, and so on. An algorithm of one's
/// own is a class with these members and a recipe that makes it, see ``AgentRecipe``.
///
/// - Invariant: everything random follows from the seed and the counts of steps, so that a restored agent goes on to the bit.
public protocol Agent: AnyObject, Sendable {
  /// What it has learned so far, as a value of its own.
  var policy: Policy { get throws(AgentError) }
  /// Its networks.
  var modules: [AgentModule] { get }
  /// Steps of all worlds together so far.
  var steps: Int { get }
  /// Gradient steps so far.
  var gradientSteps: Int { get }
  /// Bytes of what it remembers of the past; 0 for agents that do not.
  var replayBytes: Int { get }
  /// What it measures of its own learning, by name: losses, the temperature, the share of random actions.
  var measures: [AgentMeasure] { get }

  /// Chooses an action in every world, exploring.
  ///
  /// - Parameters:
  ///   - observations: `[worlds][numbers]`.
  ///   - actions: takes `[worlds][numbers of an action]`.
  func act(on observations: Span<Float>, into actions: inout MutableSpan<Float>)

  /// Takes in what came of the last actions, and learns when it is time.
  ///
  /// - Parameters:
  ///   - observations: what was seen before the step, as given to ``act(on:into:)``.
  ///   - results: what came of it.
  /// - Throws: ``AgentError/diverged(step:module:place:)`` when a number is not finite.
  func learn(from observations: Span<Float>, _ results: VectorStep) throws(AgentError)

  /// Is told that the episodes of all worlds were broken off after the last step: what comes next does not follow from it.
  ///
  /// What is remembered of them ends there, as if it had been cut.
  ///
  /// - Parameter observations: what was seen last, `[worlds][numbers]`.
  func breakOff(at observations: Span<Float>)

  /// Writes all that the next step depends on.
  func write(to state: inout AgentState) throws(AgentError)

  /// Takes up what ``write(to:)`` wrote; throws when it is of another agent, which then must not be used further.
  func restore(from state: AgentState) throws(AgentError)
}

/// One network of an agent.
public struct AgentModule: Sendable, Equatable {
  /// What it is for: "actor", "critic 1", ...
  public let name: String
  /// Connections.
  public let connections: Int
  /// Connections of a dense network of the same layers.
  public let denseConnections: Int
  /// Connections that have moved.
  public let moved: Int

  /// Joins the parts.
  public init(name: String, connections: Int, denseConnections: Int, moved: Int = 0) {
    self.name = name
    self.connections = connections
    self.denseConnections = denseConnections
    self.moved = moved
  }
}

/// A number that an agent measures of its own learning.
public struct AgentMeasure: Sendable, Equatable {
  /// What it is, such as "critic loss".
  public let name: String
  /// Its last value.
  public let value: Double

  /// Joins the parts.
  public init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }
}

/// Where and for how long an agent is to learn.
public struct AgentSite: Sendable {
  /// What is observed in a world.
  public let observationSpace: Space
  /// What is done in a world.
  public let actionSpace: Space
  /// Worlds that are stepped together.
  public let worlds: Int
  /// Steps of all worlds together in the whole run: schedules stretch over them.
  public let steps: Int
  /// Everything random follows from it.
  public let seed: UInt64
  /// The threads to work with.
  public let workers: Workers

  /// Joins the parts.
  public init(
    observationSpace: Space, actionSpace: Space, worlds: Int, steps: Int, seed: UInt64,
    workers: Workers = Workers(threads: 1)
  ) {
    precondition(worlds > 0 && steps > 0, "\(steps) steps in \(worlds) worlds")
    self.observationSpace = observationSpace
    self.actionSpace = actionSpace
    self.worlds = worlds
    self.steps = steps
    self.seed = seed
    self.workers = workers
  }
}

/// The choices of an algorithm, from which agents are made.
public protocol AgentRecipe: Sendable {
  /// The algorithm's name in lower case: "dqn", "ppo", "td3", "sac", "reinforce".
  var algorithm: String { get }
  /// Worlds that it collects from by default.
  var worlds: Int { get }

  /// Makes an agent.
  ///
  /// - Throws: ``AgentError`` for settings or spaces that do not go.
  func makeAgent(at site: AgentSite) throws(AgentError) -> any Agent

  /// All settings in words, so that two recipes are the same when their words are.
  var words: String { get }
}

extension AgentRecipe {
  /// All settings in words, as the language prints the value.
  public var words: String { "\(self)" }
}

extension Agent {
  /// Does nothing: for agents that remember no transitions.
  public func breakOff(at observations: Span<Float>) {}
}
