// SPDX-License-Identifier: Apache-2.0
// Espalier: bandits pay what they say.

import Environments
import Testing

@Suite("Bandits")
struct BanditTests {
  /// Average and standard deviation of what an arm pays.
  private func payouts(_ bandit: Bandit, arm: Int, pulls: Int) throws -> (mean: Double, deviation: Double) {
    var bandit = bandit
    let rewards = try (0..<pulls).map { _ in try bandit.step(arm).step.reward }
    let mean = rewards.reduce(0, +) / Double(pulls)
    let variance = rewards.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(pulls)
    return (mean, variance.squareRoot())
  }

  @Test("arms pay their means, as 0 and 1 or with their deviation")
  func pay() throws {
    var bernoulli = Bandit(.given([0.2, 0.7, 0]))
    _ = try bernoulli.reset(seed: 3)
    for (arm, mean) in [0.2, 0.7, 0].enumerated() {
      let paid = try payouts(bernoulli, arm: arm, pulls: 20_000)
      #expect(abs(paid.mean - mean) < 0.015 && abs(paid.deviation - (mean * (1 - mean)).squareRoot()) < 0.015)
    }
    var normal = Bandit(.given([-1, 2]), payout: .gaussian(deviation: 0.5))
    _ = try normal.reset(seed: 3)
    let paid = try payouts(normal, arm: 1, pulls: 20_000)
    #expect(abs(paid.mean - 2) < 0.015 && abs(paid.deviation - 0.5) < 0.015)
    #expect(normal.bestMean == 2 && bernoulli.bestMean == 0.7)
  }

  @Test("each reset draws other means, opposed arms' sum to 1, and given ones stay")
  func means() throws {
    var (drawn, opposed, given) = (Bandit(), Bandit(.opposed), Bandit(.given([0.1, 0.9])))
    var all: [Double] = []
    for episode in 0..<500 {
      _ = try drawn.reset(seed: episode == 0 ? 1 : nil)
      _ = try opposed.reset(seed: episode == 0 ? 1 : nil)
      _ = try given.reset()
      all += drawn.means
      #expect(drawn.means.allSatisfy { (0..<1).contains($0) } && drawn.bestMean == drawn.means.max())
      #expect(opposed.means.count == 2 && opposed.means[0] + opposed.means[1] == 1)
      #expect(given.means == [0.1, 0.9])
    }
    #expect(Set(all).count == 5000)
    #expect(abs(all.reduce(0, +) / 5000 - 0.5) < 0.015)
  }

  @Test("a contextual bandit's arms pay the product of weights and context, and the best mean is the largest")
  func contextual() throws {
    var bandit = ContextualBandit(arms: 2, features: 3, deviation: 0, weights: [1, 0, 2, -1, 0.5, 0])
    var seen = try bandit.reset(seed: 4)
    for pull in 0..<200 {
      let products = [seen[0] + 2 * seen[2], -seen[0] + 0.5 * seen[1]].map(Double.init)
      #expect(abs(bandit.bestMean - max(products[0], products[1])) < 1e-5)
      let answer = try bandit.step(pull % 2)
      #expect(abs(answer.step.reward - products[pull % 2]) < 1e-5)
      #expect(answer.observation != seen)
      seen = answer.observation
    }
  }

  @Test("an arm of a drawn contextual bandit has a mean of variance 1, and pulls have their deviation")
  func contextualScale() throws {
    var bandit = ContextualBandit(arms: 2, features: 8, deviation: 0.3)
    var (squares, noise) = (0.0, 0.0)
    _ = try bandit.reset(seed: 0)
    for _ in 0..<4000 {
      let mean = bandit.mean(of: 0)
      squares += mean * mean
      let reward = try bandit.step(0).step.reward
      noise += (reward - mean) * (reward - mean)
      _ = try bandit.reset()
    }
    #expect(abs(squares / 4000 - 1) < 0.15 && abs((noise / 4000).squareRoot() - 0.3) < 0.02)
  }
}
