// SPDX-License-Identifier: Apache-2.0
// Espalier: looking on while a network learns.

/// Something that is told what happens in a run: a progress bar, a log, a rule for stopping early.
///
/// An observer never changes what is learned, only when the run stops: with and without it the bytes are the same.
public protocol TrainingObserver: AnyObject {
  /// Takes note of an event.
  ///
  /// - Parameter control: lets the observer end the run.
  /// - Throws: what the observer's own work throws, such as a full disk; the run then ends with that error.
  func observe(_ event: TrainingEvent, control: inout TrainingControl) throws

  /// Whether it wants every step's event; the others are always sent.
  var wantsSteps: Bool { get }
}

extension TrainingObserver {
  /// False unless an observer says otherwise.
  public var wantsSteps: Bool { false }
}

/// What an observer may ask of the run.
public struct TrainingControl: Sendable, Equatable {
  /// Why the run shall end after this event; nil to go on.
  public var stopReason: String?

  /// Asks for nothing.
  public init() {}
}
