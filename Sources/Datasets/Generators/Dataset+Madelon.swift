// SPDX-License-Identifier: Apache-2.0
// Espalier: a made-up task with few features that matter.

internal import SparseCore

extension Dataset {
  /// Two classes hidden in a few of many features, in the manner of Madelon.
  ///
  /// Samples lie around the vertices (-2 or 2 in each direction) of a hypercube with normal noise of deviation 1; half
  /// of the vertices, drawn at random, belong to each class. `redundant` features are random combinations of the
  /// informative ones, the rest is normal noise, and the columns are shuffled. `featureNames` tell which is which:
  /// "informative 0", "redundant 3", "noise 7". No single feature says anything about the class.
  ///
  /// - Parameters:
  ///   - features: columns in all, 500 as in the original.
  ///   - informative: dimensions of the hypercube, 1 ... 16.
  ///   - labelNoise: share of samples that get a random class.
  /// - Note: the original scales and offsets the columns; standardised, the two are alike.
  ///
  /// Source: I. Guyon, *Design of experiments for the NIPS 2003 variable selection benchmark*, 2003.
  public static func madelon(
    samples: Int = 2600, features: Int = 500, informative: Int = 5, redundant: Int = 15, labelNoise: Double = 0.01,
    seed: UInt64
  ) -> Dataset {
    precondition((1...16).contains(informative), "\(informative) informative features; expected 1...16")
    precondition(
      redundant >= 0 && informative + redundant <= features,
      "\(informative) + \(redundant) features that matter, of \(features)")
    let random = Random(seed: seed).split("madelon")
    var drawing = random.split("vertices")
    var classOfVertex = (0..<1 << informative).map { Int32($0 % 2) }
    drawing.shuffle(&classOfVertex)
    drawing = random.split("columns")
    var columns = Array(0..<features)
    drawing.shuffle(&columns)
    drawing = random.split("combinations")
    let combinations = (0..<redundant * informative).map { _ in 2 * drawing.uniform() - 1 }
    drawing = random.split("samples")
    var matrix = Matrix(rows: samples, columns: features)
    var labels: [Int32] = []
    var row = [Float](repeating: 0, count: features)
    for sample in 0..<samples {
      let vertex = drawing.below(1 << informative)
      for bit in 0..<informative { row[bit] = (vertex >> bit & 1 == 1 ? 2 : -2) + drawing.normal() }
      for feature in 0..<redundant {
        row[informative + feature] = (0..<informative).reduce(0) {
          $0 + combinations[feature * informative + $1] * row[$1]
        }
      }
      for feature in informative + redundant..<features { row[feature] = drawing.normal() }
      for feature in 0..<features { matrix[sample, columns[feature]] = row[feature] }
      let flipped = drawing.uniformDouble() < labelNoise
      labels.append(flipped ? Int32(drawing.below(2)) : classOfVertex[vertex])
    }
    var names = [String](repeating: "", count: features)
    for feature in 0..<features {
      let (kind, first) =
        feature < informative
        ? ("informative", 0)
        : feature < informative + redundant ? ("redundant", informative) : ("noise", informative + redundant)
      names[columns[feature]] = "\(kind) \(feature - first)"
    }
    return Dataset(
      name: "madelon-like", features: matrix, targets: .classes(labels, names: ["0", "1"]), featureNames: names)
  }
}
