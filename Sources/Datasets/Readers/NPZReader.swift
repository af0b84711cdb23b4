// SPDX-License-Identifier: Apache-2.0
// Espalier: NumPy archives.

/// An `.npz` file with `X` and `y`, or with `x_train`, `y_train`, `x_test` and `y_test`; the case of letters is free.
enum NPZReader {
  static func read(_ bytes: [UInt8], path: String, options: ReadOptions) throws(FileError) -> LoadedData {
    let archive = try ZipArchive(bytes, path: path)
    if let train = try part(archive, "x_train", "y_train", path, options) {
      let test = try part(archive, "x_test", "y_test", path, options)
      return try LoadedData(train, test: test, path: path)
    }
    return try LoadedData(try whole(archive, path: path, options: options), test: nil, path: path)
  }

  /// The arrays `X` and `y` of an archive that holds one part.
  static func whole(_ bytes: [UInt8], path: String, options: ReadOptions) throws(FileError) -> RawData {
    try whole(ZipArchive(bytes, path: path), path: path, options: options)
  }

  private static func whole(
    _ archive: ZipArchive, path: String, options: ReadOptions
  ) throws(FileError) -> RawData {
    guard let whole = try part(archive, "x", "y", path, options) else {
      let names = archive.members.prefix(8).map { "'\($0.name)'" }.joined(separator: ", ")
      throw .format(
        path: path, expected: "arrays 'X' and 'y' (or 'x_train', 'y_train', 'x_test', 'y_test')",
        got: names.isEmpty ? "an empty archive" : names, advice: "save with np.savez(path, X=X, y=y)")
    }
    return whole
  }

  private static func part(
    _ archive: ZipArchive, _ features: String, _ labels: String, _ path: String, _ options: ReadOptions
  ) throws(FileError) -> RawData? {
    guard let member = member(archive, features) else { return nil }
    let limit = options.limits.maximumBytes
    let array = try NPYReader(archive.contents(of: member, limit: limit), path: "\(path)/\(member.name)")
    var data = try array.features(limits: options.limits)
    if options.label != .none, let member = self.member(archive, labels) {
      let array = try NPYReader(archive.contents(of: member, limit: limit), path: "\(path)/\(member.name)")
      data.targets = try array.targets(regression: options.regression, limits: options.limits)
    }
    return data
  }

  private static func member(_ archive: ZipArchive, _ name: String) -> ZipArchive.Member? {
    archive.members.first { $0.name.lowercased() == name + ".npy" }
  }
}
