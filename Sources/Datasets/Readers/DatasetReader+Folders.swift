// SPDX-License-Identifier: Apache-2.0
// Espalier: data sets of several files.

internal import SparseCore

extension DatasetReader {
  /// Reads a folder with MNIST's files, CIFAR-10's files, or files named train and test.
  static func readFolder(_ folder: String, options: ReadOptions) throws(FileError) -> LoadedData {
    let names = Paths.list(folder)
    if let train = try mnistPart("train", folder, names, options) {
      let test = try mnistPart("t10k", folder, names, options)
      return try LoadedData(train, test: test, path: folder)
    }
    let batches = names.filter { $0.hasPrefix("data_batch_") && $0.hasSuffix(".bin") }
    if !batches.isEmpty { return try cifar(folder, batches, test: names.contains("test_batch.bin"), options) }
    let inner = Paths.join(folder, "cifar-10-batches-bin")
    if Paths.isFolder(inner) { return try readFolder(inner, options: options) }
    if let train = named("train", names) {
      return try pair(folder, train: train, test: named("test", names), options)
    }
    throw unknown(
      folder,
      got: names.isEmpty ? "an empty folder" : "a folder with " + names.prefix(6).joined(separator: ", "))
  }

  private static func mnistPart(
    _ part: String, _ folder: String, _ names: [String], _ options: ReadOptions
  ) throws(FileError) -> RawData? {
    guard let images = named("\(part)-images-idx3-ubyte", "\(part)-images.idx3-ubyte", names) else { return nil }
    let path = Paths.join(folder, images)
    var data = try IDXReader.features(contents(path, limits: options.limits), path: path, limits: options.limits)
    guard let labels = named("\(part)-labels-idx1-ubyte", "\(part)-labels.idx1-ubyte", names) else {
      throw .missing(
        path: Paths.join(folder, "\(part)-labels-idx1-ubyte.gz"), advice: "the labels belong beside the images")
    }
    let labelPath = Paths.join(folder, labels)
    data.targets = try IDXReader.labels(
      contents(labelPath, limits: options.limits), path: labelPath, limits: options.limits
    ).asked(options)
    return data
  }

  private static func cifar(
    _ folder: String, _ batches: [String], test: Bool, _ options: ReadOptions
  ) throws(FileError) -> LoadedData {
    var files: [[UInt8]] = []
    for name in batches {
      files.append(try InputFile.contents(of: Paths.join(folder, name), limit: options.limits.maximumBytes))
    }
    var data = LoadedData(train: try CIFARReader.read(files, path: folder, limits: options.limits))
    if test {
      let path = Paths.join(folder, "test_batch.bin")
      let bytes = try InputFile.contents(of: path, limit: options.limits.maximumBytes)
      data.test = try CIFARReader.read([bytes], path: path, limits: options.limits)
    }
    return data
  }

  /// Two files of one format; their classes are numbered together.
  private static func pair(
    _ folder: String, train: String, test: String?, _ options: ReadOptions
  ) throws(FileError) -> LoadedData {
    var inner = options
    var parts: [RawData] = []
    for name in [train] + (test.map { [$0] } ?? []) {
      let path = Paths.join(folder, name)
      let bytes = try contents(path, limits: options.limits)
      switch DataFormat.recognise(name: name, bytes: bytes) {
      case .csv: parts.append(try CSVReader(bytes: bytes, path: path, options: inner).read())
      case .libsvm:
        let data = try LIBSVMReader(bytes: bytes, path: path, options: inner).read()
        inner.featureCount = data.features.columns
        parts.append(data)
      case .npz: parts.append(try NPZReader.whole(bytes, path: path, options: inner))
      default: throw unknown(path, got: "a file of another kind")
      }
    }
    return try LoadedData(parts[0], test: parts.count > 1 ? parts[1] : nil, path: folder)
  }

  private static func named(_ name: String, _ other: String, _ names: [String]) -> String? {
    names.first { [name, name + ".gz", other, other + ".gz"].contains($0) }
  }

  private static func named(_ stem: String, _ names: [String]) -> String? {
    names.first { $0.prefix { $0 != "." } == stem && $0.contains(".") }
  }
}
