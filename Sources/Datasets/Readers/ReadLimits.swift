// SPDX-License-Identifier: Apache-2.0
// Espalier: how much memory reading may take.

/// The bound on what a reader may allocate.
///
/// A file's contents, what they inflate to, and the features made from them are each at most `maximumBytes`; sizes that
/// a file claims are checked before memory is taken for them.
public struct ReadLimits: Sendable, Equatable {
  /// The most bytes of contents, of inflated contents, and of features (4 a value).
  public var maximumBytes: Int

  /// Makes a limit; 8 GiB unless said otherwise.
  public init(maximumBytes: Int = 8 << 30) {
    precondition(maximumBytes >= 0, "a limit of \(maximumBytes) bytes")
    self.maximumBytes = maximumBytes
  }

  /// Checks a table of floats before it is made.
  func check(rows: Int, columns: Int, path: String) throws(FileError) {
    let cells = rows.multipliedReportingOverflow(by: columns)
    let bytes = cells.partialValue.multipliedReportingOverflow(by: 4)
    guard rows >= 0, columns >= 0, !cells.overflow, !bytes.overflow, bytes.partialValue <= maximumBytes else {
      let claimed = cells.overflow || bytes.overflow ? Int.max : bytes.partialValue
      throw .tooLarge(path: path, limit: maximumBytes, got: claimed)
    }
  }
}
