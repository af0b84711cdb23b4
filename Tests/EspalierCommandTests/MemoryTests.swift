// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of the memory told before a run.

import ArgumentParser
import Datasets
import NeuralNetworks
import Testing

@testable import EspalierCommand

@Suite("Memory before a run")
struct MemoryTests {
  private func refusal(_ arguments: [String]) -> CommandError? {
    do {
      try Workplace.withFolder { folder in try Workplace.train(Paths.join(folder, "run"), arguments) }
      return nil
    } catch { return CommandError(error) }
  }

  @Test("layers that no machine holds are refused with the numbers instead of a crash")
  func absurd() throws {
    let most = "2147483647"
    for flags in [
      ["--hidden", most], ["--hidden", most, "--method", "dense"], ["--hidden", most, "--fan-in", "60"],
      ["--hidden", "\(most),4", "--residual", "--normalization", "batch", "--batch-size", most],
    ] {
      let error = try #require(refusal(flags + ["--memory-limit", "20G"]))
      #expect(error.status == .usage)
      #expect(error.description.hasPrefix("memory: expected a run that fits, got about "))
      #expect(error.description.contains(" where --memory-limit allows 20.0 GiB; choose "))
    }
    // What the machine has is the bound when none is given.
    let error = try #require(refusal(["--hidden", most, "--batch-size", "1024"]))
    #expect(error.status == .usage)
    #expect(error.description.contains("activations "), "\(error.description)")
    #expect(error.description.contains("a smaller --batch-size"))
    #expect(error.description.hasSuffix("; --memory-limit sets another limit"))
  }

  @Test("a run within the limit begins, one above it does not")
  func limit() throws {
    #expect(refusal(["--memory-limit", "64M", "--epochs", "1"]) == nil)
    #expect(refusal(["--memory-limit", "100000", "--epochs", "1"])?.status == .usage)
  }

  @Test("made-up data is not made for a run that is refused")
  func synthetic() throws {
    var settings = DataSettings()
    settings.data = "synthetic:64x60000000x10"
    settings.test = 0.3
    settings.validation = 0.2
    let sizes = try #require(try DataSizes(synthetic: settings))
    #expect(sizes.train == 33_600_000 && sizes.heldOut == 8_400_000 && sizes.outputs == 10)
    #expect(sizes.bytes == 60_000_000 * (4 * 64 + 12))
    #expect(sizes.preparation == 2 * sizes.bytes)
    let error = refusal(["--data", settings.data, "--memory-limit", "4G"])
    #expect(error?.status == .usage)
    #expect(error?.description.contains("preparation") == true)
    settings.data = "synthetic:50x40x2"
    let told = try #require(try DataSizes(synthetic: settings))
    let made = DataSizes(try PreparedData(settings))
    #expect(told.train == made.train && told.heldOut == made.heldOut && told.bytes == made.bytes)
    #expect(told.features == made.features && told.outputs == made.outputs)
    #expect(try DataSizes(synthetic: DataSettings()) == nil)
  }

  @Test("the advice names what makes the largest part smaller")
  func advice() throws {
    func words(_ flags: [String]) -> String { refusal(flags + ["--memory-limit", "1M"])?.description ?? "none" }
    let wide = ["--hidden", "3000", "--density", "0.9"]
    #expect(words(wide + ["--optimizer", "adam", "--method", "static"]).contains("--momentum 0"))
    #expect(words(wide + ["--method", "set"]).contains("--method static"))
    #expect(
      words(wide + ["--batch-size", "128", "--method", "static", "--test", "0"]).contains("--batch-size up to 64"))
  }

  @Test("candidates of a birth and cells that were ever live count, the latter by the updates there will be")
  func choices() throws {
    func estimate(_ flags: [String]) throws -> MemoryEstimate {
      let configuration = try Workplace.command(flags + ["--data", "synthetic:500x100x10"]).askedConfiguration()
        .resolved()
      let sizes = try #require(try DataSizes(synthetic: configuration.data))
      return try configuration.memoryEstimate(sizes)
    }
    let plain = try estimate(["--hidden", "1000,1000", "--method", "static"])
    let births = try ["csti", "synflow", "snip"].map {
      try estimate(["--hidden", "1000,1000", "--method", "static", "--birth", $0])
    }
    for birth in births { #expect(birth[.birth] > plain[.birth] && birth.lasting == plain.lasting) }
    // Five candidates a connection take at least their indices, weights, gradients and scores.
    #expect(births[2][.birth] > 5 * plain.connectionCount * 40)
    let twice = try estimate(["--hidden", "1000,1000", "--method", "static", "--birth", "snip", "--candidates", "10"])
    #expect(twice[.birth] > births[2][.birth] * 17 / 10)

    func remembered(_ epochs: String) throws -> Int {
      let told = try estimate([
        "--hidden", "1000,1000", "--method", "dst-ee", "--update-every", "5", "--epochs", epochs,
      ])
      return told[.optimizer] - plain[.optimizer]
    }
    let cells = 500 * 1000 + 1000 * 1000 + 10 * 1000
    #expect(try remembered("1") > 12 * plain.connectionCount && remembered("1") < 12 * cells / 4)
    let most = try remembered("1000")
    #expect(most <= 12 * cells && most > 12 * cells * 9 / 10, "\(most) bytes")
  }

  @Test("one line tells the peak, the bytes a connection and what there is")
  func line() throws {
    var configuration = try RunConfiguration().resolved()
    configuration.run.memoryLimit = 3 << 30
    let outlook = try MemoryOutlook(configuration, DataSizes(try PreparedData(configuration.data)))
    #expect(outlook.line == "memory: about 1.7 MiB at most, 27.6 bytes a connection; --memory-limit allows 3.0 GiB")
  }

  @Test("sizes are read with and without units, in powers of 1024")
  func sizes() {
    for (text, bytes) in [
      ("20G", 20 << 30), ("1.5 GiB", 3 << 29), ("512m", 512 << 20), ("8KiB", 8192), ("2t", 2 << 40), ("12345", 12345),
    ] { #expect(ByteSize.bytes(text) == bytes, "\(text)") }
    for text in ["", "0", "-1", "G", "1.5", "20GB", "0G", "nanG", "infT", "9e30T"] {
      #expect(ByteSize.bytes(text) == nil, "\(text)")
    }
  }

  @Test("the limit is a setting: flags and files set it, a wrong one is refused with what is expected")
  func setting() throws {
    let configuration = try Workplace.command(["--memory-limit", "2G"]).askedConfiguration()
    #expect(configuration.run.memoryLimit == 2 << 30)
    #expect(try Workplace.command(["--memory-limit", "auto"]).askedConfiguration().run.memoryLimit == nil)
    #expect(throws: CommandError.self) { try Workplace.command(["--memory-limit", "much"]).askedConfiguration() }
    try Workplace.withFolder { folder in
      let path = Paths.join(folder, "run.toml")
      for (text, bytes) in [("\"3G\"", 3 << 30), ("4096", 4096)] {
        try OutputFile.write("[run]\nmemory_limit = \(text)\n", to: path)
        #expect(try Workplace.command(["--config", path]).askedConfiguration().run.memoryLimit == bytes)
      }
    }
  }

  @Test("what the machine and its control groups leave is read from the system's texts")
  func machine() {
    #expect(
      MachineMemory.availableBytes("MemTotal: 9 kB\nMemAvailable:    17575860 kB\nBuffers: 1 kB\n") == 17_575_860 * 1024
    )
    #expect(MachineMemory.availableBytes("MemTotal: 9 kB\n") == nil)
    typealias Group = MachineMemory.ControlGroup
    #expect(
      MachineMemory.controlGroups("0::/a/b\n") == [
        Group(folder: "/sys/fs/cgroup", limit: "memory.max", usage: "memory.current"),
        Group(folder: "/sys/fs/cgroup/a", limit: "memory.max", usage: "memory.current"),
        Group(folder: "/sys/fs/cgroup/a/b", limit: "memory.max", usage: "memory.current"),
      ])
    #expect(
      MachineMemory.controlGroups("8:pids:/x\n4:cpu,memory:/\n") == [
        Group(folder: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes")
      ])
    #expect(MachineMemory.room(limit: "1000\n", usage: "700\n", statistics: "anon 1\ninactive_file 200\n") == 500)
    #expect(MachineMemory.room(limit: "1000", usage: "1200", statistics: "") == 0)
    #expect(MachineMemory.room(limit: "max\n", usage: "700\n", statistics: "") == nil)
    #expect(MachineMemory.room(limit: "9223372036854771712", usage: "700", statistics: "") == nil)
    #if os(Linux) || canImport(Darwin)
      #expect(MachineMemory.available.map { $0.bytes > 1 << 20 } == true)
    #endif
  }
}
