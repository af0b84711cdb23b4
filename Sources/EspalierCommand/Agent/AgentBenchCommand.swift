// SPDX-License-Identifier: Apache-2.0
// Espalier: `espalier agent bench`.

internal import ArgumentParser
internal import Espalier

/// Measures acting, learning and environments, against Gymnasium and Stable-Baselines3 where they are there.
struct AgentBenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Steps of environments, actions and gradient steps a second, against Gymnasium and Stable-Baselines3.",
    discussion: """
      Three tables. Environments: steps with actions drawn before, episodes beginning anew; Gymnasium's without its \
      checker. Acting: one observation in, one action out, by a policy of 4 observed numbers and 2 choices. Learning: SAC \
      with 17 observed numbers, 6 actions and batches of 256; ours acts, stores and takes a gradient step, with SET's \
      updates every 1000 steps when sparse; Stable-Baselines3's side is 'train' alone, on a buffer full of random numbers.

      A peer and this library run in turn, in one run; numbers are medians. With one thread the clock is the thread's \
      processor time on both sides, with more the wall clock. What a Python does not have is left out with a word.

        espalier agent bench --python VENV/bin/python
        espalier agent bench --parts learning --hidden 256-256 --threads 2
      """)

  /// One of the tables.
  enum Part: String, CaseIterable, ExpressibleByArgument { case environments, acting, learning }

  @Option(help: ArgumentHelp("the Python that has Gymnasium and Stable-Baselines3", valueName: "program"))
  var python = "python3"

  @Option(help: ArgumentHelp("the Python side", valueName: "file"))
  var script = "Benchmarks/peers/agents.py"

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("which tables (default: environments acting learning)", valueName: "part"))
  var parts: [Part] = []

  @Option(
    help: ArgumentHelp("hidden widths for learning (default: 256-256,1024-1024)", valueName: "W-W,..."),
    transform: { try BenchText.list($0).map(BenchText.widths) })
  var hidden: [[Int]] = []

  @Option(help: "the share of connections that do not exist in sparse networks")
  var sparsity = 0.9

  @Option(help: "threads of each side, for learning")
  var threads = 1

  @OptionGroup var measuring: BenchFlags

  func validate() throws {
    _ = try BenchText.threads("\(threads)")
    guard sparsity > 0, sparsity < 1 else {
      throw ValidationError("--sparsity: expected a number above 0 and below 1, got \(sparsity)")
    }
  }

  func run() throws {
    let load = SystemLoad.now
    let parts = parts.isEmpty ? Part.allCases : parts
    let report = AgentBenchReport(isJSON: measuring.json, load: load)
    if !measuring.json { Output.result("\(Kernels.name); \(BenchText.load(load))") }
    if parts.contains(.acting) { report.show(acting: try acting()) }
    if parts.contains(.environments) { report.show(environments: try environments()) }
    if parts.contains(.learning) { report.show(learning: try learning(), threads: threads) }
  }

  /// The Python side with so many threads; nil, and said, when there is none.
  private func peers(threads: Int) -> PeerSession? {
    guard Paths.exists(script) else {
      Output.talk("left out: other libraries, since '\(script)' is not there; name it with --script")
      return nil
    }
    do {
      return PeerSession(try LineProcess(python, [script, "--threads", "\(threads)"]))
    } catch {
      Output.talk("left out: other libraries, since \(error)")
      return nil
    }
  }

  private func acting() throws -> [ActingLine] {
    let watch = Stopwatch(threads: 1)
    let cases = try [[64, 64], [256, 256]].flatMap { hidden in
      [try ActingCase(hidden: hidden, sparsity: sparsity), try ActingCase(hidden: hidden, sparsity: 0)]
    }
    // Many short measurements, each of some calls: the median is that of a call in the middle of work.
    let phases = cases.map { subject in BenchPhase(name: "act", flops: 0) { subject.run() } }
    let samples = watch.measure(phases, repeats: measuring.repeats * 5)
    return zip(cases, samples).map { subject, sample in
      ActingLine(
        hidden: subject.hidden, sparsity: subject.sparsity, connections: subject.connections,
        seconds: sample.map { $0 / Double(ActingCase.actions) })
    }
  }

  /// Measures every native environment, in turn with Gymnasium.
  func environments() throws -> [EnvironmentLine] {
    let peers = peers(threads: 1)
    var said = false
    return try EnvironmentCatalogue.entries.map { entry in
      let subject = try StepsCase(entry)
      var theirs: ((Int) throws -> Double)?
      if let id = entry.gymnasium, let peers {
        let folder = try PeerFolder()
        try folder.write([
          .init("kind", "environment"), .init("id", .string(id)), .init("steps", .integer(StepsCase.steps)),
        ])
        theirs = try open(peers, folder, peer: "gymnasium", phase: "steps", &said)
      }
      let pair = try BenchPair(threads: 1, repeats: measuring.repeats, ours: subject.run, theirs: theirs)
      if theirs != nil { try peers?.close() }
      return EnvironmentLine(
        name: entry.name, ours: pair.ours.map { $0 / Double(StepsCase.steps) },
        theirs: pair.theirs.map { $0.map { $0 / Double(StepsCase.steps) } })
    }
  }

  /// Measures sparse and dense SAC, in turn with Stable-Baselines3.
  func learning() throws -> [LearningLine] {
    let peers = peers(threads: threads)
    var said = false
    let workers = Workers(threads: threads)
    var lines: [LearningLine] = []
    for hidden in hidden.isEmpty ? [[256, 256], [1024, 1024]] : hidden {
      var theirs: ((Int) throws -> Double)?
      if let peers {
        let folder = try PeerFolder()
        try folder.write([
          .init("kind", "sac"), .init("observations", .integer(GradientCase.observations)),
          .init("actions", .integer(GradientCase.actions)), .init("hidden", .array(hidden.map { .integer($0) })),
          .init("batch", .integer(GradientCase.batch)),
        ])
        theirs = try open(peers, folder, peer: "stable-baselines3", phase: "step", &said)
      }
      for sparsity in [sparsity, 0] {
        let subject = try GradientCase(hidden: hidden, sparsity: sparsity, workers: workers)
        let pair = try BenchPair(threads: threads, repeats: measuring.repeats, ours: subject.run, theirs: theirs)
        lines.append(
          LearningLine(
            hidden: hidden, sparsity: sparsity, connections: subject.connections, ours: pair.ours, theirs: pair.theirs))
      }
      if theirs != nil { try peers?.close() }
    }
    return lines
  }

  /// Hands a case over; nil, and said once, when the peer cannot run it.
  private func open(
    _ peers: PeerSession, _ folder: PeerFolder, peer: String, phase: String, _ said: inout Bool
  ) throws -> ((Int) throws -> Double)? {
    let offer = try peers.open(folder.path)
    guard offer.peers.contains(where: { $0.name == peer }) else {
      try peers.close()
      if !said { Output.talk("left out: \(peer) (\(offer.absent.first?.reason ?? "cannot run it"))") }
      said = true
      return nil
    }
    return { runs in try peers.seconds(peer, phase, runs: runs) }
  }
}

/// A thing of ours and one of a peer, measured in turn.
struct BenchPair {
  /// Seconds of a run of ours.
  let ours: Sample
  /// Seconds of a run of theirs; nil without a peer.
  let theirs: Sample?

  init(
    threads: Int, repeats: Int, ours: () throws -> Void, theirs: ((_ runs: Int) throws -> Double)?
  ) throws {
    let clock = BenchClock(threads: threads)
    /// Long enough that the clock does not count.
    let shortest = 0.01
    func seconds(_ runs: Int) throws -> Double {
      let start = clock.now
      for _ in 0..<runs { try ours() }
      return (clock.now - start) / Double(runs)
    }
    _ = try seconds(2)
    let ourRuns = max(1, Int((shortest / max(1e-9, try seconds(1))).rounded(.up)))
    let theirRuns = try theirs.map { max(1, Int((shortest / max(1e-9, try $0(1))).rounded(.up))) } ?? 0
    var (mine, others) = ([Double](), [Double]())
    for _ in 0..<repeats {
      if let theirs { others.append(try theirs(theirRuns)) }
      _ = try seconds(1)
      mine.append(try seconds(ourRuns))
    }
    self.ours = Sample(mine)
    self.theirs = theirs == nil ? nil : Sample(others)
  }
}
