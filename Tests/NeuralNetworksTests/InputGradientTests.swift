// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of the input's gradient by itself.

import SparseCore
import SparseTopology
import Testing

@Suite("The gradient of the input alone")
struct InputGradientTests {
  /// Shapes and densities that are kept as tiles, lists and groups, and a pattern with empty rows.
  private static func patterns() throws -> [SparsityPattern] {
    var random = Random(seed: 5)
    let shapes = [(40, 30, 0.3), (300, 200, 0.02), (64, 64, 1.0), (17, 900, 0.01), (900, 17, 0.05)]
    var patterns = try shapes.map { rows, columns, density in
      try Topology.uniform(density: density).pattern(
        LayerShape(outputs: rows, inputs: columns), count: Int(Double(rows * columns) * density), random: &random)
    }
    patterns.append(
      try Topology.nm(2, of: 4).pattern(
        LayerShape(outputs: 64, inputs: 64), count: 64 * 32, random: &random))
    return patterns
  }

  @Test("it is what the whole backward pass gives, to the last bit", arguments: [1, 5, 16, 33, 64, 130])
  func bits(batch: Int) throws {
    var random = Random(seed: 9)
    for pattern in try Self.patterns() {
      let matrix = SparseMatrix(
        pattern: pattern, values: Vector((0..<pattern.count).map { _ in random.normal() }))
      let x = Activations(features: pattern.columns, capacity: batch)
      let dy = Activations(features: pattern.rows, capacity: batch)
      for sample in 0..<batch {
        for feature in 0..<pattern.columns { x[feature, sample] = random.normal() }
        for feature in 0..<pattern.rows { dy[feature, sample] = random.normal() }
      }
      for threads in 1...2 {
        for masks in [false, true] {
          let workers = Workers(threads: threads)
          let (whole, alone) = (
            Activations(features: pattern.columns, capacity: batch),
            Activations(features: pattern.columns, capacity: batch)
          )
          var (gradient, partial, scratch) = (Vector(count: pattern.count), Vector(count: 0), Vector(count: 0))
          matrix.backward(
            input: x, outputGradient: dy, inputGradient: whole, masksInput: masks, gradient: &gradient,
            partial: &partial, accumulate: false, workers: workers)
          matrix.inputGradient(
            input: x, outputGradient: dy, into: alone, masksInput: masks, scratch: &scratch, workers: workers)
          for sample in 0..<batch {
            for feature in 0..<pattern.columns {
              #expect(whole[feature, sample].bitPattern == alone[feature, sample].bitPattern)
            }
          }
        }
      }
    }
  }
}
