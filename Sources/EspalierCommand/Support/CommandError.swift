// SPDX-License-Identifier: Apache-2.0
// Espalier: how the tool ends.

internal import Espalier

/// What the tool's exit code says.
enum CommandStatus: Int32, Sendable {
  /// Something else went wrong.
  case failed = 1
  /// The loss was not finite, or a `--require` was missed.
  case unfulfilled = 2
  /// A flag, or a key of a configuration, is wrong.
  case usage = 64
  /// A file's contents are not what they should be.
  case badData = 65
  /// A file is not there or cannot be read.
  case inputMissing = 66
  /// A file cannot be written.
  case cannotWrite = 73
  /// The user stopped it; what was done is saved.
  case interrupted = 130
}

/// An error with its exit code and one clear message.
///
/// Commands throw it, or any error of the library: the root command reports both.
struct CommandError: Error, Equatable, CustomStringConvertible {
  let status: CommandStatus
  /// The message; empty when everything has been said before.
  let description: String

  init(_ status: CommandStatus, _ description: String) {
    self.status = status
    self.description = description
  }

  /// A wrong flag or key.
  static func usage(_ description: String) -> CommandError { CommandError(.usage, description) }

  /// Gives an error of the library its exit code; nil for errors of the argument parser, which knows its own.
  init?(_ error: any Error) {
    switch error {
    case let error as CommandError: self = error
    case let error as FileError: self.init(error.status, error.description)
    case let error as FetchError: self.init(error.status, error.description)
    case let error as TrainingError: self.init(error.status, error.flagged)
    case let error as TopologyError: self.init(.usage, error.description)
    case let error as MaskError: self.init(error.status, error.description)
    case let error as AgentError: self.init(error.status, error.description)
    case let error as EnvironmentError: self.init(error.status, error.description)
    case let error as EntityError: self.init(error.status, error.description)
    case let error as StorageError: self.init(.cannotWrite, "--out-of-core " + error.description)
    default: return nil
    }
  }
}

extension FileError {
  fileprivate var status: CommandStatus {
    switch self {
    case .missing, .unreadable: .inputMissing
    case .unwritable: .cannotWrite
    case .format, .tooLarge: .badData
    }
  }
}

extension MaskError {
  fileprivate var status: CommandStatus {
    switch self {
    case .pattern, .sizes: .usage
    case .notFinite: .badData
    }
  }
}

extension TrainingError {
  /// The message, with the flag in place of a setting's name.
  fileprivate var flagged: String {
    guard case .setting(let name, _, _) = self, Setting.named(name) != nil else { return description }
    return "--" + description
  }

  fileprivate var status: CommandStatus {
    switch self {
    case .setting: .usage
    case .data, .state: .badData
    }
  }
}

extension AgentError {
  fileprivate var status: CommandStatus {
    switch self {
    case .setting, .space, .network: .usage
    case .state: .badData
    case .diverged: .unfulfilled
    case .environment(let error): error.status
    }
  }
}

extension EnvironmentError {
  fileprivate var status: CommandStatus {
    switch self {
    case .unknown, .setting: .usage
    case .state: .badData
    case .ended, .silent, .failed, .broken: .failed
    }
  }
}

extension EntityError {
  fileprivate var status: CommandStatus {
    switch self {
    case .pattern, .impossible, .tooLarge, .undefined: .usage
    case .model: .badData
    }
  }
}

extension FetchError {
  fileprivate var status: CommandStatus {
    switch self {
    case .nothingToFetch: .usage
    case .noCurl, .failed: .failed
    case .checksum: .badData
    case .interrupted: .interrupted
    case .file(let error): error.status
    }
  }
}
