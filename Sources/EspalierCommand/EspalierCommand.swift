// SPDX-License-Identifier: Apache-2.0
// Espalier: the command-line tool.

internal import ArgumentParser

/// `espalier`: trains, judges and inspects truly sparse networks.
@main
struct EspalierCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "espalier",
    abstract: "Truly sparse neural networks: memory and time follow the connections, never width x width.",
    discussion: """
      Begin with 'espalier train': it learns the bundled handwritten digits in seconds.

      Results go to the standard output, talk goes to the standard error. Exit codes: 0 done, 1 failed, 2 diverged or \
      --require missed, 64 usage, 65 bad data, 66 input missing, 73 cannot write, 130 interrupted after saving.

      Completions for your shell: espalier --generate-completion-script bash|zsh|fish
      """,
    version: version,
    subcommands: [
      TrainCommand.self, EvaluateCommand.self, PredictCommand.self, InspectCommand.self, ExportCommand.self,
      CompareCommand.self, DataCommand.self, MasksCommand.self, AgentCommand.self, EntitiesCommand.self,
      BenchCommand.self,
    ])

  /// The version of the tool and of the files' notes.
  static let version = "0.1.0"

  static func main() {
    do {
      var command = try parseAsRoot(joined(Array(CommandLine.arguments.dropFirst())))
      try command.run()
      if let reason = Output.failure {
        throw CommandError(.cannotWrite, "cannot write the result to the standard output: \(reason)")
      }
    } catch {
      leave(with: error)
    }
  }

  /// Ties a negative number to the flag before it: `--label -1` becomes `--label=-1`.
  ///
  /// The argument parser takes what begins with a hyphen for a flag; no flag of ours begins with a digit.
  static func joined(_ arguments: [String]) -> [String] {
    var joined: [String] = []
    for argument in arguments {
      if let flag = joined.last, flag.hasPrefix("--"), flag.count > 2, !flag.contains("="), argument.hasPrefix("-"),
        Double(argument) != nil
      {
        joined[joined.count - 1] = flag + "=" + argument
      } else {
        joined.append(argument)
      }
    }
    return joined
  }

  /// Reports an error in one message and ends the process with its code.
  private static func leave(with error: any Error) -> Never {
    guard let known = CommandError(error) else {
      let code = exitCode(for: error)
      let message = fullMessage(for: error)
      if code.isSuccess {
        Output.result(message)
      } else {
        Output.talk(message.hasPrefix("Error:") ? "error:" + message.dropFirst("Error:".count) : message)
      }
      exit(with: code.rawValue)
    }
    if !known.description.isEmpty {
      Output.talk((known.status == .interrupted ? "" : "error: ") + known.description)
    }
    exit(with: known.status.rawValue)
  }

  private static func exit(with code: Int32) -> Never {
    Self.exit(withError: code == 0 ? nil : ExitCode(code))
  }
}
