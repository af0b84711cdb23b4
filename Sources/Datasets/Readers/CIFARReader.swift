// SPDX-License-Identifier: Apache-2.0
// Espalier: CIFAR-10's binary files.

internal import SparseCore

/// Records of 3,073 bytes: a class 0...9, then 1,024 red, green and blue values, row after row.
///
/// Source: A. Krizhevsky, *Learning multiple layers of features from tiny images*, 2009, the binary version.
enum CIFARReader {
  static let record = 3073
  static let classNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  /// The records of one or more files, in order.
  static func read(_ files: [[UInt8]], path: String, limits: ReadLimits) throws(FileError) -> Dataset {
    var count = 0
    for file in files {
      guard !file.isEmpty, file.count % record == 0 else {
        throw .format(
          path: path, expected: "records of \(record) bytes", got: "\(file.count) bytes",
          advice: "is this a file of CIFAR-10's binary version?")
      }
      count += file.count / record
    }
    try limits.check(rows: count, columns: record - 1, path: path)
    var features = Matrix(rows: count, columns: record - 1)
    var labels: [Int32] = []
    labels.reserveCapacity(count)
    var sample = 0
    for file in files {
      for start in stride(from: 0, to: file.count, by: record) {
        guard file[start] < 10 else {
          throw .format(
            path: path, expected: "a class 0...9 in record \(start / record)", got: "\(file[start])",
            advice: "is this a file of CIFAR-10's binary version?")
        }
        labels.append(Int32(file[start]))
        // Safety: `sample < count` rows of 3,072 elements; `start + 3072` lies in the file, cut in whole records.
        features.values.write { values in
          for pixel in 0..<record - 1 { values[sample * (record - 1) + pixel] = Float(file[start + 1 + pixel]) }
        }
        sample += 1
      }
    }
    return Dataset(
      name: "cifar-10", features: features, targets: .classes(labels, names: classNames),
      image: ImageShape(height: 32, width: 32, channels: 3))
  }
}
