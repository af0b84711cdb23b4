// SPDX-License-Identifier: Apache-2.0
// Espalier: a task that a sparse network is known to solve.

internal import SparseCore

extension Dataset {
  /// Normal inputs, answered by a random sparse network of one hidden ReLU layer.
  ///
  /// Each hidden unit sees `round(density * inputs)` inputs (at least one) and each output as large a share of the
  /// hidden units, with normal weights of variance 2 / fan-in and 1 / fan-in: the task has a sparse solution by birth.
  ///
  /// - Parameters:
  ///   - outputs: classes, or target values.
  ///   - density: share of the teacher's connections that exist, above 0 and at most 1.
  public static func teacherStudent(
    samples: Int = 2000, inputs: Int = 64, hidden: Int = 32, outputs: Int = 4, density: Double = 0.1,
    task: TeacherTask = .classification, seed: UInt64
  ) -> Dataset {
    precondition(inputs > 0 && hidden > 0 && outputs > 0, "a teacher of \(inputs)-\(hidden)-\(outputs)")
    precondition(density > 0 && density <= 1, "a density of \(density); expected above 0, at most 1")
    let random = Random(seed: seed).split("teacher")
    let first = TeacherLayer(inputs: inputs, outputs: hidden, density: density, gain: 2, random.split("hidden"))
    let second = TeacherLayer(inputs: hidden, outputs: outputs, density: density, gain: 1, random.split("output"))
    var drawing = random.split("samples")
    var matrix = Matrix(rows: samples, columns: inputs)
    var answers = Matrix(rows: samples, columns: outputs)
    for sample in 0..<samples {
      let input = (0..<inputs).map { _ in drawing.normal() }
      for (column, value) in input.enumerated() { matrix[sample, column] = value }
      let answer = second.apply(first.apply(input).map { max(0, $0) })
      for (column, value) in answer.enumerated() { answers[sample, column] = value }
    }
    return Dataset(
      name: "teacher-student", features: matrix,
      targets: task == .regression ? .values(answers) : classes(of: answers))
  }

  /// The column with the largest answer once each column has mean 0 and deviation 1; the first of equals.
  private static func classes(of answers: Matrix) -> Targets {
    let names = (0..<answers.columns).map { String($0) }
    let unlabelled = Dataset(name: "", features: answers, targets: .none)
    let standard = Standardization.fit(unlabelled).apply(to: unlabelled).features
    let labels = (0..<standard.rows).map { sample in
      let row = standard.row(sample)
      return Int32(row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 })
    }
    return .classes(labels, names: names)
  }
}

/// A sparse layer of the teacher: for each output its inputs and their weights.
private struct TeacherLayer {
  var inputs: [[Int]] = []
  var weights: [[Float]] = []

  init(inputs count: Int, outputs: Int, density: Double, gain: Float, _ random: Random) {
    let fanIn = max(1, Int((density * Double(count)).rounded()))
    let scale = (gain / Float(fanIn)).squareRoot()
    for output in 0..<outputs {
      var stream = random.split(output)
      inputs.append(stream.distinct(fanIn, below: count))
      weights.append((0..<fanIn).map { _ in scale * stream.normal() })
    }
  }

  func apply(_ values: [Float]) -> [Float] {
    zip(inputs, weights).map { inputs, weights in
      zip(inputs, weights).reduce(0) { $0 + values[$1.0] * $1.1 }
    }
  }
}
