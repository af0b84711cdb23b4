// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier masks solve.

internal import ArgumentParser
internal import Datasets
internal import SparseCore
internal import SparseTopology
internal import Training

/// Finds the masks of a file's matrices.
struct MasksSolveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "solve",
    abstract: "The masks of the matrices in a file, by the magnitudes of their weights.",
    discussion: """
      Every two-dimensional array is taken for weights [outputs, inputs]. The Boolean masks are written under the same \
      names, as npz (|b1) or safetensors (BOOL), by the ending of --out; other arrays are left out. Ragged tiles at the \
      edges keep at most N. Double precision is rounded to single.

      --json prints one object with an object for each array: kept_magnitude and total_magnitude (sums of absolute \
      values), kept (weights), tiles, optimal (whether the sum is the largest that there is; weights count in steps of \
      at most 2^-26 of their tile's largest: what is a hundred million times smaller counts as nothing), seconds (on \
      the wall).

        espalier masks solve weights.npz --pattern 4:8 --transposable --out masks.npz --json
        espalier masks solve model.safetensors --pattern 1:4 --reading zeros --out masks.safetensors
      """)

  @Argument(help: "an .npz or .safetensors file", completion: .file())
  var input: String

  @OptionGroup var flags: PatternFlags

  @Flag(help: "keep to the pattern along columns too")
  var transposable = false

  @Flag(help: "rows and columns may keep fewer than N, where that keeps more in sum")
  var atMost = false

  @Option(help: "how transposable masks are found")
  var method: MaskWay = .exact

  @Option(help: "the file to write, .npz or .safetensors", completion: .file())
  var out: String

  @Flag(help: "check every tile's mask against the prices that prove it the best, and print how many passed")
  var certify = false

  @OptionGroup var team: ThreadFlags

  @Flag(help: "print one JSON object")
  var json = false

  func validate() throws {
    guard MaskArchive.Form(path: out) != nil else {
      throw ValidationError("--out: expected a file ending in .npz or .safetensors, got '\(out)'")
    }
    guard transposable || method == .exact else {
      throw ValidationError(
        "--method \(method.rawValue): expected --transposable with it; plain masks are exact row by row")
    }
    try WeightsFile.check(out: out, isNot: input)
    guard !certify || (transposable && method == .exact) else {
      throw ValidationError("--certify: expected --transposable and --method exact, whose prices prove a mask")
    }
  }

  func run() throws {
    let report = try execute()
    Output.result(json ? report.json.text() : report.text)
  }

  /// Solves and writes.
  func execute() throws -> MasksReport {
    let pattern = try flags.pattern(isTransposable: transposable)
    let source = try WeightsFile(input)
    let form = atMost ? MaskForm.atMost : .exactly
    let workers = team.workers
    var report = MasksReport(
      pattern: pattern, form: form, method: transposable ? method.method : .exact, arrays: [])
    var skipped: [String] = []
    var archive = try MaskArchive(out)
    for name in source.names {
      guard let weights = try source.matrix(name) else {
        skipped.append(name)
        continue
      }
      let start = BenchClock.wall.now
      let masks: TileMasks
      do throws(MaskError) {
        masks = try TileMasks.solve(weights, pattern: pattern, form: form, method: method.method, workers: workers)
      } catch {
        throw CommandError(.badData, "\(input), array '\(name)': \(error)")
      }
      let seconds = BenchClock.wall.now - start
      let sums = masks.magnitudes(of: weights)
      report.arrays.append(
        MasksReport.Line(
          name: name, rows: weights.rows, columns: weights.columns, kept: masks.count, keptMagnitude: sums.kept,
          totalMagnitude: sums.total, tiles: masks.tileCount, seconds: seconds,
          certified: certify ? masks.certifiedTiles(of: weights, form: form, workers: workers) : nil))
      try archive.add(name, masks)
    }
    guard !report.arrays.isEmpty else {
      throw CommandError(
        .badData,
        "'\(input)': expected arrays of numbers in two dimensions that are not empty, got "
          + (skipped.isEmpty ? "none at all" : "others: " + skipped.prefix(6).joined(separator: ", "))
          + "; a model's own layers are converted by 'espalier masks convert'")
    }
    if !skipped.isEmpty {
      Output.talk("left out, not numbers in two dimensions: " + skipped.joined(separator: ", "))
    }
    try archive.commit()
    return report
  }
}
