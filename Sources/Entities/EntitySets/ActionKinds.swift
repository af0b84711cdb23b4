// SPDX-License-Identifier: Apache-2.0
// Espalier: the ways in which an entity can act.

/// How an entity's next slice could have been another one in the same environment.
public struct ActionKinds: OptionSet, Sendable, Hashable {
  /// One bit a kind.
  public let rawValue: Int

  /// Kinds by their bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The next slice could have had other values on the same nodes.
  public static let value = ActionKinds(rawValue: 1)
  /// The next slice could have been on other nodes.
  public static let extent = ActionKinds(rawValue: 2)
}

extension ActionKinds: CustomStringConvertible {
  /// "value", "extent", "value and extent" or "none".
  public var description: String {
    let names = [contains(.value) ? "value" : nil, contains(.extent) ? "extent" : nil].compactMap { $0 }
    return names.isEmpty ? "none" : names.joined(separator: " and ")
  }
}
