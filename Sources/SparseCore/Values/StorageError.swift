// SPDX-License-Identifier: Apache-2.0
// Espalier: what can be wrong with memory in a file.

#if !hasFeature(Embedded)
  /// Why memory in a file cannot be had.
  public enum StorageError: Error, Equatable, Sendable {
    /// No file can be made in the folder.
    case folder(String, reason: String)
    /// The disk of the folder has not room enough.
    case room(String, bytes: Int, reason: String)
  }

  extension StorageError: CustomStringConvertible {
    /// What was expected, what came, what to do.
    public var description: String {
      switch self {
      case .folder(let folder, let reason):
        "'\(folder)': expected a folder in which files can be made, got: \(reason); name another one"
      case .room(let folder, let bytes, let reason):
        "'\(folder)': expected room for \(bytes) bytes, got: \(reason); free some, or name a folder on another disk"
      }
    }
  }
#endif
