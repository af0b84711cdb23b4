// SPDX-License-Identifier: Apache-2.0
// Espalier: how much memory a giant takes, told before it is made.

internal import Espalier

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The memory that training a network of windowed layers takes.
struct MemoryNeed: Equatable {
  var neurons = 0
  var connections = 0
  /// Connections and weights that lie in memory, and what the optimizer keeps of them.
  var weights = 0
  /// Outputs of all layers and two gradients between them.
  var activations = 0

  /// All of it, in bytes; the program and the data come on top.
  var bytes: Int { weights + activations }

  /// Adds up layers.
  ///
  /// - Parameters:
  ///   - inputs: features of a sample.
  ///   - optimizer: whose slots count.
  ///   - batch: samples of a batch.
  ///   - isInFile: whether connections and weights of windowed layers lie in a file.
  init(_ layers: [LayerDescription], inputs: Int, optimizer: Optimizer, batch: Int, isInFile: Bool) {
    let lanes = Activations.lanes(for: batch)
    let padded = (batch + lanes - 1) / lanes * lanes
    let slots =
      switch optimizer.rule {
      case .sgd(let momentum, _): momentum > 0 ? 1 : 0
      case .adam: 2
      case .rmsProp(_, _, let momentum): momentum > 0 ? 2 : 1
      }
    let perConnection = (isInFile ? 0 : 6) + (optimizer.fusedStep()?.momentum == 0 ? 0 : 4) + 4 * slots
    var width = inputs
    var widest = 0
    add(layers, &width, &widest, perConnection: perConnection, perValue: 4 * padded)
    activations += 2 * 4 * padded * widest
  }

  private mutating func add(
    _ layers: [LayerDescription], _ width: inout Int, _ widest: inout Int, perConnection: Int, perValue: Int
  ) {
    for layer in layers {
      if neurons > 0 { widest = max(widest, width) }
      switch layer {
      case .windowedLinear(let windowed):
        connections += windowed.outputs * windowed.fanIn
        weights += windowed.outputs * windowed.fanIn * perConnection
        neurons += windowed.outputs
        width = windowed.outputs
      case .linear(let dense): width = dense.outputs
      case .residual(let inner): add(inner, &width, &widest, perConnection: perConnection, perValue: perValue)
      case .activation(let function) where function.readsOutput: continue  // it writes over what it reads
      default: break
      }
      activations += perValue * width
    }
  }

  /// The need in words.
  var words: String {
    "about \(Self.gigabytes(bytes)) of memory for \(NumberText.grouped(neurons)) neurons with "
      + "\(NumberText.grouped(connections)) connections"
  }

  /// Refuses what cannot fit into the memory that is free.
  ///
  /// - Throws: ``CommandError`` with both numbers.
  func check(free: Int? = Self.free) throws(CommandError) {
    guard let free, bytes > free else { return }
    throw CommandError(
      .failed,
      "expected a network that fits into the \(Self.gigabytes(free)) of memory that are free, got \(words); make the "
        + "layers smaller, lower --fan-in, or name a folder with --out-of-core")
  }

  /// The memory that the system can give, in bytes; nil where it does not say.
  static var free: Int? {
    #if os(Linux)
      let file = open("/proc/meminfo", O_RDONLY)
      guard file >= 0 else { return nil }
      defer { close(file) }
      var text = [UInt8](repeating: 0, count: 4096)
      let count = read(file, &text, text.count)
      let lines = String(decoding: text.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
      guard let line = lines.first(where: { $0.hasPrefix("MemAvailable:") }) else { return nil }
      return line.split(separator: " ").compactMap { Int($0) }.first.map { $0 * 1024 }
    #else
      return nil
    #endif
  }

  private static func gigabytes(_ bytes: Int) -> String {
    NumberText.fixed(Double(bytes) / 1e9, decimals: 1) + " GB"
  }
}
