// SPDX-License-Identifier: Apache-2.0
// Espalier: a run for TensorBoard.

internal import Datasets
internal import NeuralNetworks
internal import SparseCore
internal import SparseTopology

/// Writes a TensorBoard event file: every figure of every epoch, and histograms of degrees and weights.
///
/// Events that a run writes again after a pause take the place of the old ones.
public final class TensorBoardLog: TrainingObserver {
  private let folder: String
  private let fileName: String
  private let now: () -> Double
  private let histogramsEvery: Int
  private var writer: TensorBoardWriter?
  private var epochs = 0
  private var heldOutName = "test"

  /// Writes into a folder.
  ///
  /// - Parameters:
  ///   - folder: where the event file lies.
  ///   - fileName: nil goes on with the folder's event file, or begins one.
  ///   - histogramsEvery: epochs between two sets of histograms; nil takes a twentieth of the run.
  ///   - now: seconds since 1970, the wall time of events.
  public init(
    folder: String, fileName: String? = nil, histogramsEvery: Int? = nil, now: @escaping () -> Double
  ) {
    self.folder = folder
    self.now = now
    self.histogramsEvery = histogramsEvery ?? 0
    let found = Paths.list(folder).first { $0.hasPrefix("events.out.tfevents.") }
    self.fileName = fileName ?? found ?? TensorBoardWriter.fileName(seconds: Int(now()), host: "espalier")
  }

  /// Appends the numbers of each epoch, and histograms of some.
  public func observe(_ event: TrainingEvent, control: inout TrainingControl) throws {
    switch event {
    case .began(let plan):
      epochs = plan.epochs
      heldOutName = plan.heldOutName
      writer = try TensorBoardWriter(
        folder: folder, fileName: fileName, wallTime: now(), keepingThrough: plan.history.last?.step ?? -1)
    case .epoch(let report, let network):
      try write(report, network)
    default: break
    }
  }

  private func write(_ report: EpochReport, _ network: Network) throws {
    let time = now()
    let scalars = zip(EpochReport.columns(heldOut: heldOutName), report.row).dropFirst(2).compactMap { name, value in
      value.map { (tag: name, value: $0) }
    }
    writer?.scalars(scalars, step: report.step, wallTime: time)
    let every = histogramsEvery > 0 ? histogramsEvery : max(1, epochs / 20)
    if report.epoch == 1 || report.epoch.isMultiple(of: every) || report.epoch == epochs {
      for layer in network.sparseLayers {
        let name = "layer\(layer.ordinal)"
        let pattern = layer.weight.pattern
        writer?.histogram("weights/" + name, HistogramSummary(layer.weight.values), step: report.step, wallTime: time)
        writer?.histogram("fan_in/" + name, HistogramSummary(pattern.inDegrees), step: report.step, wallTime: time)
        writer?.histogram("fan_out/" + name, HistogramSummary(pattern.outDegrees), step: report.step, wallTime: time)
      }
    }
    try writer?.flush()
  }
}
