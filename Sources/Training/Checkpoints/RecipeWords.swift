// SPDX-License-Identifier: Apache-2.0
// Espalier: recipes in words that tell any two of them apart.

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
      case .cosine(let floor): floor == 0 ? "cosine" : "cosine to \(NumberText.shortest(floor))"
      }
    return warmUpSteps == 0 ? shape : "\(shape), warm-up \(warmUpSteps)"
  }
}

extension Evolution {
  /// The rules and their times: "gse every 53 steps, fraction 0.3 by cosine until 75 %", or "static".
  ///
  /// Two evolutions never share their words; rules of your own are told apart by their names, as by `==`.
  var words: String {
    if self == .static { return "static" }
    let rules =
      switch (prune, grow) {
      case (.magnitudeBySign, .random): "set"
      case (.magnitude, .gradient): "rigl"
      case (.magnitude, .sampledGradient(let ratio)): ratio == 1 ? "gse" : "gse of ratio \(NumberText.shortest(ratio))"
      default: "drop \(prune.words), grow \(grow.words),"
      }
    let sharing =
      switch redistribute {
      case .none: ""
      }
    return "\(rules)\(sharing) \(schedule.words)"
  }
}

extension Pruning {
  fileprivate var words: String {
    switch self {
    case .none: "none"
    case .magnitude: "by magnitude"
    case .magnitudeBySign: "by magnitude and sign"
    case .custom(let rule): JSONValue.string(rule.name).text()
    }
  }
}

extension Growth {
  fileprivate var words: String {
    switch self {
    case .none: "none"
    case .random: "at random"
    case .gradient: "by gradient"
    case .sampledGradient(let ratio): "by sampled gradient of ratio \(NumberText.shortest(ratio))"
    case .custom(let rule): JSONValue.string(rule.name).text()
    }
  }
}

extension UpdateSchedule {
  fileprivate var words: String {
    let interval =
      switch every {
      case .steps(let count): "every \(count) steps"
      case .epochs(let count): "every \(count) epochs"
      }
    let share =
      switch dropFraction {
      case .constant(let fraction): "fraction \(NumberText.shortest(fraction)) throughout"
      case .cosine(let fraction): "fraction \(NumberText.shortest(fraction)) by cosine"
      }
    var percent = DecimalDigits(end)
    if end != 0 { percent.point += 2 }
    return "\(interval), \(share) until \(percent.positional(decimals: max(0, percent.digits.count - percent.point))) %"
  }
}
