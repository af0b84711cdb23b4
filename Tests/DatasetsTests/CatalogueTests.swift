// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of the catalogue, the checksums and the fetcher.

internal import SparseCore
internal import Testing

@testable internal import Datasets

@Suite("The catalogue")
struct CatalogueTests {
  @Test("SHA-256 and MD5 give the answers of their standards")
  func checksums() {
    let abc = Array("abc".utf8)
    #expect(SHA256.checksum([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(SHA256.checksum(abc) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let long = Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)
    #expect(SHA256.checksum(long) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(MD5.checksum([]) == "d41d8cd98f00b204e9800998ecf8427e")
    #expect(MD5.checksum(abc) == "900150983cd24fb0d6963f7d28e17f72")
    let digits = Array("12345678901234567890123456789012345678901234567890123456789012345678901234567890".utf8)
    #expect(MD5.checksum(digits) == "57edf4a22be3c955ac49da2e2107b67a")
  }

  @Test("a checksum does not depend on the pieces")
  func pieces() {
    let bytes = (0..<300).map { UInt8($0 % 256) }
    for size in [1, 55, 63, 64, 65, 299] {
      var sha = SHA256()
      var md5 = MD5()
      for start in stride(from: 0, to: 300, by: size) {
        sha.update(Array(bytes[start..<min(300, start + size)]))
        md5.update(Array(bytes[start..<min(300, start + size)]))
      }
      #expect(sha.finish() == SHA256.checksum(bytes) && md5.finish() == MD5.checksum(bytes))
    }
  }

  @Test("the cache folder follows the variables in their order")
  func cacheFolder() {
    var variables = ["HOME": "/home/me"]
    #expect(DatasetCatalogue.cacheFolder { variables[$0] }.hasPrefix("/home/me/"))
    variables["XDG_CACHE_HOME"] = "/cache"
    #expect(DatasetCatalogue.cacheFolder { variables[$0] } == "/cache/espalier")
    variables["ESPALIER_DATA"] = "/data"
    #expect(DatasetCatalogue.cacheFolder { variables[$0] } == "/data")
  }

  @Test("every entry that needs no network is as its entry says")
  func entries() throws {
    for entry in DatasetCatalogue.entries where entry.name != "madelon" {
      if case .download(let files) = entry.source {
        #expect(files.allSatisfy { !$0.mirrors.isEmpty && $0.checksum != nil })
      } else {
        let set = try DatasetCatalogue.load(entry.name).train
        #expect(set.count == entry.samples && set.featureCount == entry.features && set.classCount == entry.classes)
      }
    }
  }

  @Test("unknown and unfetched names are answered with what to do")
  func names() {
    #expect(
      words { try DatasetCatalogue.load("digts") }
        == "there is no file at 'digts'; it is no data set of the catalogue either; did you mean 'digits'?")
    #expect(
      words { try DatasetCatalogue.load("mnist", cache: "/nowhere") }
        == "there is no file at '/nowhere/mnist'; fetch it first: espalier data fetch mnist")
    #expect(words { try Fetcher().fetch(#require(DatasetCatalogue.entry("Digits"))) }.contains("nothing to fetch"))
    #expect(Names.distance("kitten", "sitting") == 3)
  }

  @Test("a data set that has come only in part is refused, and the missing files are named")
  func halfFetched() throws {
    try withFolder("half") { cache in
      let mnist = Paths.join(cache, "mnist")
      try Paths.makeFolder(mnist)
      try OutputFile.write("", to: Paths.join(mnist, "train-images-idx3-ubyte.gz"))
      try OutputFile.write("", to: Paths.join(mnist, "train-labels-idx1-ubyte"))
      #expect(
        words { try DatasetCatalogue.load("mnist", cache: cache) }
          == "there is no file at '\(mnist)/t10k-images-idx3-ubyte.gz'; also missing: t10k-labels-idx1-ubyte.gz; "
          + "fetch the rest: espalier data fetch mnist")
      let inner = Paths.join(cache, "cifar-10/cifar-10-batches-bin")
      try Paths.makeFolder(inner)
      for batch in 1...5 { try OutputFile.write("", to: Paths.join(inner, "data_batch_\(batch).bin")) }
      #expect(
        words { try DatasetCatalogue.load("cifar-10", cache: cache) }
          == "there is no file at '\(cache)/cifar-10/test_batch.bin'; fetch the rest: espalier data fetch cifar-10")
    }
  }

  private static let hasCurl = (Paths.environment("PATH") ?? "").split(separator: ":").contains {
    Paths.exists(Paths.join(String($0), "curl"))
  }

  private func entry(_ files: [DatasetFile]) -> DatasetEntry {
    DatasetEntry(
      name: "set", summary: "", samples: 0, features: 0, classes: 0, licence: "", citation: "",
      source: .download(files))
  }

  @Test("a file is fetched, verified, recorded, kept, and known again", .enabled(if: hasCurl))
  func fetch() throws {
    try withFolder("fetch") { folder in
      let source = golden("train-labels-idx1-ubyte.gz")
      let contents = try DatasetReader.contents(source, limits: ReadLimits())
      let file = DatasetFile(
        name: "labels.gz", mirrors: ["file:///nowhere/labels.gz", "file://" + source],
        checksum: Checksum(.sha256, of: .contents, SHA256.checksum(contents)))
      let trusted = DatasetFile(name: "table.csv", mirrors: ["file://" + golden("table.csv")])
      let set = entry([file, trusted])
      var lines: [String] = []
      try Fetcher().fetch(set, into: folder) { lines.append($0) }
      #expect(lines.count == 5)
      #expect(Paths.list(Paths.join(folder, "set")) == ["labels.gz", "manifest.txt", "table.csv"])
      #expect(try Fetcher().verify(set, in: folder) == ["labels.gz", "table.csv"])
      lines = []
      try Fetcher().fetch(set, into: folder) { lines.append($0) }
      #expect(lines == ["labels.gz: already there", "table.csv: already there"])
      let changed = Paths.join(folder, "set/table.csv")
      try OutputFile.write("1,2\n", to: changed)
      #expect(words { try Fetcher().verify(set, in: folder) }.contains("expected checksum"))
      #expect(words { try Fetcher().fetch(set, into: folder) }.contains("remove the file and fetch it again"))
    }
  }

  @Test("a wrong checksum and a missing source leave nothing behind", .enabled(if: hasCurl))
  func refusals() throws {
    try withFolder("refuse") { folder in
      let wrong = DatasetFile(
        name: "t.csv", mirrors: ["file://" + golden("table.csv")], checksum: Checksum(.md5, of: .file, "00"))
      #expect(words { try Fetcher().fetch(entry([wrong]), into: folder) }.contains("table.csv': expected checksum 00"))
      let missing = DatasetFile(name: "t.csv", mirrors: ["file:///nowhere/t.csv"])
      #expect(
        words { try Fetcher().fetch(entry([missing]), into: folder) }
          == "cannot fetch file:///nowhere/t.csv: there is no such file; check the address")
      #expect(Paths.list(Paths.join(folder, "set")).isEmpty)
    }
  }

  @Test("an archive is unpacked, and its files are verified", .enabled(if: hasCurl))
  func archive() throws {
    try withFolder("tar") { folder in
      let path = Paths.join(folder, "a.tar.gz")
      let output = try OutputFile(path)
      try output.write(Gzip.deflate(ReaderSamples.tar))
      try output.commit()
      let set = entry([DatasetFile(name: "a.tar.gz", mirrors: ["file://" + path], isArchive: true)])
      try Fetcher().fetch(set, into: folder)
      #expect(Paths.list(Paths.join(folder, "set")) == ["data.bin", "manifest.txt"])
      #expect(try Fetcher().verify(set, in: folder) == ["data.bin"])
      var lines: [String] = []
      try Fetcher().fetch(set, into: folder) { lines.append($0) }
      #expect(lines == ["a.tar.gz: already there"])
    }
  }

  @Test("a system without curl is told so")
  func noCurl() throws {
    try withFolder("curl") { folder in
      let file = DatasetFile(name: "t", mirrors: ["file:///nowhere/t"])
      #expect(
        words { try Fetcher(program: "no-such-curl").fetch(entry([file]), into: folder) }.hasPrefix(
          "cannot run 'no-such-curl' ("))
    }
  }
}
