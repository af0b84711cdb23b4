// SPDX-License-Identifier: Apache-2.0
// Espalier: TensorBoard's event files.

import Datasets
import SparseCore
import Testing

@testable import Training

@Suite("TensorBoard")
struct TensorBoardTests {
  @Test("the checksum's known answers (RFC 3720, B.4)")
  func checksum() {
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(0..<32) == 0x46DD_794E)
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.checksum([]) == 0)
  }

  private static func record(in folder: String, lastStep: Int? = nil) throws -> TensorBoardWriter {
    try TensorBoardWriter(folder: folder, fileName: "events", wallTime: 1000.5, keepingThrough: lastStep)
  }

  private static func fill(_ writer: TensorBoardWriter) throws {
    writer.text("config/text_summary", "**lr** 0.1", step: 0, wallTime: 1001)
    writer.scalars([("train/loss", 0.25), ("test/accuracy", 0)], step: 1, wallTime: 1002)
    try writer.flush()
    writer.histogram("weights", HistogramSummary([1, 1.5, 2, 4] as [Float], buckets: 2), step: 300, wallTime: 1003)
    try writer.flush()
  }

  @Test("the bytes are those of the tensorboard package")
  func golden() throws {
    let golden = try TestFiles.golden("events.tfevents")
    try TestFiles.withFolder { folder in
      let writer = try Self.record(in: folder)
      try Self.fill(writer)
      #expect(try InputFile.contents(of: writer.path, limit: 10000) == golden)
    }
    let ranges = TensorBoardRecords.ranges(in: golden)
    #expect(ranges.map(\.count).reduce(0, +) == golden.count)
    let steps = ranges.map { TensorBoardRecords.step(ofEvent: golden[$0.lowerBound + 12..<$0.upperBound - 4]) }
    #expect(steps == [0, 0, 1, 300])
  }

  @Test("a resumed run continues after its last step, whatever a kill left behind")
  func resume() throws {
    let golden = try TestFiles.golden("events.tfevents")
    let ranges = TensorBoardRecords.ranges(in: golden)
    try TestFiles.withFolder { folder in
      let path = Paths.join(folder, "events")
      for cut in 0...golden.count {
        let file = try OutputFile(path)
        try file.write(Array(golden[..<cut]))
        try file.commit()
        _ = try Self.record(in: folder, lastStep: 1)
        let kept = try InputFile.contents(of: path, limit: 10000)
        let whole = ranges.prefix { $0.upperBound <= cut }.count
        #expect(kept == Array(golden[..<ranges[max(0, min(2, whole - 1))].upperBound]), "cut at \(cut)")
      }
    }
  }

  @Test("any single broken byte ends the reading at its record")
  func broken() throws {
    let golden = try TestFiles.golden("events.tfevents")
    let ranges = TensorBoardRecords.ranges(in: golden)
    for index in golden.indices {
      var bytes = golden
      bytes[index] ^= 0x10
      #expect(TensorBoardRecords.ranges(in: bytes) == ranges.prefix { $0.upperBound <= index })
    }
  }

  @Test("mutated files and events are walked through without harm")
  func fuzz() throws {
    let golden = try TestFiles.golden("events.tfevents")
    let event = Array(golden[golden.count - 100..<golden.count - 4])
    var mutator = Mutator(seed: 21)
    var whole = 0
    for _ in 0..<500 {
      whole += FormatFuzz.tensorBoard(mutator.mutate(golden))
      #expect(FormatFuzz.tensorBoard(mutator.mutate(event)) == 0)
    }
    #expect(whole > 0 && whole < 2000)
  }

  @Test("a missing folder is an error")
  func missingFolder() {
    #expect(throws: FileError.self) {
      try TensorBoardWriter(folder: "/no/such/folder", fileName: "events", wallTime: 0)
    }
    #expect(TensorBoardWriter.fileName(seconds: 12, host: "h") == "events.out.tfevents.0000000012.h")
  }

  @Test("a histogram's buckets hold every finite number once, and its moments are theirs")
  func histogram() {
    var random = Random(seed: 9)
    let numbers = (0..<501).map { _ in random.normal() }
    let summary = HistogramSummary(numbers + [.nan, .infinity])
    #expect(summary.count == 501 && summary.counts.count == 40 && summary.limits.count == 40)
    #expect(summary.counts.reduce(0, +) == 501)
    #expect(summary.limits == summary.limits.sorted() && summary.limits.last == summary.maximum)
    #expect(summary.minimum == Double(numbers.min() ?? 0) && summary.maximum == Double(numbers.max() ?? 0))
    #expect(abs(summary.sum - numbers.reduce(0.0) { $0 + Double($1) }) < 1e-9)
    #expect(summary == HistogramSummary(Vector(numbers)))
    let below = numbers.filter { Double($0) < summary.limits[9] }.count
    #expect(summary.counts[..<10].reduce(0, +) == Double(below))
    let equal = HistogramSummary([3, 3, 3])
    #expect(equal.limits == [3] && equal.counts == [3] && equal.sumOfSquares == 27)
    #expect(HistogramSummary([Float]()).counts == [])
  }
}
