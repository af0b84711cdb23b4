// SPDX-License-Identifier: Apache-2.0
// Espalier: the slow truth beside the kernels.

#if !hasFeature(Embedded)
  /// What every kernel must compute, in obvious loops and double precision.
  ///
  /// Tests hold the kernels to these functions; nothing else calls them. Samples are the columns of a matrix
  /// [features, samples], as in the papers.
  package enum Reference {
    /// Y = W X + b over the connections.
    package static func forward(
      _ pattern: SparsityPattern, values: Vector, bias: Vector?, _ x: Matrix
    ) -> Matrix {
      var y = Matrix(rows: pattern.rows, columns: x.columns)
      for row in 0..<pattern.rows {
        for sample in 0..<x.columns {
          var sum = Double(bias?[row] ?? 0)
          for position in pattern.positions(ofRow: row) {
            sum += Double(values[position]) * Double(x[Int(pattern.columnIndices[position]), sample])
          }
          y[row, sample] = Float(sum)
        }
      }
      return y
    }

    /// dX = Wᵀ dY over the connections.
    package static func inputGradient(
      _ pattern: SparsityPattern, values: Vector, outputGradient dy: Matrix
    ) -> Matrix {
      var sums = [Double](repeating: 0, count: pattern.columns * dy.columns)
      for row in 0..<pattern.rows {
        for position in pattern.positions(ofRow: row) {
          let column = Int(pattern.columnIndices[position])
          for sample in 0..<dy.columns {
            sums[column * dy.columns + sample] += Double(values[position]) * Double(dy[row, sample])
          }
        }
      }
      return Matrix(rows: pattern.columns, columns: dy.columns, values: Vector(sums.map { Float($0) }))
    }

    /// dW = dY Xᵀ at the connections, in the pattern's order.
    package static func weightGradient(
      _ pattern: SparsityPattern, input x: Matrix, outputGradient dy: Matrix
    ) -> Vector {
      var gradient = Vector(count: pattern.count)
      for row in 0..<pattern.rows {
        for position in pattern.positions(ofRow: row) {
          let column = Int(pattern.columnIndices[position])
          var sum = 0.0
          for sample in 0..<x.columns { sum += Double(x[column, sample]) * Double(dy[row, sample]) }
          gradient[position] = Float(sum)
        }
      }
      return gradient
    }

    /// The pattern of a dense layer, with which the functions above serve dense layers too.
    package static func dense(outputs: Int, inputs: Int) -> SparsityPattern {
      SparsityPattern(
        trustedRows: outputs, columns: inputs, rowStarts: (0...outputs).map { $0 * inputs },
        columnIndices: (0..<outputs).flatMap { _ in (0..<inputs).map { UInt32($0) } })
    }

    /// The sum of every row.
    package static func rowSums(_ dy: Matrix) -> Vector {
      Vector((0..<dy.rows).map { row in Float(dy.row(row).reduce(0.0) { $0 + Double($1) }) })
    }
  }
#endif
