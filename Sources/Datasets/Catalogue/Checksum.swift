// SPDX-License-Identifier: Apache-2.0
// Espalier: how a file is recognised.

/// A checksum of a file, or of what a gzipped file inflates to.
///
/// Mirrors gzip the same numbers anew, so the checksum of the contents is the one that lasts.
public struct Checksum: Sendable, Equatable {
  /// How the checksum is computed.
  public enum Algorithm: String, Sendable {
    /// FIPS 180-4.
    case sha256
    /// RFC 1321; where the authors publish no other.
    case md5
  }

  /// What the checksum is of.
  public enum Subject: String, Sendable {
    /// The file as it is.
    case file
    /// What the file inflates to.
    case contents
  }

  /// How it is computed.
  public let algorithm: Algorithm
  /// What it is of.
  public let subject: Subject
  /// Lower-case hexadecimal digits.
  public let digits: String

  /// Makes a checksum.
  public init(_ algorithm: Algorithm, of subject: Subject, _ digits: String) {
    self.algorithm = algorithm
    self.subject = subject
    self.digits = digits
  }

  /// The digits that a file's bytes give.
  func computed(_ bytes: [UInt8], path: String) throws(FileError) -> String {
    let subject =
      self.subject == .contents && Gzip.isGzip(bytes)
      ? try Gzip.inflate(bytes, path: path, limit: ReadLimits().maximumBytes) : bytes
    return algorithm == .sha256 ? SHA256.checksum(subject) : MD5.checksum(subject)
  }
}
