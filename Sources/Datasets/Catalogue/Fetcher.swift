// SPDX-License-Identifier: Apache-2.0
// Espalier: fetching data sets once, and knowing them again.

/// Fetches the files of catalogue entries into a cache folder.
///
/// The only part of the library that touches the network, and only when asked. A file comes to `name.part` by the
/// system's `curl`, is verified, and only then takes its place: a kill at any instant leaves nothing half-fetched there.
///
///     try Fetcher().fetch(entry) { print($0) }
public struct Fetcher: Sendable {
  private let curl: Curl

  /// A fetcher that runs the system's `curl`.
  public init() { self.init(program: "curl") }

  package init(program: String) { curl = Curl(program: program) }

  /// Fetches what is missing.
  ///
  /// - Parameters:
  ///   - folder: the cache folder, nil for ``DatasetCatalogue/cacheFolder``; the files go into its folder `entry.name`.
  ///   - report: gets one line for each thing that is done.
  /// - Throws: ``FetchError``, in words for the user.
  public func fetch(
    _ entry: DatasetEntry, into folder: String? = nil, report: (String) -> Void = { _ in }
  ) throws(FetchError) {
    guard case .download(let files) = entry.source else { throw .nothingToFetch(name: entry.name) }
    let folder = Paths.join(folder ?? DatasetCatalogue.cacheFolder, entry.name)
    var manifest = try Self.wrap { () throws(FileError) in
      try Paths.makeFolder(folder)
      return try Manifest(folder: folder)
    }
    for file in files {
      if try Self.isThere(file, folder, manifest) {
        report("\(file.name): already there")
        continue
      }
      let bytes = try fetch(file, folder, known: manifest[file.name], report: report)
      try Self.wrap { () throws(FileError) in
        manifest.record(file.name, bytes)
        if file.isArchive { try Self.unpack(file, folder, bytes, &manifest) }
        try manifest.write(folder: folder)
      }
      report("\(file.name): \(bytes.count) bytes, verified")
    }
  }

  /// Checks the files that are there against the catalogue's checksums and the manifest.
  ///
  /// - Returns: the names of the verified files.
  public func verify(_ entry: DatasetEntry, in folder: String? = nil) throws(FetchError) -> [String] {
    guard case .download(let files) = entry.source else { throw .nothingToFetch(name: entry.name) }
    let folder = Paths.join(folder ?? DatasetCatalogue.cacheFolder, entry.name)
    let manifest = try Self.wrap { () throws(FileError) in try Manifest(folder: folder) }
    var verified: [String] = []
    let archives = Set(files.filter(\.isArchive).map(\.name))
    for file in files where !file.isArchive {
      let bytes = try Self.bytes(Paths.join(folder, file.name), entry.name)
      try Self.check(bytes, file, known: manifest[file.name], path: Paths.join(folder, file.name))
      verified.append(file.name)
    }
    for line in manifest.lines where !archives.contains(line.name) && !verified.contains(line.name) {
      let path = Paths.join(folder, line.name)
      let got = SHA256.checksum(try Self.bytes(path, entry.name))
      guard got == line.checksum else { throw .checksum(file: path, expected: line.checksum, got: got) }
      verified.append(line.name)
    }
    guard !verified.isEmpty else {
      throw .file(.missing(path: folder, advice: "fetch it first: espalier data fetch \(entry.name)"))
    }
    return verified
  }

  private func fetch(
    _ file: DatasetFile, _ folder: String, known: Manifest.Line?, report: (String) -> Void
  ) throws(FetchError) -> [UInt8] {
    let path = Paths.join(folder, file.name)
    let part = path + ".part"
    defer { Paths.remove(part) }
    var last = FetchError.failed(url: file.name, reason: "no address is known", advice: "put the file there by hand")
    for url in file.mirrors {
      report("\(file.name): fetching \(url)")
      do throws(FetchError) {
        try curl.fetch(url, to: part)
        let bytes = try Self.bytes(part, file.name)
        try Self.check(bytes, file, known: known, path: url)
        if !file.isArchive { try Self.wrap { () throws(FileError) in try Paths.rename(part, to: path) } }
        return bytes
      } catch {
        switch error {
        case .interrupted, .noCurl: throw error
        default: last = error
        }
      }
    }
    throw last
  }

  /// Whether a file is in its place; one that is there but wrong is an error, and never overwritten.
  private static func isThere(_ file: DatasetFile, _ folder: String, _ manifest: Manifest) throws(FetchError) -> Bool {
    guard !file.isArchive else {
      return manifest[file.name] != nil
        && manifest.lines.allSatisfy { $0.name == file.name || Paths.exists(Paths.join(folder, $0.name)) }
    }
    let path = Paths.join(folder, file.name)
    guard Paths.exists(path) else { return false }
    try check(bytes(path, file.name), file, known: manifest[file.name], path: path)
    return true
  }

  private static func check(
    _ bytes: [UInt8], _ file: DatasetFile, known: Manifest.Line?, path: String
  ) throws(FetchError) {
    if let size = file.size, size != bytes.count {
      throw .checksum(file: path, expected: "of \(size) bytes", got: "\(bytes.count) bytes")
    }
    if let checksum = file.checksum {
      let got = try wrap { () throws(FileError) in try checksum.computed(bytes, path: path) }
      guard got == checksum.digits else { throw .checksum(file: path, expected: checksum.digits, got: got) }
    } else if let known {
      let got = SHA256.checksum(bytes)
      guard got == known.checksum else { throw .checksum(file: path, expected: known.checksum, got: got) }
    }
  }

  private static func unpack(
    _ file: DatasetFile, _ folder: String, _ bytes: [UInt8], _ manifest: inout Manifest
  ) throws(FileError) {
    let contents =
      Gzip.isGzip(bytes)
      ? try Gzip.inflate(bytes, path: file.name, limit: ReadLimits().maximumBytes) : bytes
    for (name, range) in try TarReader.files(contents, path: file.name) where name != Manifest.name {
      let member = Array(contents[range])
      let output = try OutputFile(Paths.join(folder, name))
      try output.write(member)
      try output.commit()
      manifest.record(name, member)
    }
  }

  private static func bytes(_ path: String, _ name: String) throws(FetchError) -> [UInt8] {
    try wrap { () throws(FileError) in try InputFile.contents(of: path, limit: ReadLimits().maximumBytes) }
  }

  private static func wrap<Result>(_ body: () throws(FileError) -> Result) throws(FetchError) -> Result {
    do throws(FileError) { return try body() } catch { throw .file(error) }
  }
}
