// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of the readers of IDX, NumPy and CIFAR-10 files.

internal import SparseCore
internal import Testing

@testable internal import Datasets

@Suite("Reading arrays")
struct ArrayReaderTests {
  @Test(
    "every number type is read in both byte orders",
    arguments: ["f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
  func types(type: String) throws {
    for order in ["little", "big"] {
      let set = try DatasetReader.read(path: golden("\(order)-\(type).npy")).train
      #expect(set.features.rows == 4 && set.features.values.elements == goldenValues)
      #expect(set.targets == .none)
    }
  }

  @Test("truth values and Fortran's order are read")
  func orders() throws {
    #expect(try DatasetReader.read(path: golden("b1.npy")).train.features.row(0) == [0, 1, 0])
    #expect(try DatasetReader.read(path: golden("fortran.npy")).train.features.values.elements == goldenValues)
    let cube = try DatasetReader.read(path: golden("fortran-cube.npy")).train
    #expect(cube.features.values.elements == (0..<24).map { Float($0) })
    #expect(cube.image == ImageShape(height: 3, width: 4))
  }

  @Test("stored and deflated archives are read, with whole numbers or texts as labels")
  func archives() throws {
    let stored = try DatasetReader.read(path: golden("stored.npz")).train
    #expect(stored.features.values.elements == goldenValues)
    #expect(stored.labels == [0, 1, 0, 1] && stored.classNames == ["0", "1"] && stored.name == "stored")
    let deflated = try DatasetReader.read(path: golden("deflated.npz")).train
    #expect(deflated.features.values.elements == goldenValues)
    #expect(deflated.labels == [0, 1, 0, 1] && deflated.classNames == ["no", "yé"])
    let real = try DatasetReader.read(path: golden("stored.npz"), options: ReadOptions(regression: true)).train
    #expect(real.targets == .values(Matrix(rows: 4, columns: 1, values: [0, 1, 0, 1])))
  }

  @Test("the classes of a training and a test part are numbered together")
  func parts() throws {
    let data = try DatasetReader.read(path: golden("parts.npz"))
    let test = try #require(data.test)
    #expect(data.train.classNames == ["5", "7", "9"] && test.classNames == ["5", "7", "9"])
    #expect(data.train.labels == [0, 1, 0, 1] && test.labels == [1, 2])
    #expect(data.train.image == ImageShape(height: 1, width: 3))
  }

  @Test("MNIST's files are read as a folder and by the file of images")
  func idx() throws {
    for path in [Paths.folder(of: golden("x")), golden("train-images-idx3-ubyte.gz")] {
      let set = try DatasetReader.read(path: path).train
      #expect(set.features.values.elements == goldenValues && set.labels == [0, 1, 0, 1])
      #expect(set.image == ImageShape(height: 1, width: 3))
    }
  }

  @Test("MNIST's labels are numbers or nothing when asked for")
  func idxOptions() throws {
    let folder = Paths.folder(of: golden("x"))
    let real = try DatasetReader.read(path: folder, options: ReadOptions(regression: true)).train
    #expect(real.targets == .values(Matrix(rows: 4, columns: 1, values: [0, 1, 0, 1])))
    #expect(try DatasetReader.read(path: folder, options: ReadOptions(label: .none)).train.targets == .none)
  }

  @Test("CIFAR-10's records are a class and three planes of pixels")
  func cifar() throws {
    let set = try DatasetReader.read(bytes: ReaderSamples.cifar, name: "test_batch.bin").train
    #expect(set.count == 2 && set.labels == [0, 1] && set.classNames[1] == "automobile")
    #expect(set.features.row(1)[250] == 250 && set.image == ImageShape(height: 32, width: 32, channels: 3))
    var bad = ReaderSamples.cifar
    bad[3073] = 11
    #expect(
      words { try DatasetReader.read(bytes: bad, format: .cifar10, name: "b") }
        == "'b': expected a class 0...9 in record 1, got 11; is this a file of CIFAR-10's binary version?")
  }

  @Test("what NumPy can hold and a network cannot is refused in clear words")
  func refusals() {
    #expect(
      words { try DatasetReader.read(path: golden("object.npy")) }.hasSuffix(
        "object.npy': expected numbers (f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1), got Python objects, which only unpickling "
          + "can read and which may run code; save plain numbers: np.savez(path, X=X.astype('float32'), y=y)"))
    #expect(words { try DatasetReader.read(path: golden("record.npy")) }.contains("got a record array;"))
    #expect(words { try DatasetReader.read(path: golden("complex.npy")) }.contains("got '<c8';"))
  }

  @Test("a limit is told before memory is taken")
  func limits() throws {
    let small = ReadOptions(limits: ReadLimits(maximumBytes: 40))
    #expect(
      words { try DatasetReader.read(bytes: ReaderSamples.idx, name: "i", options: small) }
        == "'i': expected at most 40 bytes, got 96; split the file or raise the limit")
    var huge: [UInt8] = [0, 0, 8, 8]
    for _ in 0..<8 { huge += [0x7f, 0xff, 0xff, 0xff] }
    #expect(words { try DatasetReader.read(bytes: huge, name: "i") }.contains("expected sizes of 1 and more"))
    let bomb = Gzip.deflate([UInt8](repeating: 0, count: 1 << 20))
    #expect(bomb.count < 2000)
    #expect(
      words { try Gzip.inflate(bomb, path: "z", limit: 1 << 19) }
        == "'z': expected at most 524288 bytes, got 524289; split the file or raise the limit")
    #expect(try Gzip.inflate(bomb, path: "z", limit: 1 << 20).count == 1 << 20)
  }

  @Test("cut and damaged files are told apart")
  func damage() {
    let whole = Gzip.deflate(ReaderSamples.idx)
    for length in 2..<whole.count {
      #expect(words { try Gzip.inflate(Array(whole[..<length]), path: "z", limit: 1 << 20) }.contains("is cut short"))
    }
    var damaged = whole
    damaged[whole.count - 6] ^= 1  // the stored CRC-32
    #expect(words { try Gzip.inflate(damaged, path: "z", limit: 1 << 20) }.contains("(incorrect data check)"))
    var archive = ReaderSamples.zip(deflated: false)
    archive[160] ^= 1  // one of the numbers
    #expect(words { try DatasetReader.read(bytes: archive, name: "a.npz") }.contains("expected checksum"))
    #expect(
      words { try DatasetReader.read(bytes: Array(ReaderSamples.idx.dropLast()), name: "i") }
        == "'i': expected 24 bytes for 4 x 2 x 3 after the header, got 23; "
        + "the file is cut short or damaged; fetch or copy it again")
  }
}
