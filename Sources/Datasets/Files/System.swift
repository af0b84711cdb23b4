// SPDX-License-Identifier: Apache-2.0
// Espalier: the few system calls that files need, alike on Linux and macOS.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The last system error in words.
package func systemReason() -> String {
  String(cString: strerror(errno))
}

/// Paths and folders.
package enum Paths {
  /// Whether something is there.
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether a folder is there.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && (status.st_mode & S_IFMT) == S_IFDIR
  }

  /// Whether something is there that is no file: a folder, a device, a pipe.
  package static func isOtherThanFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && (status.st_mode & S_IFMT) != S_IFREG
  }

  /// Whether both are there and are one file, under whatever name.
  package static func isSame(_ path: String, _ other: String) -> Bool {
    var (first, second) = (stat(), stat())
    return stat(path, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev
      && first.st_ino == second.st_ino
  }

  /// Makes a folder and those above it.
  package static func makeFolder(_ path: String) throws(FileError) {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
      if mkdir(made, 0o777) != 0 && !isFolder(made) {
        if exists(made) {
          throw .unwritable(path: path, reason: "'\(made)' is a file, not a folder", advice: "name another folder")
        }
        throw .unwritable(path: made, reason: systemReason())
      }
    }
  }

  /// The folder a path lies in, "." for a bare name.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last part of a path.
  package static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// Joins a folder and a name.
  package static func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  /// The names in a folder, sorted; empty when it cannot be listed.
  package static func list(_ folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) {
          String(cString: $0)
        }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a file if it is there.
  package static func remove(_ path: String) { _ = unlink(path) }

  /// Renames a file over another, atomically.
  package static func rename(_ from: String, to path: String) throws(FileError) {
    #if canImport(Glibc)
      let failed = Glibc.rename(from, path) != 0
    #elseif canImport(Musl)
      let failed = Musl.rename(from, path) != 0
    #else
      let failed = Darwin.rename(from, path) != 0
    #endif
    if failed { throw .unwritable(path: path, reason: systemReason()) }
  }

  /// The value of an environment variable, nil when unset or empty.
  package static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }
}
