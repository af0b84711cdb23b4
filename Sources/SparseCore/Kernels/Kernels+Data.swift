// SPDX-License-Identifier: Apache-2.0
// Espalier: samples into activations and back.

internal import CKernels

private struct GatherJob {
  let kernels: UnsafePointer<espalier_kernels>
  let rows: UnsafePointer<Int64>
  let table: UnsafePointer<Float>
  let target: Activations
}

private struct ScatterJob {
  let kernels: UnsafePointer<espalier_kernels>
  let source: Activations
  let table: UnsafeMutablePointer<Float>
}

extension Kernels {
  /// Fills `target` with the rows `rows[range]` of a table [samples, features], one sample a row.
  ///
  /// `target` takes as many samples as the range has; padded lanes become zero.
  package static func gather(
    rows: [Int], range: Range<Int>, from source: Matrix, into target: Activations, workers: Workers
  ) {
    precondition(
      source.columns == target.features, "\(source.columns) columns into \(target.features) features")
    precondition(
      range.lowerBound >= 0 && range.upperBound <= rows.count, "samples \(range) of \(rows.count)")
    for index in range {
      precondition(rows[index] >= 0 && rows[index] < source.rows, "row \(rows[index]) of \(source.rows)")
    }
    target.resize(samples: range.count)
    rows.withUnsafeBufferPointer { rows in
      rows.withMemoryRebound(to: Int64.self) { rows in
        guard let first = rows.baseAddress else { return }
        source.values.read { values in
          let job = GatherJob(
            kernels: table, rows: first + range.lowerBound, table: values, target: target)
          workers.run(
            target.blocks, job, parallel: worthSharing(4 * range.count * target.features)
          ) { job, block in
            let target = job.target
            job.kernels.pointee.gather(
              Int64(target.features), Int64(target.samples(inBlock: block)), Int64(target.lanes), job.table,
              job.rows + block * target.lanes, target.block(block))
          }
        }
      }
    }
  }

  /// Writes every sample of `y` as a row of `table`, from row `first` on.
  package static func scatter(
    _ y: Activations, into target: inout Matrix, atRow first: Int, workers: Workers
  ) {
    precondition(
      y.features == target.columns && first >= 0 && first + y.samples <= target.rows,
      "\(y.samples) samples of \(y.features) features from row \(first) into [\(target.rows), \(target.columns)]")
    let columns = target.columns
    target.values.write { values in
      let job = ScatterJob(kernels: table, source: y, table: values + first * columns)
      workers.run(y.blocks, job, parallel: worthSharing(4 * y.samples * y.features)) { job, block in
        let source = job.source
        job.kernels.pointee.scatter(
          Int64(source.features), Int64(source.samples(inBlock: block)), Int64(source.lanes), source.block(block),
          job.table + block * source.lanes * source.features)
      }
    }
  }
}
