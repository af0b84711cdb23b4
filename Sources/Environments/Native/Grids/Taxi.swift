// SPDX-License-Identifier: Apache-2.0
// Espalier: a taxi and its passenger.

/// A taxi on 5 x 5 squares that fetches a passenger at one of four stands and takes them to another.
///
/// * Observation: one choice of 500, ((row * 5 + column) * 5 + passenger) * 4 + destination. Rows begin at the top; the stands are 0
///   red, 1 green, 2 yellow and 3 blue; passenger 4 sits in the taxi.
/// * Action: 0 south, 1 north, 2 east, 3 west, 4 picks up, 5 puts down. Edges and walls stop the taxi. ``actionMask`` has those that
///   change something.
/// * Rain: a move goes as meant with ``straightRate``, otherwise to either side with equal chances; a stopped move goes nowhere.
/// * Reward: -1 a step, 20 for putting the passenger down at the destination, -10 for picking up or putting down where one cannot. A
///   passenger may be put down at another stand.
/// * Start: any square, any stand, any other stand as destination, all equally likely.
/// * Fickleness: with ``fickleRate`` an episode's passenger chooses another destination at the first move with them.
/// * Ending: terminated when the passenger is put down at the destination.
/// * Usual time limit: 200 steps. It is not part of the environment.
///
/// Equals Gymnasium's `Taxi-v4` with its seeds: `is_rainy=True` is a straight rate of 0.8, `fickle_passenger=True` a fickle rate of
/// 0.3. Before the first seed the stream is that of seed 0.
///
/// Source: T. Dietterich, *Hierarchical reinforcement learning with the MAXQ value function decomposition*, JAIR 13, 2000.
public struct Taxi: SavableEnvironment {
  /// The squares and stands as one number.
  public let observationSpace = Space.discrete(500)
  /// South, north, east, west, pick up, put down.
  public let actionSpace = Space.discrete(6)
  /// The chance that a move goes as meant.
  public let straightRate: Double
  /// The chance that an episode's passenger is fickle; nil when none is, and nothing is drawn for it.
  public let fickleRate: Double?

  private var random = NumPyRandom(seed: 0)
  private var scene = Scene(code: 1)
  /// Whether the passenger will change their mind.
  private var isFickle = false

  private static let name = "taxi"
  private static let starts: [Double] = (0..<500).map {
    let scene = Scene(code: $0)
    return scene.passenger < 4 && scene.passenger != scene.destination ? 1.0 / 300.0 : 0
  }

  /// - Parameters:
  ///   - straightRate: the chance that a move goes as meant, 0 ... 1; 1 on dry roads, 0.8 in Gymnasium's rain.
  ///   - fickleRate: the chance that an episode's passenger is fickle; nil when none is, 0.3 in Gymnasium.
  public init(straightRate: Double = 1, fickleRate: Double? = nil) {
    precondition((0...1).contains(straightRate), "a straight rate of \(straightRate)")
    precondition((0...1).contains(fickleRate ?? 0), "a fickle rate of \(fickleRate ?? 0)")
    self.straightRate = straightRate
    self.fickleRate = fickleRate
  }

  /// Begins an episode with a waiting passenger.
  public mutating func reset(seed: UInt64?, into observation: inout MutableSpan<Float>) {
    if let seed { random = NumPyRandom(seed: seed) }
    scene = Scene(code: random.index(of: Self.starts.span))
    if let fickleRate { isFickle = random.uniform() < fickleRate }
    observation[0] = Float(scene.code)
  }

  /// Drives a square, picks up or puts down.
  public mutating func step(_ action: Span<Float>, into observation: inout MutableSpan<Float>) -> Step {
    let choice = action.choice(below: 6, in: Self.name)
    defer { observation[0] = Float(scene.code) }
    guard choice < 4 else {
      _ = random.uniform()  // Gymnasium draws what follows, though there is but one thing.
      return choice == 4 ? pickUp() : putDown()
    }
    let aside = (1 - straightRate) / 2
    let turn = random.index(of: straightRate, aside, aside)
    guard scene.isOpen(toward: choice) else { return Step(reward: -1) }
    let direction = Self.directions[choice][turn]
    guard scene.isOpen(toward: direction) else { return Step(reward: -1) }
    scene.move(toward: direction)
    if isFickle && scene.passenger == 4 {
      isFickle = false
      let other = random.below(3)
      scene.destination = other < scene.destination ? other : other + 1
    }
    return Step(reward: -1)
  }

  /// Where a move leads: as meant, to its left, to its right.
  private static let directions = [[0, 2, 3], [1, 3, 2], [2, 1, 0], [3, 0, 1]]

  private mutating func pickUp() -> Step {
    guard scene.passenger < 4, scene.stand == scene.passenger else { return Step(reward: -10) }
    scene.passenger = 4
    return Step(reward: -1)
  }

  private mutating func putDown() -> Step {
    guard scene.passenger == 4, let stand = scene.stand else { return Step(reward: -10) }
    scene.passenger = stand
    return stand == scene.destination ? Step(reward: 20, ending: .terminated) : Step(reward: -1)
  }
}

extension Taxi {
  /// Which actions change something now.
  public var actionMask: [Bool]? {
    let canPickUp = scene.passenger < 4 && scene.stand == scene.passenger
    let canPutDown = scene.passenger == 4 && scene.stand != nil
    return (0..<4).map { scene.isOpen(toward: $0) } + [canPickUp, canPutDown]
  }

  /// The random stream, the observation, and 1 when the passenger will change their mind.
  public var state: EnvironmentState {
    EnvironmentState(of: Self.name, random: random, words: [UInt64(scene.code), isFickle ? 1 : 0])
  }

  /// Takes up a state that an environment with the same settings wrote.
  public mutating func restore(_ state: EnvironmentState) throws(EnvironmentError) {
    let random = try state.stream(of: Self.name, words: 2)
    let code = try state.whole(0, below: 500, of: Self.name, as: "a scene")
    isFickle = try state.whole(1, below: 2, of: Self.name, as: "a flag") == 1
    scene = Scene(code: code)
    self.random = random
  }
}
