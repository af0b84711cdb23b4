// SPDX-License-Identifier: Apache-2.0
// Espalier: how much is remembered, and what is drawn from it.

/// How much an agent remembers, and how it draws from that.
public struct ReplaySettings: Sendable, Equatable {
  /// Transitions that fit.
  public var capacity: Int
  /// Drawing in proportion to errors; nil: uniformly.
  public var priorities: Priorities?
  /// Steps of rewards before a target bootstraps.
  public var multiStep: MultiStep
  /// Forgetting what an old policy did; nil: only what no longer fits goes.
  public var dynamicCapacity: DynamicCapacity?

  /// Joins the parts.
  public init(
    capacity: Int, priorities: Priorities? = nil, multiStep: MultiStep = MultiStep(),
    dynamicCapacity: DynamicCapacity? = nil
  ) {
    self.capacity = capacity
    self.priorities = priorities
    self.multiStep = multiStep
    self.dynamicCapacity = dynamicCapacity
  }

  /// Draws in proportion to errors.
  ///
  /// A transition has the priority (|error| + 10⁻⁶)^alpha, a new one the greatest so far. Its gradient is weighed by
  /// (count x probability)^-beta over the greatest such weight of the batch.
  ///
  /// Source: T. Schaul et al., *Prioritized Experience Replay*, ICLR 2016, algorithm 1 (proportional), arXiv 1511.05952. There the
  /// weights are divided by the greatest of all; here by that of the batch, as most code does.
  public struct Priorities: Sendable, Equatable {
    /// How much errors count, 0 (not at all) to 1; 0.6 in the paper.
    public var alpha: Double
    /// How much the weights correct at the beginning, 0.4 in the paper; it rises to 1 at the end of training.
    public var beta: Double

    /// Joins the parts.
    public init(alpha: Double = 0.6, beta: Double = 0.4) {
      self.alpha = alpha
      self.beta = beta
    }
  }

  /// Targets of several steps, from some moment on.
  ///
  /// With ``delay`` above 0, RLx2's delayed multi-step targets: one step first, since a new topology has much to forget.
  ///
  /// Source: Y. Tan et al., *RLx2*, ICLR 2023, section 4.1, arXiv 2205.15043: 3 steps after 300,000 of 3 million.
  public struct MultiStep: Sendable, Equatable {
    /// Steps of rewards; 1: ordinary targets.
    public var length: Int
    /// The share of training in which targets take one step.
    public var delay: Double

    /// Joins the parts.
    public init(_ length: Int = 1, delay: Double = 0) {
      self.length = length
      self.delay = delay
    }
  }

  /// A buffer whose capacity follows the policy: where the policy of today is far from what the oldest transitions did, those go.
  ///
  /// The distance is the mean over a sample of the oldest transitions of ‖today's best action − what was done‖²: actions count from
  /// -1 to 1, and choices as 0 or 1.
  ///
  /// Source: Y. Tan et al., *RLx2*, ICLR 2023, section 4.2, arXiv 2205.15043: checked every 10,000 gradient steps, threshold 0.2, 10⁵ to 10⁶
  /// transitions. What goes at a time is a setting here.
  public struct DynamicCapacity: Sendable, Equatable {
    /// Transitions that always stay.
    public var minimum: Int
    /// Gradient steps between two checks.
    public var interval: Int
    /// The distance above which the oldest go.
    public var threshold: Double
    /// Transitions that go at a check.
    public var chunk: Int

    /// Joins the parts.
    public init(minimum: Int = 100_000, interval: Int = 10_000, threshold: Double = 0.2, chunk: Int = 10_000) {
      self.minimum = minimum
      self.interval = interval
      self.threshold = threshold
      self.chunk = chunk
    }
  }

  /// Checks what a user has chosen.
  func validate(batch: Int) throws(AgentError) {
    guard capacity >= batch, capacity <= 1 << 40 else {
      throw .setting(name: "replay capacity", expected: "at least a batch of \(batch)", got: "\(capacity)")
    }
    guard (1...1000).contains(multiStep.length) else {
      throw .setting(name: "steps of a target", expected: "1 to 1000", got: "\(multiStep.length)")
    }
    guard multiStep.delay >= 0, multiStep.delay <= 1 else {
      throw .setting(name: "delay of multi-step targets", expected: "a share from 0 to 1", got: "\(multiStep.delay)")
    }
    if let priorities {
      guard priorities.alpha >= 0, priorities.alpha <= 1 else {
        throw .setting(name: "priority alpha", expected: "0 to 1", got: "\(priorities.alpha)")
      }
      guard priorities.beta >= 0, priorities.beta <= 1 else {
        throw .setting(name: "priority beta", expected: "0 to 1", got: "\(priorities.beta)")
      }
    }
    if let dynamic = dynamicCapacity {
      guard dynamic.interval > 0, dynamic.chunk > 0, dynamic.minimum >= batch, dynamic.threshold >= 0 else {
        throw .setting(
          name: "dynamic capacity", expected: "an interval and a chunk above 0 and a minimum of a batch or more",
          got: "every \(dynamic.interval), \(dynamic.chunk) at a time, at least \(dynamic.minimum)")
      }
    }
  }
}
