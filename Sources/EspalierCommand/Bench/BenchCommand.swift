// SPDX-License-Identifier: Apache-2.0
// Espalier: espalier bench.

internal import ArgumentParser

/// Measures this machine.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "This machine's numbers, as ratios: kernels, training, scale, peers, ceilings.",
    discussion: """
      Phases take turns after a warm-up, so that a slow moment of the machine hits all alike; numbers are medians, the \
      spread beside them is that of the middle half. With one thread the clock is the thread's processor time, with more \
      it is the wall clock. FLOPs count stored connections only: 2 a connection and sample forward, 4 backward.

      One process has one set of kernels, the best of this machine. To compare: \
      ESPALIER_KERNELS=portable espalier bench.

        espalier bench kernels --shape 1024x784 --density 0.1
        espalier bench training --threads 1,2
        espalier bench scale --to 1e7
        espalier bench peers --python VENV/bin/python
      """,
    subcommands: [
      BenchKernelsCommand.self, BenchTrainingCommand.self, BenchScaleCommand.self, BenchPeersCommand.self,
      BenchCeilingsCommand.self,
    ],
    defaultSubcommand: BenchKernelsCommand.self)
}

/// The flags of all measurements.
struct BenchFlags: ParsableArguments {
  @Option(help: "measurements of each phase")
  var repeats = 15

  @Flag(help: "print one JSON object a line")
  var json = false

  func validate() throws {
    guard repeats >= 3, repeats <= 100_000 else {
      throw ValidationError("--repeats: expected a whole number from 3 to 100000, got \(repeats)")
    }
  }
}
