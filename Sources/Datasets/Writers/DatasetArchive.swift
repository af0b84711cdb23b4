// SPDX-License-Identifier: Apache-2.0
// Espalier: data sets as NumPy archives.

internal import SparseCore

/// Writes data sets as `.npz` archives, which `numpy.load` and ``DatasetReader`` read.
///
/// Members: `X` `[samples, features]` in `float32`; `y`, the classes' own names (`int64` when all are whole numbers,
/// else texts) or the target values; `class_names`, and `feature_names` when there are any.
public enum DatasetArchive {
  /// Writes a data set to a file; images are flattened.
  public static func write(_ dataset: Dataset, to path: String) throws(FileError) {
    var writer = try NPZWriter(path)
    try writer.add("X", dataset.features)
    switch dataset.targets {
    case .classes(let labels, let names):
      let numbers = names.compactMap { Int64($0) }
      if numbers.count == names.count && Set(numbers).count == names.count {
        try writer.add("y", labels.map { numbers[Int($0)] })
      } else {
        try writer.add("y", labels.map { names[Int($0)] })
      }
      try writer.add("class_names", names)
    case .values(let values): try writer.add("y", values)
    case .none: break
    }
    if !dataset.featureNames.isEmpty { try writer.add("feature_names", dataset.featureNames) }
    try writer.commit()
  }
}
