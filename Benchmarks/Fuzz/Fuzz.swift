// SPDX-License-Identifier: Apache-2.0
// Espalier: every reader against damaged files.

internal import Datasets
internal import SparseCore
internal import Training

/// Feeds damaged files to every reader: each must be read or refused with words, in little time and memory.
///
///     swift run -c release EspalierFuzz --count 100000 --seed 1
///
/// The same seed makes the same files. The exit code is 1 when anything odd has come up.
@main
struct Fuzz {
  /// The most seconds that one small file may take.
  static let mostSeconds = 5.0
  static func main() throws {
    guard let options = Options(CommandLine.arguments.dropFirst()) else {
      print("usage: EspalierFuzz [--count N] [--seed N] [--only READER] [--memory MIB]")
      exit(64)
    }
    let targets = try Target.all().filter { options.only == nil || $0.name == options.only }
    guard !targets.isEmpty else {
      print("no reader '\(options.only ?? "")'; there are \(try Target.all().map(\.name).joined(separator: ", "))")
      exit(64)
    }
    var isOdd = false
    print("reader          inputs  refused accepted  longest  peak memory")
    for (index, target) in targets.enumerated() {
      let count = options.count / targets.count + (index < options.count % targets.count ? 1 : 0)
      let result = run(target, count: count, options)
      print(result.line)
      if !result.refusal.isEmpty { print("    " + result.refusal.prefix(160)) }
      for fault in Set(result.faults).sorted().prefix(8) { print("    ODD: " + fault) }
      isOdd = isOdd || !result.faults.isEmpty
    }
    print(isOdd ? "something is odd" : "\(options.count) inputs, nothing odd")
    exit(isOdd ? 1 : 0)
  }

  private static func run(_ target: Target, count: Int, _ options: Options) -> Result {
    var result = Result(name: target.name)
    var random = Random(seed: options.seed).split(target.name)
    for _ in 0..<count {
      let seed = UInt64(random.nextWord()) << 32 | UInt64(random.nextWord())
      let start = ContinuousClock.now
      let outcome = target.tryOne(seed)
      let parts = (ContinuousClock.now - start).components
      let seconds = Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
      result.longest = max(result.longest, seconds)
      result.inputs += 1
      switch outcome {
      case .accepted: result.accepted += 1
      case .refused(let words):
        result.refused += 1
        if !words.isEmpty { result.refusal = words }
      case .odd(let words): result.faults.append("\(words) (input of seed \(seed))")
      }
      if seconds > mostSeconds { result.faults.append("\(seconds) s (input of seed \(seed))") }
    }
    result.peak = Memory.peak
    if result.peak > options.memory << 20 { result.faults.append("\(result.peak >> 20) MiB of memory") }
    return result
  }
}

/// What came of one reader.
private struct Result {
  let name: String
  var inputs = 0
  var refused = 0
  var accepted = 0
  var longest = 0.0
  var peak = 0
  var refusal = ""
  var faults: [String] = []

  init(name: String) { self.name = name }

  var line: String {
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    let milliseconds = "\(Double(Int(longest * 10_000)) / 10) ms"
    return name + String(repeating: " ", count: max(0, 13 - name.count)) + right("\(inputs)", 9)
      + right("\(refused)", 9)
      + right("\(accepted)", 9) + right(milliseconds, 10) + right("\(peak >> 20) MiB", 11)
  }
}

/// The command line.
private struct Options {
  var count = 100_000
  var seed: UInt64 = 1
  var only: String?
  /// The most memory of the whole program, in MiB; an address sanitizer needs more.
  var memory = 512

  init?(_ arguments: some Sequence<String>) {
    var rest = Array(arguments)[...]
    while let flag = rest.popFirst() {
      guard let value = rest.popFirst() else { return nil }
      switch flag {
      case "--count":
        guard let number = Int(value), number > 0 else { return nil }
        count = number
      case "--seed":
        guard let number = UInt64(value) else { return nil }
        seed = number
      case "--only": only = value
      case "--memory":
        guard let number = Int(value), (1...1 << 30).contains(number) else { return nil }
        memory = number
      default: return nil
      }
    }
  }
}
