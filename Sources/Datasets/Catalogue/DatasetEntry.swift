// SPDX-License-Identifier: Apache-2.0
// Espalier: one line of the catalogue.

/// A data set that is known by name.
public struct DatasetEntry: Sendable, Equatable {
  /// Where its numbers come from.
  public enum Source: Sendable, Equatable {
    /// Part of the library.
    case bundled
    /// Made up from a seed.
    case generated
    /// Files to fetch once.
    case download([DatasetFile])
  }

  /// What users call it.
  public let name: String
  /// One sentence.
  public let summary: String
  /// Samples in all parts.
  public let samples: Int
  /// Features a sample.
  public let features: Int
  /// Classes.
  public let classes: Int
  /// Under which terms it may be used.
  public let licence: String
  /// Whom to cite.
  public let citation: String
  /// Where its numbers come from.
  public let source: Source
}

/// One file of a data set and where to get it.
public struct DatasetFile: Sendable, Equatable {
  /// Its name in the cache folder.
  public let name: String
  /// Addresses of the same file, tried in turn.
  public let mirrors: [String]
  /// Its size in bytes, nil when mirrors differ.
  public let size: Int?
  /// How it is recognised; nil: trusted when first fetched, the same for ever after.
  public let checksum: Checksum?
  /// Whether it is a gzipped tar archive, whose files are put in its place.
  public let isArchive: Bool
  /// The files of an archive that the data set is read from.
  public let members: [String]

  /// Describes a file.
  public init(
    name: String, mirrors: [String], size: Int? = nil, checksum: Checksum? = nil, isArchive: Bool = false,
    members: [String] = []
  ) {
    self.name = name
    self.mirrors = mirrors
    self.size = size
    self.checksum = checksum
    self.isArchive = isArchive
    self.members = members
  }
}
