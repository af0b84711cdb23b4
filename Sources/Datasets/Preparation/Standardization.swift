// SPDX-License-Identifier: Apache-2.0
// Espalier: scaling fitted on the training part only.

public import SparseCore

/// A shift and a factor for each feature: `(x - shift) * factor`.
///
/// Fit it on the training part and apply it to every part, so that nothing of the test leaks into the training.
///
///     let scaling = Standardization.fit(train, scaling: .standardize)
///     let ready = scaling.apply(to: test)
public struct Standardization: Sendable, Equatable {
  /// Taken from each feature, `[features]`.
  public let shifts: [Float]
  /// What the rest is multiplied by, `[features]`; 0 for a feature that never changes.
  public let factors: [Float]

  /// Takes shifts and factors, for example those stored with a model.
  public init(shifts: [Float], factors: [Float]) {
    precondition(shifts.count == factors.count, "\(shifts.count) shifts and \(factors.count) factors")
    self.shifts = shifts
    self.factors = factors
  }

  /// Fits a scaling to the samples of a data set.
  ///
  /// Means and standard deviations (divided by the number of samples) are summed in double precision, in two passes.
  ///
  /// - Complexity: O(*samples* x *features*) time, O(*features*) memory.
  public static func fit(_ dataset: Dataset, scaling: FeatureScaling = .standardize) -> Standardization {
    let width = dataset.featureCount
    switch scaling {
    case .none:
      return Standardization(
        shifts: [Float](repeating: 0, count: width), factors: [Float](repeating: 1, count: width))
    case .standardize: return perFeature(dataset.features)
    case .unit: return oneRange(dataset.features)
    }
  }

  /// Scales a data set.
  public func apply(to dataset: Dataset) -> Dataset {
    var scaled = dataset
    apply(to: &scaled.features)
    return scaled
  }

  /// Scales rows in place, `[samples, features]`.
  public func apply(to features: inout Matrix) {
    precondition(features.columns == shifts.count, "\(features.columns) features, scaling for \(shifts.count)")
    let rows = features.rows
    let width = features.columns
    // Safety: writes the matrix's own `rows * width` elements.
    features.values.write { values in
      for row in 0..<rows {
        let start = values + row * width
        for column in 0..<width { start[column] = (start[column] - shifts[column]) * factors[column] }
      }
    }
  }

  private static func perFeature(_ features: Matrix) -> Standardization {
    let rows = features.rows
    let width = features.columns
    var means = [Double](repeating: 0, count: width)
    var squares = [Double](repeating: 0, count: width)
    // Safety: reads the matrix's own `rows * width` elements.
    features.values.read { values in
      for row in 0..<rows {
        for column in 0..<width { means[column] += Double(values[row * width + column]) }
      }
      for column in 0..<width { means[column] /= Double(max(rows, 1)) }
      for row in 0..<rows {
        for column in 0..<width {
          let distance = Double(values[row * width + column]) - means[column]
          squares[column] += distance * distance
        }
      }
    }
    let factors = squares.enumerated().map { column, sum in
      let deviation = (sum / Double(max(rows, 1))).squareRoot()
      // What the rounding of the mean alone can leave of a constant.
      return deviation > 1e-12 * abs(means[column]) ? Float(1 / deviation) : 0
    }
    return Standardization(shifts: means.map { Float($0) }, factors: factors.map { $0.isFinite ? $0 : 0 })
  }

  private static func oneRange(_ features: Matrix) -> Standardization {
    let count = features.rows * features.columns
    var low = Float.infinity
    var high = -Float.infinity
    // Safety: reads the matrix's own elements.
    features.values.read { values in
      for index in 0..<count {
        low = min(low, values[index])
        high = max(high, values[index])
      }
    }
    let factor = high > low ? 1 / (high - low) : 0
    return Standardization(
      shifts: [Float](repeating: count > 0 ? low : 0, count: features.columns),
      factors: [Float](repeating: factor, count: features.columns))
  }
}
