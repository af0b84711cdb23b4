// SPDX-License-Identifier: Apache-2.0
// Espalier: the arrays of a NumPy archive by their names.

package import SparseCore

/// The arrays of an `.npz` file, read one at a time.
package struct NPZTables {
  /// One array of the archive.
  package struct Entry: Sendable {
    /// Its name, without `.npy`.
    package let name: String
    fileprivate let member: ZipArchive.Member
  }

  /// The arrays in the file's order.
  package let entries: [Entry]
  private let archive: ZipArchive
  private let path: String
  private let limits: ReadLimits

  /// Opens an archive; its arrays are checked as they are read.
  package init(_ path: String, limits: ReadLimits = ReadLimits()) throws(FileError) {
    self.path = path
    self.limits = limits
    archive = try ZipArchive(InputFile.contents(of: path, limit: limits.maximumBytes), path: path)
    entries = archive.members.filter { $0.name.hasSuffix(".npy") }.map {
      Entry(name: String($0.name.dropLast(4)), member: $0)
    }
  }

  /// An array of numbers in two dimensions as floats `[rows, columns]`; nil for an array of another kind.
  package func matrix(_ entry: Entry) throws(FileError) -> Matrix? {
    let place = "\(path)/\(entry.member.name)"
    let bytes = try archive.contents(of: entry.member, limit: limits.maximumBytes)
    let header = try NPYHeader(ByteCursor(bytes: bytes, path: place))
    guard header.shape.count == 2, !header.shape.contains(0), NPYReader.reads(header) else { return nil }
    return try NPYReader(bytes, path: place).table(limits: limits).matrix()
  }
}
