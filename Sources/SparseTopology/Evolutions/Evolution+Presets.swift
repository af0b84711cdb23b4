// SPDX-License-Identifier: Apache-2.0
// Espalier: published methods of sparse training.

extension Evolution {
  /// Connections never change: the baseline of every other method.
  public static var `static`: Evolution {
    Evolution(
      schedule: UpdateSchedule(every: .epochs(1), dropFraction: .constant(0), end: 0), prune: .none, grow: .none)
  }

  /// SET: after every epoch the weights nearest zero move to random places.
  ///
  /// - Parameters:
  ///   - every: the paper updates after each epoch.
  ///   - dropFraction: zeta, 0.3 in the paper.
  /// - Note: the authors move the same share until the last epoch but one; here the share falls as a cosine and updates
  ///   end at 75 % of training, as for the other presets. Set `schedule` for the original.
  ///
  /// Source: D. Mocanu et al., *Scalable training of artificial neural networks with adaptive sparse connectivity
  /// inspired by network science*, Nature Communications 9, 2018, algorithm 1, arXiv:1707.04780.
  public static func set(every: UpdateInterval = .epochs(1), dropFraction: Double = 0.3) -> Evolution {
    Evolution(
      schedule: UpdateSchedule(every: every, dropFraction: .cosine(from: dropFraction)), prune: .magnitudeBySign,
      grow: .random)
  }

  /// RigL: the weights nearest zero move to where the gradient of the dense layer is strongest.
  ///
  /// - Parameters:
  ///   - every: 100 steps in the paper.
  ///   - dropFraction: alpha, 0.3 in the paper.
  /// - Note: the authors break ties of the weights by noise, here the lower position goes first. The gradient is never
  ///   stored: it streams through a buffer of O(connections moved).
  ///
  /// Source: U. Evci, T. Gale, J. Menick, P. S. Castro, E. Elsen, *Rigging the lottery: making all tickets winners*,
  /// ICML 2020, section 3, arXiv:1911.11134.
  public static func rigL(every: UpdateInterval = .steps(100), dropFraction: Double = 0.3) -> Evolution {
    Evolution(
      schedule: UpdateSchedule(every: every, dropFraction: .cosine(from: dropFraction)), prune: .magnitude,
      grow: .gradient)
  }

  /// GSE: the weights nearest zero move to where the gradient is strongest among randomly drawn places.
  ///
  /// SET's cost with RigL's signal: time and memory follow the connections.
  ///
  /// - Parameters:
  ///   - every: 1000 steps in the paper.
  ///   - dropFraction: 0.2 to 0.3 in the paper.
  ///   - ratio: gamma, candidates as a multiple of the connections, 1 in the paper.
  /// - Note: candidates are drawn uniformly, the paper's best distribution, from the cells absent before the update; a
  ///   dropped connection does not come back at once.
  ///
  /// Source: M. Heddes, N. Srinivasa, T. Givargis, A. Nicolau, *Always-sparse training by growing connections with
  /// guided stochastic exploration*, 2024, algorithm 1, arXiv:2401.06898.
  public static func gse(
    every: UpdateInterval = .steps(1000), dropFraction: Double = 0.3, ratio: Double = 1
  ) -> Evolution {
    Evolution(
      schedule: UpdateSchedule(every: every, dropFraction: .cosine(from: dropFraction)), prune: .magnitude,
      grow: .sampledGradient(ratio: ratio))
  }
}
