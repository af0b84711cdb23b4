// SPDX-License-Identifier: Apache-2.0
// Espalier: cases as files, for the Python side.

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

/// A folder of raw arrays and `case.json` that lives as long as this object; `Benchmarks/peers/cases.py` reads it.
final class PeerFolder {
  let path: String

  /// Makes an empty folder among the temporary files.
  init() throws(CommandError) {
    var template = Array(Paths.join(Paths.environment("TMPDIR") ?? "/tmp", "espalier-peers-XXXXXX").utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
    guard let made else {
      throw CommandError(.cannotWrite, "no temporary folder for the peers' cases: \(systemReason()); set TMPDIR")
    }
    path = made
  }

  deinit {
    for name in Paths.list(path) { Paths.remove(Paths.join(path, name)) }
    rmdir(path)
  }

  /// Writes a layer, its operands, and what our passes make of them.
  func write(_ subject: LayerCase) throws {
    subject.forward()
    subject.backward()
    let weight = subject.layer.weight
    try write(weight, prefix: "")
    for (name, values) in [
      ("x", subject.input), ("dy", subject.outputGradient), ("y", subject.output), ("dx", subject.inputGradient),
    ] {
      try write(Self.rows(values), to: name + ".f32")
    }
    try write(floats(weight.inPatternOrder(subject.workspace.gradients[0])), to: "dw.f32")
    try write([
      .init("kind", "layer"), .init("outputs", .integer(weight.rows)), .init("inputs", .integer(weight.columns)),
      .init("batch", .integer(subject.batch)),
    ])
  }

  /// Writes a network, one batch, and the losses of our first steps on it.
  func write(_ subject: TrainingCase, tiles: Int, steps: Int) throws {
    let batch = subject.oneBatch
    guard case .classes(let labels, _) = batch.targets else { return }
    for (index, layer) in subject.network.sparseLayers.enumerated() { try write(layer.weight, prefix: "\(index).") }
    try write(floats(batch.features.values), to: "x.f32")
    try write(labels, to: "labels.i32")
    let session = try subject.session(threads: 1, samples: batch)
    guard case .sgd(let momentum, _) = TrainingCase.optimizer.rule else { return }
    try write([
      .init("kind", "step"), .init("widths", .array(subject.widths.map { .integer($0) })),
      .init("batch", .integer(subject.batch)), .init("rate", .number(Double(TrainingCase.optimizer.learningRate))),
      .init("momentum", .number(Double(momentum))), .init("tiles", .integer(tiles)),
      .init("losses", .array((0..<steps).map { _ in .number(session.step().loss) })),
    ])
  }

  private func write(_ weight: SparseMatrix, prefix: String) throws {
    try write(weight.pattern.rowStarts, to: prefix + "row_starts.i64")
    try write(weight.pattern.columnIndices, to: prefix + "columns.i32")
    try write(floats(weight.values), to: prefix + "values.f32")
  }

  /// Writes `case.json` alone.
  func write(_ facts: [JSONValue.Member]) throws(FileError) {
    try OutputFile.write(JSONValue.object(facts).text(), to: Paths.join(path, "case.json"))
  }

  private func write<Element: BitwiseCopyable>(_ elements: [Element], to name: String) throws {
    let file = try OutputFile(Paths.join(path, name))
    try elements.withUnsafeBytes { try file.write($0) }
    try file.commit()
  }

  private func floats(_ vector: Vector) -> [Float] { vector.withSpan { span in span.indices.map { span[$0] } } }

  /// Activations as rows, `[features, samples]`.
  private static func rows(_ values: Activations) -> [Float] {
    (0..<values.features).flatMap { feature in (0..<values.samples).map { values[feature, $0] } }
  }
}
