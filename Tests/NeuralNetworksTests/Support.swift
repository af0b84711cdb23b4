// SPDX-License-Identifier: Apache-2.0
// Espalier: what the tests of networks share.

import NeuralNetworks
import SparseCore

/// Batches around every block width: padding lanes in most of them.
let batches = [1, 2, 15, 16, 17, 33, 64, 65, 130]

extension Vector {
  var doubles: [Double] { elements.map { Double($0) } }

  /// The bits of every element: equal where and only where the bytes are.
  var bits: [UInt32] { elements.map { $0.bitPattern } }
}

extension Random {
  mutating func normals(_ count: Int) -> Vector { Vector((0..<count).map { _ in normal() }) }

  /// Connections with the given share of cells; every fifth row and every fourth column is empty, but for density 1.
  mutating func pattern(rows: Int, columns: Int, density: Float) -> SparsityPattern {
    var starts = [0]
    var indices: [UInt32] = []
    for row in 0..<rows {
      for column in 0..<columns where density == 1 || row % 5 != 1 && column % 4 != 3 && uniform() < density {
        indices.append(UInt32(column))
      }
      starts.append(indices.count)
    }
    return SparsityPattern(trustedRows: rows, columns: columns, rowStarts: starts, columnIndices: indices)
  }

  /// Normal numbers for the samples, `padding` in the lanes past them.
  mutating func activations(features: Int, samples: Int, padding: Float = 0) -> Activations {
    let x = Activations(features: features, capacity: samples)
    x.fill(padding)
    for feature in 0..<features {
      for sample in 0..<samples { x[feature, sample] = normal() }
    }
    return x
  }
}

extension Activations {
  var table: Table {
    (0..<features).map { feature in (0..<samples).map { Double(self[feature, $0]) } }
  }

  /// The floats of all blocks in use, padding included.
  var bits: [UInt32] {
    (0..<blocks).flatMap { block in
      withBlock(block) { span in span.indices.map { span[$0].bitPattern } }
    }
  }

  var paddingIsZero: Bool {
    (0..<blocks).allSatisfy { index in
      withBlock(index) { span in
        span.indices.allSatisfy { $0 % lanes < samples(inBlock: index) || span[$0] == 0 }
      }
    }
  }
}

/// The largest |a - b| / (1 + |b|).
func distance(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { worst, pair in
    let error = abs(pair.0 - pair.1) / (1 + abs(pair.1))
    return error.isNaN ? .infinity : max(worst, error)
  }
}

func distance(_ a: Table, _ b: Table) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { max($0, distance($1.0, $1.1)) }
}

extension Network {
  /// All parameters, in order.
  var parameters: [Vector] {
    var copy = self
    var all: [Vector] = []
    copy.visitParameters(nil) { _, parameter in all.append(parameter.values) }
    return all
  }

  /// The gradients that the last backward pass left, in the order of the parameters, those of sparse weights in the
  /// order of their patterns.
  func gradients(_ workspace: NetworkWorkspace) -> [Vector] {
    var copy = self
    var all: [Vector] = []
    copy.visitParameters(workspace) { _, parameter in all.append(parameter.gradient) }
    return inPatternOrder(all)
  }

  /// One vector a parameter, brought from the orders in which sparse layers store their weights to those of patterns.
  func inPatternOrder(_ stored: [Vector]) -> [Vector] {
    var copy = self
    var isSparse: [Bool] = []
    copy.visitParameters(nil) { _, parameter in isSparse.append(parameter.isSparse) }
    var weights = sparseLayers.map(\.weight)[...]
    return zip(stored, isSparse).map { vector, isSparse in
      guard isSparse, let weight = weights.popFirst() else { return vector }
      return weight.inPatternOrder(vector)
    }
  }

  /// Gives every parameter normal values, so that no bias, scale or shift is at rest.
  mutating func scramble(_ random: inout Random) {
    var stream = random.split("scramble")
    visitParameters(nil) { _, parameter in
      for index in 0..<parameter.values.count { parameter.values[index] += 0.3 * stream.normal() }
    }
  }
}
