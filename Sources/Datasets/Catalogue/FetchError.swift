// SPDX-License-Identifier: Apache-2.0
// Espalier: what can go wrong while fetching.

/// Why a data set could not be fetched or verified.
public enum FetchError: Error, Equatable, Sendable {
  /// The entry has no files to fetch.
  case nothingToFetch(name: String)
  /// The system has no `curl`.
  case noCurl(program: String, reason: String)
  /// Every mirror failed; this is the last one's reason.
  case failed(url: String, reason: String, advice: String)
  /// What came is not what the catalogue or the manifest knows.
  case checksum(file: String, expected: String, got: String)
  /// The user stopped it.
  case interrupted
  /// The cache folder's fault.
  case file(FileError)
}

extension FetchError: CustomStringConvertible {
  /// The error in one line: what was expected, what came, what to do.
  public var description: String {
    switch self {
    case .nothingToFetch(let name):
      "'\(name)' is part of the library: there is nothing to fetch"
    case .noCurl(let program, let reason):
      "cannot run '\(program)' (\(reason)); install curl, or put the files into the cache folder by hand"
    case .failed(let url, let reason, let advice):
      "cannot fetch \(url): \(reason); \(advice)"
    case .checksum(let file, let expected, let got):
      "'\(file)': expected checksum \(expected), got \(got); remove the file and fetch it again"
    case .interrupted:
      "stopped before the fetch was done; nothing half-fetched was kept"
    case .file(let error): error.description
    }
  }
}
