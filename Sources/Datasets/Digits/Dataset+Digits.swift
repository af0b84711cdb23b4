// SPDX-License-Identifier: Apache-2.0
// Espalier: the bundled handwritten digits.

internal import SparseCore

extension Dataset {
  /// 1,797 handwritten digits of 8 x 8 pixels, values from 0 to 16: the data set that needs no download.
  ///
  /// The numbers and their order are those of scikit-learn's `load_digits()`. Licence: CC BY 4.0.
  ///
  /// Source: E. Alpaydin, C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository, 1998,
  /// the test part, https://doi.org/10.24432/C50P49.
  public static func digits() -> Dataset {
    let record = 65
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try Gzip.inflate(Base64.decode(DigitsData.base64), path: "digits", limit: 1 << 20)
    } catch {
      preconditionFailure("the bundled digits are damaged: \(error)")
    }
    let count = bytes.count / record
    var features = Matrix(rows: count, columns: 64)
    // Safety: `count` whole records were counted, and the matrix holds 64 elements for each.
    features.values.write { values in
      for sample in 0..<count {
        for pixel in 0..<64 { values[sample * 64 + pixel] = Float(bytes[sample * record + pixel]) }
      }
    }
    let labels = (0..<count).map { Int32(bytes[$0 * record + 64]) }
    return Dataset(
      name: "digits", features: features, targets: .classes(labels, names: (0..<10).map { String($0) }),
      image: ImageShape(height: 8, width: 8))
  }
}
