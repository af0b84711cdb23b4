// SPDX-License-Identifier: Apache-2.0
// Espalier: observations as a network reads them.

internal import Datasets
internal import Environments
internal import SparseCore

/// Turns observations into what a network reads: choices one-hot, then shifted and scaled where the agent normalises.
struct ObservationEncoder: Sendable {
  let space: Space
  /// Numbers of an observation as environments give it.
  let flatCount: Int
  /// Numbers of an observation as networks read it.
  let width: Int
  /// What is done to the encoded numbers; nil: nothing.
  private(set) var scaling: Standardization?
  /// Whether numbers stay what they are.
  private let isPlain: Bool
  private var flat: [Float]
  private var encoded: [Float]

  init(_ space: Space, scaling: Standardization? = nil) {
    self.space = space
    self.scaling = scaling
    flatCount = space.flatCount
    width = space.encodedCount
    isPlain = space.isNumbers
    flat = [Float](repeating: 0, count: space.flatCount)
    encoded = [Float](repeating: 0, count: space.encodedCount)
  }

  /// Normalises by running moments of the encoded numbers from now on: (x - mean) / √(variance + 10⁻⁸).
  mutating func normalize(by moments: RunningMoments) {
    scaling = Standardization(
      shifts: moments.mean.map { Float($0) },
      factors: moments.variance.map { Float(1 / ($0 + 1e-8).squareRoot()) })
  }

  /// Shifts and scales by these numbers from now on.
  mutating func scale(shifts: [Float], factors: [Float]) {
    scaling = Standardization(shifts: shifts, factors: factors)
  }

  /// Encodes one observation, without the scaling.
  mutating func withEncoded<Result>(_ observation: Span<Float>, _ body: (Span<Float>) -> Result) -> Result {
    if isPlain { return body(observation) }
    let space = space
    do {
      var target = encoded.mutableSpan
      space.encode(observation, into: &target)
    }
    return body(encoded.span)
  }

  /// Writes observations, `[samples][flatCount]` one after another, into the features `0 ..< width` of `target`.
  mutating func write(_ observations: Span<Float>, into target: Activations) {
    for sample in 0..<target.samples {
      write(observations.extracting(sample * flatCount..<(sample + 1) * flatCount), sample: sample, into: target)
    }
  }

  /// Writes one observation as a network reads it, ``width`` numbers.
  mutating func write(_ observation: Span<Float>, into target: inout [Float]) {
    let (width, scaling) = (width, scaling)
    withEncoded(observation) { numbers in
      for index in 0..<width { target[index] = numbers[index] }
    }
    guard let scaling else { return }
    for index in 0..<width { target[index] = (target[index] - scaling.shifts[index]) * scaling.factors[index] }
  }

  /// Writes one observation into the features `0 ..< width` of one sample of `target`.
  mutating func write(_ observation: Span<Float>, sample: Int, into target: Activations) {
    let (width, scaling) = (width, scaling)
    withEncoded(observation) { numbers in Self.write(numbers, width, scaling, sample, target) }
  }

  /// Writes the observations that are the features from `start` on of gathered samples into the features `0 ..< width` of
  /// `target`.
  mutating func write(_ source: Activations, from start: Int, into target: Activations) {
    guard isPlain else {
      for sample in 0..<source.samples {
        for index in flat.indices { flat[index] = source[start + index, sample] }
        // Taken out meanwhile: it is read while this value changes.
        var observation = [Float]()
        swap(&observation, &flat)
        write(observation.span, sample: sample, into: target)
        swap(&observation, &flat)
      }
      return
    }
    let lanes = source.lanes
    precondition(lanes == target.lanes && source.samples == target.samples, "samples in blocks of two widths")
    for block in 0..<source.blocks {
      source.withBlock(block) { source in
        target.withMutableBlock(block) { target in
          for feature in 0..<width {
            let (shift, factor) = scaling.map { ($0.shifts[feature], $0.factors[feature]) } ?? (0, 1)
            for lane in 0..<lanes {
              target[feature * lanes + lane] = (source[(start + feature) * lanes + lane] - shift) * factor
            }
          }
        }
      }
    }
  }

  private static func write(
    _ numbers: Span<Float>, _ width: Int, _ scaling: Standardization?, _ sample: Int, _ target: Activations
  ) {
    let lanes = target.lanes
    let lane = sample % lanes
    target.withMutableBlock(sample / lanes) { block in
      if let scaling {
        for index in 0..<width {
          block[index * lanes + lane] = (numbers[index] - scaling.shifts[index]) * scaling.factors[index]
        }
      } else {
        for index in 0..<width { block[index * lanes + lane] = numbers[index] }
      }
    }
  }
}

extension Space {
  /// Whether values are numbers that networks read as they are.
  var isNumbers: Bool {
    switch self {
    case .box, .multiBinary: true
    case .discrete, .multiDiscrete: false
    case .tuple(let parts): parts.allSatisfy(\.isNumbers)
    case .named(let parts): parts.allSatisfy { $0.space.isNumbers }
    }
  }
}
