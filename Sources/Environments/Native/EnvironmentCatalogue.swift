// SPDX-License-Identifier: Apache-2.0
// Espalier: the environments that need nothing else.

internal import Datasets

/// The environments that come with the library, by name.
///
///     var environment = try EnvironmentCatalogue.make("cartpole")
///
/// They have their default settings; other settings are those of the types' initialisers.
public enum EnvironmentCatalogue {
  /// What is known about an environment without making it.
  public struct Entry: Sendable, Equatable {
    /// The name, in lower case with hyphens.
    public let name: String
    /// The Gymnasium environment with the same numbers; nil when there is none.
    public let gymnasium: String?
    /// After how many steps an episode is usually cut; nil when it is not.
    public let timeLimit: Int?
    /// The task in one line.
    public let summary: String
  }

  /// All environments, the classic ones first.
  public static let entries = rows.map(\.entry)

  private typealias Row = (entry: Entry, make: @Sendable () -> any SavableEnvironment)

  private static let rows: [Row] = [
    row("cartpole", "CartPole-v1", 500, "balance a pole on a cart") { CartPole() },
    row("mountain-car", "MountainCar-v0", 200, "swing a weak car up a hill") { MountainCar() },
    row("mountain-car-continuous", "MountainCarContinuous-v0", 999, "swing a weak car up a hill, with little force") {
      MountainCarContinuous()
    },
    row("acrobot", "Acrobot-v1", 500, "swing two links above their bar") { Acrobot() },
    row("pendulum", "Pendulum-v1", 200, "swing a pendulum up and hold it, with little torque") { Pendulum() },
    row("frozen-lake", "FrozenLake-v1", 100, "cross slippery ice of 4 x 4 cells without falling in") { FrozenLake() },
    row("frozen-lake-8x8", "FrozenLake8x8-v1", 200, "cross slippery ice of 8 x 8 cells without falling in") {
      FrozenLake(map: .eightByEight)
    },
    row("taxi", "Taxi-v4", 200, "fetch a passenger and take them where they want to go") { Taxi() },
    row("cliff-walking", "CliffWalking-v1", nil, "walk along a cliff, the short way or the safe one") {
      CliffWalking()
    },
    row("bandit", nil, 100, "find the best of ten arms that pay 0 or 1") { Bandit() },
    row("contextual-bandit", nil, 1000, "learn which of five arms pays best for what is seen") { ContextualBandit() },
  ]

  private static func row(
    _ name: String, _ gymnasium: String?, _ timeLimit: Int?, _ summary: String,
    _ make: @escaping @Sendable () -> any SavableEnvironment
  ) -> Row {
    (Entry(name: name, gymnasium: gymnasium, timeLimit: timeLimit, summary: summary), make)
  }

  /// What is known about an environment by its name or its Gymnasium id; nil for an unknown one.
  public static func entry(_ name: String) -> Entry? { find(name)?.entry }

  /// Makes an environment with its default settings, by its name or its Gymnasium id.
  ///
  /// - Throws: ``EnvironmentError/unknown(name:nearest:)`` with the most similar name.
  public static func make(_ name: String) throws(EnvironmentError) -> any SavableEnvironment {
    guard let row = find(name) else {
      throw .unknown(name: name, nearest: Names.nearest(name, among: entries.map(\.name)).first)
    }
    return row.make()
  }

  private static func find(_ name: String) -> Row? {
    rows.first { $0.entry.name == name || $0.entry.gymnasium == name }
  }
}
