// SPDX-License-Identifier: Apache-2.0
// Espalier: sparse matrices as SciPy keeps them.

package import SparseCore

extension NPZWriter {
  /// Adds the members that `scipy.sparse.load_npz` reads: `indices`, `indptr`, `format`, `shape` and `data`.
  ///
  /// - Parameter prefix: put before each member's name, "" for a file that holds one matrix.
  package mutating func addCSR(
    _ prefix: String = "", pattern: SparsityPattern, values: Vector
  ) throws(FileError) {
    precondition(values.count == pattern.count, "\(values.count) values for \(pattern.count) connections")
    try add(prefix + "indices", indices: pattern.columnIndices)
    try add(prefix + "indptr", pattern.rowStarts.map { Int64($0) })
    try add(prefix + "format", type: "|S3", shape: [], elements: Array("csr".utf8))
    try add(prefix + "shape", [Int64(pattern.rows), Int64(pattern.columns)])
    try add(prefix + "data", values, shape: [values.count])
  }
}
