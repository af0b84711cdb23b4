// SPDX-License-Identifier: Apache-2.0
// Espalier: a rule of one's own beside published ones, over three seeds each.

import Espalier

let (train, test) = Dataset.digits().split(testShare: 0.25, seed: 0)
let scaling = Standardization.fit(train)
let methods: [(name: String, evolution: Evolution)] = [
  ("static", .static),
  ("SET", .set()),
  ("GSE", .gse(every: .steps(50))),
  (
    "starved first",
    Evolution(
      schedule: UpdateSchedule(every: .epochs(1), dropFraction: .cosine(from: 0.3)), prune: .magnitude,
      grow: .custom(StarvedFirst()))
  ),
]

for method in methods {
  var accuracies: [Double] = []
  for seed in UInt64(1)...3 {
    var network = try Network(inputs: 64, topology: .erk(density: 0.02), seed: seed) {
      SparseLinear(256)
      ReLU()
      SparseLinear(256)
      ReLU()
      SparseLinear(10)
    }
    let trainer = Trainer(
      optimizer: .sgd(learningRate: 0.05, weightDecay: 5e-4, schedule: .cosine), evolution: method.evolution,
      epochs: 50, batchSize: 32, seed: seed)
    let report = try trainer.fit(&network, to: scaling.apply(to: train), validatingOn: scaling.apply(to: test))
    accuracies.append(report.heldOut?.accuracy ?? 0)
  }
  let mean = accuracies.reduce(0, +) / Double(accuracies.count)
  print(method.name, "mean accuracy", (mean * 10_000).rounded() / 100, "%")
}
