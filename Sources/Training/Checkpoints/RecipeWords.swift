// SPDX-License-Identifier: Apache-2.0
// Espalier: recipes in words that tell any two of them apart.

internal import Datasets
internal import NeuralNetworks
internal import SparseTopology

extension Optimizer {
  /// All numbers: "sgd, rate 0.05, momentum 0.9, decay 0.0005, cosine"; two optimizers never share their words.
  var words: String {
    var parts: [String]
    switch rule {
    case .sgd(let momentum, let nesterov):
      parts = ["sgd", rateWords, "momentum \(NumberText.shortest(momentum))"] + (nesterov ? ["nesterov"] : [])
    case .adam(let beta1, let beta2, let epsilon, let decoupled):
      parts = [
        decoupled ? "adamw" : "adam", rateWords, "beta 1 \(NumberText.shortest(beta1))",
        "beta 2 \(NumberText.shortest(beta2))", "epsilon \(NumberText.shortest(epsilon))",
      ]
    case .rmsProp(let smoothing, let epsilon, let momentum):
      parts = [
        "rmsprop", rateWords, "smoothing \(NumberText.shortest(smoothing))",
        "epsilon \(NumberText.shortest(epsilon))", "momentum \(NumberText.shortest(momentum))",
      ]
    }
    parts.append("decay \(NumberText.shortest(weightDecay))")
    if parametrization.power != 1 { parts.append("power \(NumberText.shortest(parametrization.power))") }
    if case .norm(let bound) = clipping { parts.append("clipped to \(NumberText.shortest(bound))") }
    return (parts + [schedule.words]).joined(separator: ", ")
  }

  private var rateWords: String { "rate \(NumberText.shortest(learningRate))" }
}

extension LearningRateSchedule {
  /// "constant", "times 0.1 every 30 epochs", "cosine" or "cosine to 0.1", with ", warm-up 100" when there is one.
  fileprivate var words: String {
    let shape =
      switch decay {
      case .constant: "constant"
      case .step(let epochs, let factor): "times \(NumberText.shortest(factor)) every \(epochs) epochs"
      case .linear(let floor): "linear to \(NumberText.shortest(floor))"
      case .cosine(let floor): floor == 0 ? "cosine" : "cosine to \(NumberText.shortest(floor))"
      }
    return warmUpSteps == 0 ? shape : "\(shape), warm-up \(warmUpSteps)"
  }
}
