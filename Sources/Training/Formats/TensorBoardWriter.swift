// SPDX-License-Identifier: Apache-2.0
// Espalier: writing TensorBoard's event files.

package import Datasets

/// Appends events to a file that TensorBoard reads along with.
///
/// Events wait in memory until `flush()`, which appends them in one piece; call it once an epoch. The caller names the
/// file and the time, so that the same run gives the same bytes in a test.
package final class TensorBoardWriter {
  /// Where the events go.
  package var path: String { file.path }
  private let file: AppendFile
  private var pending: [UInt8] = []

  /// The name that TensorBoard looks for: `events.out.tfevents.<seconds>.<host>`.
  package static func fileName(seconds: Int, host: String) -> String {
    let digits = String(seconds)
    let padding = String(repeating: "0", count: max(0, 10 - digits.count))
    return "events.out.tfevents.\(padding)\(digits).\(host)"
  }

  /// Opens the file in a folder, which must exist, and starts it with the version event when it is new.
  ///
  /// - Parameter lastStep: When the file exists: keeps its whole events up to this step and drops the rest (a resumed
  ///   run writes those again). Nil keeps all whole events.
  package init(folder: String, fileName: String, wallTime: Double, keepingThrough lastStep: Int? = nil)
    throws(FileError)
  {
    let path = Paths.join(folder, fileName)
    if Paths.exists(path) { try Self.trim(path, lastStep: lastStep) }
    file = try AppendFile(path)
    if file.wasEmpty {
      pending = TensorBoardRecords.record(TensorBoardRecords.versionEvent(wallTime: wallTime).bytes)
      try flush()
    }
  }

  /// Adds numbers of one step, such as `("train/loss", 0.25)`.
  package func scalars(_ scalars: [(tag: String, value: Double)], step: Int, wallTime: Double) {
    guard !scalars.isEmpty else { return }
    add(scalars.map { TensorBoardRecords.scalar($0.tag, Float($0.value)) }, step: step, wallTime: wallTime)
  }

  /// Adds a histogram.
  package func histogram(_ tag: String, _ histogram: HistogramSummary, step: Int, wallTime: Double) {
    add([TensorBoardRecords.histogram(tag, histogram)], step: step, wallTime: wallTime)
  }

  /// Adds a text in Markdown.
  package func text(_ tag: String, _ text: String, step: Int, wallTime: Double) {
    add([TensorBoardRecords.text(tag, text)], step: step, wallTime: wallTime)
  }

  /// Appends the waiting events to the file.
  package func flush() throws(FileError) {
    guard !pending.isEmpty else { return }
    try file.append(pending)
    pending.removeAll(keepingCapacity: true)
  }

  private func add(_ values: [ProtobufMessage], step: Int, wallTime: Double) {
    let event = TensorBoardRecords.event(wallTime: wallTime, step: step, values: values)
    pending += TensorBoardRecords.record(event.bytes)
  }

  /// Rewrites the file when something has to go: a torn end, or events after the last step.
  private static func trim(_ path: String, lastStep: Int?) throws(FileError) {
    let bytes = try InputFile.contents(of: path, limit: 1 << 30)
    let kept = TensorBoardRecords.ranges(in: bytes).filter { range in
      guard let step = TensorBoardRecords.step(ofEvent: bytes[range.lowerBound + 12..<range.upperBound - 4])
      else { return false }
      return lastStep.map { step <= $0 } ?? true
    }
    guard kept.reduce(0, { $0 + $1.count }) < bytes.count else { return }
    let file = try OutputFile(path)
    for range in kept { try file.write(Array(bytes[range])) }
    try file.commit()
  }
}
