// SPDX-License-Identifier: Apache-2.0
// Espalier: every reader against damaged files.

internal import SparseCore

/// Feeds mutated files to a reader in memory: each is read or refused with words, and nothing else happens.
package enum ReaderFuzz {
  /// What came of a run.
  package struct Summary: Sendable, Equatable {
    package var reader: String
    /// Inputs tried.
    package var inputs = 0
    /// Inputs that were read; what was read was checked to be finite and inside the bound.
    package var accepted = 0
    /// Inputs that were refused.
    package var refused = 0
    /// Refusals that do not say what was expected and what came, and accepted sets that break a promise.
    package var faults: [String] = []
    /// What the last refusal said.
    package var lastRefusal = ""
  }

  /// The names that ``run(_:count:seed:limits:)`` knows.
  package static var readers: [String] { DataFormat.allCases.map(\.rawValue) + ["gzip", "zip", "tar", "any"] }

  /// Runs one reader over mutations of its samples.
  ///
  /// - Parameter limits: what no reader may exceed; 64 MiB unless said otherwise.
  package static func run(
    _ reader: String, count: Int, seed: UInt64, limits: ReadLimits = ReadLimits(maximumBytes: 64 << 20)
  ) -> Summary {
    precondition(readers.contains(reader), "a reader '\(reader)'; expected one of \(readers)")
    let samples = ReaderSamples.samples(reader)
    var mutator = Mutator(seed: seed)
    var choice = Random(seed: seed).split("sample")
    var summary = Summary(reader: reader)
    for _ in 0..<count {
      let sample = samples[choice.below(samples.count)]
      let bytes = mutator.mutate(sample, other: samples[choice.below(samples.count)])
      summary.inputs += 1
      do throws(FileError) {
        let data = try read(reader, bytes, limits, regression: choice.below(4) == 0)
        summary.accepted += 1
        if let data { check(data, limits, &summary) }
      } catch {
        summary.refused += 1
        summary.lastRefusal = error.description
        check(error, &summary)
      }
    }
    return summary
  }

  /// Parses JSON and writes it again: true when it was valid and its text reads back as the same text.
  package static func json(_ bytes: [UInt8]) -> Bool {
    guard let value = try? JSONValue(parsing: bytes) else { return false }
    let text = value.text()
    return (try? JSONValue(parsing: text))?.text() == text
  }

  private static func read(
    _ reader: String, _ bytes: [UInt8], _ limits: ReadLimits, regression: Bool
  ) throws(FileError) -> LoadedData? {
    var options = ReadOptions(regression: regression, limits: limits)
    switch reader {
    case "gzip": _ = try Gzip.inflate(bytes, path: "fuzz", limit: limits.maximumBytes)
    case "tar": _ = try TarReader.files(bytes, path: "fuzz")
    case "zip":
      let archive = try ZipArchive(bytes, path: "fuzz")
      for member in archive.members { _ = try archive.contents(of: member, limit: limits.maximumBytes) }
    case "idx":
      // A table of labels is as likely as one of images.
      _ = try? IDXReader.labels(bytes, path: "fuzz", limits: limits)
      return try DatasetReader.read(bytes: bytes, format: .idx, name: "fuzz", options: options)
    case "npy":
      _ = try? NPYReader(bytes, path: "fuzz").targets(regression: regression, limits: limits)
      return try DatasetReader.read(bytes: bytes, format: .npy, name: "fuzz", options: options)
    default:
      options.label = bytes.count % 3 == 0 ? .index(-1) : .automatic
      return try DatasetReader.read(
        bytes: bytes, format: DataFormat(rawValue: reader), name: "fuzz", options: options)
    }
    return nil
  }

  private static func check(_ data: LoadedData, _ limits: ReadLimits, _ summary: inout Summary) {
    for part in [data.train, data.test].compactMap({ $0 }) {
      let cells = part.count * part.featureCount
      let finite = part.features.values.withSpan { values in
        values.indices.allSatisfy { values[$0].isFinite }
      }
      if cells == 0 || cells * 4 > limits.maximumBytes || !finite {
        summary.faults.append("accepted \(part.count) x \(part.featureCount), finite: \(finite)")
      }
    }
  }

  private static func check(_ error: FileError, _ summary: inout Summary) {
    switch error {
    case .format(_, let expected, let got, _):
      if expected.isEmpty || got.isEmpty { summary.faults.append("an error without words: \(error)") }
    case .tooLarge(_, let limit, let got):
      if got <= limit { summary.faults.append("refused \(got) bytes under a limit of \(limit)") }
    default: summary.faults.append("an unexpected refusal: \(error)")
    }
  }
}
