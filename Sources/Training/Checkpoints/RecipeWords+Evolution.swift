// SPDX-License-Identifier: Apache-2.0
// Espalier: evolutions in words that tell any two of them apart.

internal import Datasets
internal import NeuralNetworks
internal import SparseTopology

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
    let others = [
      redistribute.words, scope.words, density.words, shape.words, newborn.words,
      deadNeurons == .keep ? "" : "dead neurons \(deadNeurons.rawValue)", neuronPruning?.words ?? "", walk?.words ?? "",
      reserve.map { "in use \(NumberText.shortest($0.density))" } ?? "",
      freezeOverlap.map { "freezing at \(NumberText.shortest($0))" } ?? "",
    ]
    return (["\(rules) \(schedule.words)"] + others.filter { !$0.isEmpty }).joined(separator: "; ")
  }
}

extension Pruning {
  fileprivate var words: String {
    switch self {
    case .none: "none"
    case .magnitude: "by magnitude"
    case .magnitudeBySign: "by magnitude and sign"
    case .magnitudeAndGradient(let weight): "by magnitude and \(NumberText.shortest(weight)) x gradient"
    case .sampledImportance(let share, let heat):
      "by a draw of magnitude share \(NumberText.shortest(share)) and temperature "
        + "\(NumberText.shortest(heat.lowerBound)) to \(NumberText.shortest(heat.upperBound))"
    case .signChange: "by change of sign"
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
    case .exploringGradient(let weight): "by gradient and exploration x \(NumberText.shortest(weight))"
    case .sampledMomentum(let ratio, let smoothing):
      "by sampled momentum of ratio \(NumberText.shortest(ratio)) and smoothing \(NumberText.shortest(smoothing))"
    case .links(let rule, let isSampled): "by \(rule.words) links\(isSampled ? " drawn" : "")"
    case .custom(let rule): JSONValue.string(rule.name).text()
    }
  }
}

extension LinkPrediction {
  fileprivate var words: String {
    switch self {
    case .ch3L3p: "CH3-L3p"
    case .ch2L3n: "CH2-L3n"
    }
  }
}

extension Redistribution {
  fileprivate var words: String {
    switch self {
    case .none: ""
    case .survivors: "shared by survivors"
    case .magnitude: "shared by magnitude"
    case .gradient: "shared by gradient"
    case .momentum: "shared by momentum"
    }
  }
}

extension PruningScope {
  fileprivate var words: String {
    switch self {
    case .layer: ""
    case .network: "over all layers"
    case .threshold(let initial): "below a threshold from \(NumberText.shortest(initial))"
    }
  }
}

extension DensitySchedule {
  fileprivate var words: String {
    switch self {
    case .constant: ""
    case .cubic(let density, let end): "cubic to \(NumberText.shortest(density)) by \(NumberText.shortest(end))"
    case .sigmoid(let density, let steepness):
      "sigmoid to \(NumberText.shortest(density)) of steepness \(NumberText.shortest(steepness))"
    case .margin(let margin): "margin \(NumberText.shortest(margin))"
    }
  }
}

extension PatternShape {
  fileprivate var words: String {
    switch self {
    case .free: ""
    case .tiles(let pattern, let scale):
      "\(pattern.isTransposable ? "transposable " : "")\(pattern.kept):\(pattern.side), gradient x \(NumberText.shortest(scale))"
    case .constantFanIn(nil): "constant fan-in"
    case .constantFanIn(let ablation?): "constant fan-in, ablation \(NumberText.shortest(ablation))"
    }
  }
}

extension NewbornWeight {
  fileprivate var words: String {
    switch self {
    case .zero: ""
    case .normal(let scale): "newborn normal x \(NumberText.shortest(scale))"
    }
  }
}

extension NeuronPruning {
  fileprivate var words: String {
    "neurons from \(NumberText.shortest(start)) every \(everyEpochs) epochs below \(NumberText.shortest(percentile))"
  }
}

extension WeightWalk {
  fileprivate var words: String {
    "walk of pull \(NumberText.shortest(shrinkage)) and noise \(NumberText.shortest(noise))"
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
      case .cosine(let fraction, 0): "fraction \(NumberText.shortest(fraction)) by cosine"
      case .cosine(let fraction, let last):
        "fraction \(NumberText.shortest(fraction)) to \(NumberText.shortest(last)) by cosine"
      case .halved(let fraction, let after):
        "fraction \(NumberText.shortest(fraction)) halved at \(NumberText.shortest(after))"
      }
    var percent = DecimalDigits(end)
    if end != 0 { percent.point += 2 }
    return "\(interval), \(share) until \(percent.positional(decimals: max(0, percent.digits.count - percent.point))) %"
  }
}
