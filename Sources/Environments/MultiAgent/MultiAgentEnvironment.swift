// SPDX-License-Identifier: Apache-2.0
// Espalier: a world that several agents act in.

/// A world in which several agents act at once: PettingZoo's parallel contract as a Swift value.
///
/// Agents are numbered; numbers stay for a whole episode, and an agent that has left keeps its number and is no longer alive. What
/// an agent sees and does are the plain numbers of its spaces; those of all agents lie side by side, in the agents' order.
public protocol MultiAgentEnvironment: Sendable {
  /// Every agent that can take part, in order.
  var agents: [AgentDescription] { get }
  /// Numbers of the state that a central critic may read, 0 for none.
  var globalStateCount: Int { get }

  /// Begins an episode.
  ///
  /// - Parameters:
  ///   - seed: begins the random streams anew; nil lets them go on.
  ///   - results: takes the first observations, and who takes part.
  mutating func reset(seed: UInt64?, into results: inout MultiAgentStep) throws(EnvironmentError)

  /// Lets every living agent act once; what stands in the place of others is not read.
  mutating func step(_ actions: Span<Float>, into results: inout MultiAgentStep) throws(EnvironmentError)

  /// Writes the state that a central critic may read, ``globalStateCount`` numbers.
  func writeGlobalState(into state: inout MutableSpan<Float>)
}

extension MultiAgentEnvironment {
  /// No state for a central critic.
  public var globalStateCount: Int { 0 }
  /// Writes nothing.
  public func writeGlobalState(into state: inout MutableSpan<Float>) {}
}

/// An agent of a world.
public struct AgentDescription: Sendable, Equatable {
  /// Its name, such as "adversary_0".
  public let name: String
  /// Agents of a group are of a kind: they have the same spaces and may share what they know.
  public let group: String
  /// What observations may be.
  public let observationSpace: Space
  /// What actions may be.
  public let actionSpace: Space

  /// Joins the parts.
  public init(_ name: String, group: String, observationSpace: Space, actionSpace: Space) {
    self.name = name
    self.group = group
    self.observationSpace = observationSpace
    self.actionSpace = actionSpace
  }
}

/// What came of one step for every agent; made once, filled again and again.
public struct MultiAgentStep: Sendable, Equatable {
  /// What each agent sees, side by side.
  public var observations: [Float]
  /// What each agent got.
  public var rewards: [Double]
  /// How the episode ended for each agent with this step, nil where it goes on.
  public var endings: [Ending?]
  /// Who acts next time.
  public var isAlive: [Bool]
  /// Where each agent's observation lies.
  public let observationRanges: [Range<Int>]
  /// Where each agent's action lies.
  public let actionRanges: [Range<Int>]

  /// Makes room for the steps of these agents.
  public init(for agents: [AgentDescription]) {
    observationRanges = Self.ranges(agents.map(\.observationSpace.flatCount))
    actionRanges = Self.ranges(agents.map(\.actionSpace.flatCount))
    observations = [Float](repeating: 0, count: observationRanges.last?.upperBound ?? 0)
    rewards = [Double](repeating: 0, count: agents.count)
    endings = [Ending?](repeating: nil, count: agents.count)
    isAlive = [Bool](repeating: true, count: agents.count)
  }

  private static func ranges(_ counts: [Int]) -> [Range<Int>] {
    var end = 0
    return counts.map { count in
      end += count
      return end - count..<end
    }
  }
}
