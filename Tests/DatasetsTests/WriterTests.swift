// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of the writers.

internal import SparseCore
internal import Testing

@testable internal import Datasets

@Suite("Writing")
struct WriterTests {
  @Test("an archive that is written is read back")
  func archive() throws {
    try withFolder("npz") { folder in
      let path = Paths.join(folder, "a.npz")
      var writer = try NPZWriter(path)
      try writer.add("X", Matrix(rows: 2, columns: 2, values: [1, -2.5, 3, 4]))
      try writer.add("y", ["b", "äµ"])
      try writer.add("flags", [true, false])
      try writer.add("numbers", [Int64.min, 7])
      try writer.commit()
      let set = try DatasetReader.read(path: path).train
      #expect(set.features.values.elements == [1, -2.5, 3, 4])
      #expect(set.classNames == ["b", "äµ"] && set.labels == [0, 1])
      let bytes = try InputFile.contents(of: path, limit: 1 << 20)
      let zip = try ZipArchive(bytes, path: path)
      #expect(zip.members.map(\.name) == ["X.npy", "y.npy", "flags.npy", "numbers.npy"])
      let numbers = try NPYReader(zip.contents(of: zip.members[3], limit: 1 << 20), path: path)
      guard case .integers(let labels) = try numbers.targets(regression: false, limits: ReadLimits()) else {
        Issue.record("numbers that are no whole numbers")
        return
      }
      #expect(labels == [.min, 7])
    }
  }

  @Test("a sparse matrix has the members that SciPy asks for")
  func sparse() throws {
    try withFolder("csr") { folder in
      let path = Paths.join(folder, "m.npz")
      let pattern = try SparsityPattern(rows: 2, columns: 3, rowStarts: [0, 2, 3], columnIndices: [0, 2, 1])
      var writer = try NPZWriter(path)
      try writer.addCSR(pattern: pattern, values: [1, 2, 3])
      try writer.commit()
      let zip = try ZipArchive(InputFile.contents(of: path, limit: 1 << 20), path: path)
      #expect(zip.members.map(\.name).sorted() == ["data.npy", "format.npy", "indices.npy", "indptr.npy", "shape.npy"])
      let format = try zip.contents(of: zip.members[2], limit: 1 << 20)
      #expect(String(decoding: format, as: UTF8.self).hasSuffix("\ncsr"))
      #expect(String(decoding: format, as: UTF8.self).contains("'descr': '|S3', 'fortran_order': False, 'shape': ()"))
    }
  }

  @Test("an archive that is not committed leaves nothing behind")
  func uncommitted() throws {
    try withFolder("none") { folder in
      do {
        var writer = try NPZWriter(Paths.join(folder, "a.npz"))
        try writer.add("y", [Int32(1)])
      }
      #expect(Paths.list(folder).isEmpty)
    }
  }

  @Test("a table that is written is read back to the same floats")
  func csv() throws {
    try withFolder("csv") { folder in
      let path = Paths.join(folder, "moons.csv")
      let moons = Dataset.twoMoons(samples: 50, seed: 3)
      let odd = Dataset(
        name: "moons", features: moons.features, targets: .classes(moons.labels, names: ["a, \"b\"", "c"]),
        featureNames: ["x", "y;z"])
      try CSVWriter.write(odd, to: path)
      #expect(try DatasetReader.read(path: path).train == odd)
      let real = Dataset(name: "moons", features: moons.features, targets: .values(moons.features.rows(Array(0..<50))))
      try CSVWriter.write(real, to: path)
      let back = try DatasetReader.read(path: path, options: ReadOptions(label: .none)).train
      #expect(back.featureNames == ["x0", "x1", "target0", "target1"])
      #expect(back.features.row(7) == real.features.row(7) + real.features.row(7))
    }
  }

  @Test("a file that cannot take its place leaves nothing beside it")
  func noPlace() throws {
    try withFolder("place") { folder in
      let path = Paths.join(folder, "taken")
      try Paths.makeFolder(path)
      #expect(throws: FileError.self) { try OutputFile.write("text", to: path) }
      #expect(Paths.list(folder) == ["taken"])
    }
  }
}
