// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of `espalier masks`.

import ArgumentParser
import Datasets
import NeuralNetworks
import SparseCore
import SparseTopology
import Testing
import Training

@testable import EspalierCommand

@Suite("espalier masks")
struct MasksTests {
  private func weights(_ rows: Int, _ columns: Int, seed: UInt64 = 1) -> Matrix {
    var random = Random(seed: seed)
    return Matrix(rows: rows, columns: columns, values: Vector((0..<rows * columns).map { _ in random.normal() }))
  }

  /// An archive with two matrices and two arrays of other kinds.
  private func archive(_ folder: String) throws -> String {
    let path = Paths.join(folder, "weights.npz")
    var writer = try NPZWriter(path)
    try writer.add("first", weights(16, 24))
    try writer.add("bias", [Int64(1), 2])
    try writer.add("second", weights(9, 13, seed: 2))
    try writer.add("names", ["a", "b"])
    try writer.commit()
    return path
  }

  private func solve(_ arguments: [String]) throws -> MasksReport {
    try MasksSolveCommand.parse(arguments).execute()
  }

  @Test("writes Boolean masks under the same names, as npz and as safetensors", arguments: ["npz", "safetensors"])
  func masks(form: String) throws {
    try Workplace.withFolder { folder in
      let out = Paths.join(folder, "masks." + form)
      let report = try solve([try archive(folder), "--pattern", "4:8", "--transposable", "--certify", "--out", out])
      #expect(report.arrays.map(\.name) == ["first", "second"])
      #expect(report.arrays.map(\.tiles) == [6, 4])
      #expect(report.arrays.map(\.certified) == [6, 4])
      let pattern = try TilePattern("4:8", isTransposable: true)
      for (name, all) in [("first", weights(16, 24)), ("second", weights(9, 13, seed: 2))] {
        let expected = try TileMasks.solve(all, pattern: pattern, workers: Workers(threads: 1))
        var bits: [Bool]
        if form == "npz" {
          let tables = try NPZTables(out)
          #expect(tables.entries.map(\.name) == ["first", "second"])
          let entry = try #require(tables.entries.first { $0.name == name })
          let matrix = try #require(try tables.matrix(entry))
          bits = matrix.values.elements.map { $0 != 0 }
          #expect([matrix.rows, matrix.columns] == [all.rows, all.columns])
        } else {
          let file = try SafetensorsFile(out)
          #expect(file.info(name)?.typeName == "BOOL" && file.info(name)?.shape == [all.rows, all.columns])
          bits = try file.uint8(name).map { $0 != 0 }
        }
        for row in 0..<all.rows {
          for column in 0..<all.columns {
            #expect(bits[row * all.columns + column] == expected.contains(row: row, column: column))
          }
        }
      }
    }
  }

  @Test("JSON is one object with an object for each array")
  func json() throws {
    try Workplace.withFolder { folder in
      let out = Paths.join(folder, "masks.npz")
      let input = try archive(folder)
      let json = try JSONValue(parsing: solve([input, "--pattern", "2:4", "--out", out, "--json"]).json.text())
      #expect(json.asObject?.map(\.key) == ["first", "second"])
      let first = try #require(json["first"])
      #expect(first["kept"]?.asInt == 192 && first["tiles"]?.asInt == 96)
      #expect(first["optimal"] == .bool(true) && (first["seconds"]?.asDouble ?? -1) >= 0)
      let kept = try #require(first["kept_magnitude"]?.asDouble)
      let total = try #require(first["total_magnitude"]?.asDouble)
      #expect(abs(total - weights(16, 24).values.elements.reduce(0.0) { $0 + Double($1.magnitude) }) < 1e-3)
      #expect(kept > 0.65 * total && kept < 0.85 * total)
      let greedy = try solve(
        [input, "--pattern", "2:4", "--transposable", "--method", "prune-greedy", "--out", out]
      ).json
      #expect(greedy["first"]?["optimal"] == .bool(false))
      #expect((greedy["first"]?["kept_magnitude"]?.asDouble ?? total) < kept)
    }
  }

  @Test("half precision is read", arguments: [("F16", UInt16(0xBC00)), ("BF16", 0xBF80)])
  func half(type: String, minusOne: UInt16) throws {
    try Workplace.withFolder { folder in
      let path = Paths.join(folder, "half.safetensors")
      let header = #"{"w":{"dtype":"\#(type)","shape":[2,4],"data_offsets":[0,16]}}"#
      var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
      for word: UInt16 in [0, minusOne, 0, minusOne, minusOne, minusOne, 0, 0] {
        bytes += [UInt8(word & 255), UInt8(word >> 8)]
      }
      let file = try OutputFile(path)
      try file.write(bytes)
      try file.commit()
      let report = try solve([path, "--pattern", "2:4", "--out", Paths.join(folder, "m.npz")])
      #expect(report.arrays[0].keptMagnitude == 4 && report.arrays[0].totalMagnitude == 4)
    }
  }

  @Test("wrong flags, broken files and places that cannot be written have their exit codes")
  func mistakes() throws {
    try Workplace.withFolder { folder in
      let input = try archive(folder)
      let out = Paths.join(folder, "m.npz")
      func status(_ arguments: [String]) -> CommandStatus? { Workplace.status { _ = try solve(arguments) } }
      #expect(status([input, "--pattern", "5:4", "--out", out]) == .usage)
      #expect(status([input, "--pattern", "2-4", "--out", out]) == .usage)
      #expect(status([input, "--pattern", "2:4", "--out", Paths.join(folder, "m.txt")]) == .usage)
      #expect(status([input, "--pattern", "2:4", "--certify", "--out", out]) == .usage)
      #expect(status([input, "--pattern", "2:4"]) == .usage)
      #expect(status([input, "--pattern", "2:4", "--method", "keep-greedy", "--out", out]) == .usage)
      // Weights are not overwritten by their masks, under whatever name.
      #expect(status([input, "--pattern", "2:4", "--out", input]) == .usage)
      #expect(status([input, "--pattern", "2:4", "--out", folder + "/./" + Paths.name(of: input)]) == .usage)
      #expect(status([Paths.join(folder, "no.npz"), "--pattern", "2:4", "--out", out]) == .inputMissing)
      #expect(status([input, "--pattern", "2:4", "--out", "/nowhere/m.npz"]) == .cannotWrite)
      let broken = Paths.join(folder, "broken.npz")
      try OutputFile.write("not a zip", to: broken)
      #expect(status([broken, "--pattern", "2:4", "--out", out]) == .badData)
      let nan = Paths.join(folder, "nan.npz")
      var bad = weights(8, 8)
      bad[3, 4] = .nan
      var writer = try NPZWriter(nan)
      try writer.add("w", bad)
      try writer.commit()
      #expect(status([nan, "--pattern", "2:4", "--out", out]) == .badData)
      #expect(!Paths.list(folder).contains("m.npz"))
      let flat = Paths.join(folder, "flat.npz")
      var only = try NPZWriter(flat)
      try only.add("b", [Int64(1)])
      try only.commit()
      #expect(status([flat, "--pattern", "2:4", "--out", out]) == .badData)
    }
  }

  @Test("the table of mask diversity is as committed")
  func diversity() throws {
    let text = try MasksDiversityCommand.parse(["--pattern", "4:8", "--shape", "8x8"]).execute() + "\n"
    #expect(try text == Workplace.snapshot("masks-diversity.txt", text))
    let json = try JSONValue(
      parsing: MasksDiversityCommand.parse(["--pattern", "2:4", "--shape", "4x4", "--json"]).execute())
    #expect(json["transposable"]?["count"]?.asString == "90" && json["paper"]?["count"]?.asString == "144")
    #expect(Workplace.status { _ = try MasksDiversityCommand.parse(["--pattern", "4:8", "--shape", "8x9"]) } == .usage)
  }

  @Test("the bench measures each solver of a pattern")
  func bench() throws {
    let lines = try MasksBenchCommand.parse(["--patterns", "2:4", "--side", "64", "--repeats", "3"]).execute()
    #expect(lines.map(\.solver) == ["exact", "keep-greedy", "prune-greedy", "plain N:M"])
    #expect(lines.map(\.tiles) == [256, 256, 256, 1024])
    #expect(lines.allSatisfy { $0.seconds > 0 && $0.wallSeveral > 0 })
  }

  @Test("a converted model keeps to the pattern, scores and reads back", arguments: [true, false])
  func convert(adapt: Bool) throws {
    try SampleRun.withFolder { folder in
      let out = Paths.join(folder, "converted.safetensors")
      let report = try MasksConvertCommand.parse(
        [folder, "--pattern", "1:4", "--transposable", "--out", out, "--calibration", "300"]
          + (adapt ? [] : ["--no-adapt"])
      ).execute()
      #expect(report.stages.map(\.name) == ["before", "masked"] + (adapt ? ["adapted"] : []))
      #expect(report.stages.allSatisfy { $0.metrics?.accuracy != nil })
      let model = try Model(contentsOf: out)
      #expect(model.facts.last?.value == (adapt ? "1:4 transposable, adapted" : "1:4 transposable"))
      let layers = model.network.sparseLayers
      let before = try SampleRun.model().network.sparseLayers
      #expect(layers[0].weight.count == report.stages[1].connections - before[1].weight.count)
      #expect(layers[0].weight.count < before[0].weight.count)
      #expect(layers[1] == before[1])
      #expect((layers[0].bias == before[0].bias) == !adapt)
      let pattern = layers[0].weight.pattern
      for row in 0..<pattern.rows {
        for start in stride(from: 0, to: pattern.columns, by: 4) {
          #expect((start..<start + 4).filter { pattern.contains(row: row, column: $0) }.count <= 1)
        }
      }
    }
  }
}
