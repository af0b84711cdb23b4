// SPDX-License-Identifier: Apache-2.0
// Espalier: a network of a given number of connections.

internal import Datasets
internal import NeuralNetworks
internal import SparseCore
internal import SparseTopology
internal import Training

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Two equally wide sparse layers with 20 connections into each neuron, and ten outputs.
struct ScaleCase {
  static let fanIn = 20
  static let batch = 32
  let width: Int
  /// How far from its own place a hidden neuron may reach, nil for anywhere.
  let window: Int?

  /// The network that comes nearest to so many connections.
  init(connections: Int, window: Int? = nil) {
    self.window = window
    width = max(Self.fanIn, (connections - 10 * Self.fanIn) / (2 * Self.fanIn))
  }

  /// Bytes that a network of this size may need: generous, for refusing what cannot fit.
  static func estimate(connections: Int) -> Int {
    let subject = ScaleCase(connections: connections)
    return 40 * connections + 2 * subject.activationBytes
  }

  /// Activations and gradients of activations by the formula of `TrainingSession`, and the data.
  var activationBytes: Int { 4 * Self.batch * (width + 2 * 10 + 2 * width + 2 * width) + 4 * Self.batch * width }

  /// Is born, trains a few steps, and tells time and memory.
  ///
  /// What the process has had before is not counted: train something small first.
  func measure(repeats: Int) throws -> ScaleTiming {
    let before = RunSummary.peakMemory
    let anywhere = Topology.fixedFanIn(Self.fanIn)
    let hidden = window.map { Topology.localized(anywhere, Locality(window: $0)) } ?? anywhere
    let network = try Network(
      inputs: width, topology: anywhere, seed: 1,
      layers: SparseLinear(width, topology: hidden).descriptions + ReLU().descriptions
        + SparseLinear(width, topology: hidden).descriptions + ReLU().descriptions + SparseLinear(10).descriptions)
    let connections = network.connectionCount
    var random = Random(seed: 2)
    var features = Matrix(rows: Self.batch, columns: width)
    features.values.write { values in
      for index in 0..<Self.batch * width { values[index] = random.normal() }
    }
    let session = try TrainingSession(
      Trainer(
        optimizer: .sgd(learningRate: 1e-4, momentum: 0.9), evolution: .static, epochs: 1 << 30,
        batchSize: Self.batch, threads: 1), network: network,
      train: Dataset(
        name: "scale", features: features,
        targets: .classes((0..<Self.batch).map { Int32($0 % 10) }, names: (0..<10).map { "\($0)" })))
    let phase = BenchPhase(name: "step", flops: 0) { _ = session.step() }
    let sample = Stopwatch(threads: 1).measure([phase], repeats: repeats)[0]
    return ScaleTiming(
      connections: connections, seconds: sample.median, bytes: RunSummary.peakMemory - before,
      activationBytes: activationBytes)
  }
}

/// What one size took.
struct ScaleTiming: Equatable {
  let connections: Int
  /// Of one training step.
  let seconds: Double
  /// The peak of resident memory, less what the process had before.
  let bytes: Int
  /// What activations and data have of it, by formula.
  let activationBytes: Int

  var text: String {
    let cells = [
      (NumberText.grouped(connections), 11), (BenchText.time(seconds), 9),
      (NumberText.significant(seconds * 1e9 / Double(connections), digits: 3), 16),
      (NumberText.fixed(Double(bytes) / Double(connections), decimals: 1), 19),
      (NumberText.fixed(Double(bytes - activationBytes) / Double(connections), decimals: 1), 25),
    ]
    return cells.map { cell, width in String(repeating: " ", count: max(1, width - cell.count)) + cell }.joined()
  }

  var json: JSONValue {
    .object([
      .init("connections", .integer(connections)), .init("step_seconds", .number(seconds)),
      .init("peak_bytes", .integer(bytes)), .init("activation_bytes", .integer(activationBytes)),
    ])
  }
}

extension ScaleTiming {
  /// Reads what `json` writes; nil for anything else.
  init?(_ value: JSONValue) {
    guard let connections = value["connections"]?.asInt, let seconds = value["step_seconds"]?.asDouble,
      let bytes = value["peak_bytes"]?.asInt, let activations = value["activation_bytes"]?.asInt
    else { return nil }
    self.init(connections: connections, seconds: seconds, bytes: bytes, activationBytes: activations)
  }
}

/// What the system says about memory and this program.
enum SystemMemory {
  /// Bytes that can be had without swapping; nil where the system does not say.
  static var available: Int? {
    let file = open("/proc/meminfo", O_RDONLY)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
    return count > 0 ? available(in: String(decoding: bytes[..<count], as: UTF8.self)) : nil
  }

  /// Reads the line `MemAvailable: N kB`.
  static func available(in text: String) -> Int? {
    let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }

  /// The path of this program.
  static var program: String {
    Paths.exists("/proc/self/exe") ? "/proc/self/exe" : CommandLine.arguments[0]
  }
}
