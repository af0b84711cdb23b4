// SPDX-License-Identifier: Apache-2.0
// Espalier: when the state of a run is saved.

internal import Datasets

/// Where the state of a run is saved, and how often: after an epoch when enough time has passed, when the run is
/// interrupted, and at its end.
///
/// When it is saved never changes what is learned.
public struct CheckpointPolicy: Sendable {
  /// The state file.
  public let path: String
  /// The least time between two saves, in seconds; 0 saves after every epoch, infinity only at the end.
  public let interval: Double
  private var lastSave = ContinuousClock.now

  /// Saves to `path`.
  public init(path: String, interval: Double = 1) {
    self.path = path
    self.interval = interval
  }

  mutating func epochEnded(_ session: TrainingSession) throws(FileError) {
    if (ContinuousClock.now - lastSave) / .seconds(1) >= interval { try save(session) }
  }

  mutating func save(_ session: TrainingSession) throws(FileError) {
    try session.saveState(to: path)
    lastSave = ContinuousClock.now
  }
}
