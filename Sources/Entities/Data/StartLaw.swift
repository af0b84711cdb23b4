// SPDX-License-Identifier: Apache-2.0
// Espalier: where a fitted chain begins.

/// Which rows tell how a fitted chain begins.
public enum StartLaw: String, Sendable, CaseIterable {
  /// All rows: the chain begins as it is found at any time.
  case pooled
  /// The first row of each episode.
  case episodeStarts
}
