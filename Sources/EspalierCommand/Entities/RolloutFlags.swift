// SPDX-License-Identifier: Apache-2.0
// Espalier: rollouts in place of a model file.

internal import ArgumentParser
internal import Espalier

/// A model estimated from a table of samples over time.
struct RolloutFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "a table of samples over time in place of a model: columns episode and step (or t), and variables",
      valueName: "file.csv"),
    completion: .file(extensions: ["csv"]))
  var rollouts: String?

  @Option(
    help: ArgumentHelp(
      "variables of the table, a star for any ending: observation_*,action_0 (default: all but reward and ending)",
      valueName: "list"))
  var columns: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "how numbers become states: quantile:3, uniform:4, threshold:0,1.5 or category, for all or for some (action_*=category)",
      valueName: "binning"))
  var bins: [String] = []

  @Option(help: "steps of a window") var window: Int = 2

  @Flag(help: "take the windows' own frequencies in place of a fitted stationary chain") var plugIn = false

  @Option(help: "what is added to each count of a fitted chain") var smoothing: Double = 0.5

  @Option(
    help: ArgumentHelp(
      "what a variable of a fitted chain depends on: all, or informative:K, itself and the K others that tell most about it",
      valueName: "rule"))
  var parents: String = "all"

  @Option(help: "which rows tell how a fitted chain begins: pooled or episodes") var start: StartWords = .pooled

  func validate() throws {
    if rollouts == nil, let flag = given.first {
      throw ValidationError("\(flag): expected --rollouts and a table with it")
    }
    do throws(EntityError) { _ = try ParentChoice(parsing: parents) } catch {
      throw ValidationError("--parents: \(error)")
    }
    guard window >= 1, window <= 1000 else {
      throw ValidationError("--window: expected 1 to 1,000 steps, got \(window)")
    }
  }

  /// The flags that say something about rollouts and were given.
  private var given: [String] {
    (columns == nil ? [] : ["--columns"]) + (bins.isEmpty ? [] : ["--bins"]) + (plugIn ? ["--plug-in"] : [])
  }

  /// Reads and bins the table.
  func binned(_ path: String) throws -> BinnedRollouts {
    let names = columns.map { $0.split(separator: ",").map(String.init) } ?? []
    let table = try RolloutTable.read(path, columns: names)
    let plan: BinningPlan
    do throws(EntityError) {
      plan = bins.isEmpty ? BinningPlan() : try BinningPlan(parsing: bins)
    } catch { throw CommandError.usage("--bins: \(error)") }
    let rollouts = try table.binned(plan)
    for variable in rollouts.variables {
      let counts = zip(variable.stateNames, variable.counts).map { "\($0): \(NumberText.grouped($1))" }
      Output.talk("\(variable.name)  \(variable.binning)  " + counts.joined(separator: "  "))
    }
    for note in rollouts.notes { Output.talk("note: " + note) }
    return rollouts
  }

  /// The model behind windows of the table, and the window that was seen most often.
  func model(_ path: String) throws -> (model: any ProbabilityModel<Double>, common: [Int]) {
    let rollouts = try binned(path)
    let windows = try rollouts.windows(length: window)
    guard let most = windows.counts.max(), let index = windows.counts.firstIndex(of: most) else {
      throw CommandError(
        .badData,
        "'\(path)': expected an episode of at least \(window) consecutive steps, got none; choose a smaller --window")
    }
    guard !plugIn, window > 1 else {
      for note in windows.notes { Output.talk("note: " + note) }
      return (try windows.jointTable(), windows.values(index))
    }
    let fitted = try rollouts.fit(
      timeSteps: window, smoothing: smoothing, parents: try ParentChoice(parsing: parents), start: start.law)
    for note in fitted.notes { Output.talk("note: " + note) }
    return (fitted.chain, windows.values(index))
  }
}

/// The words for how a chain begins.
enum StartWords: String, CaseIterable, ExpressibleByArgument {
  case pooled, episodes

  var law: StartLaw { self == .pooled ? .pooled : .episodeStarts }
}
