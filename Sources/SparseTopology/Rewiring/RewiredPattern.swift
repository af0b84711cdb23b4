// SPDX-License-Identifier: Apache-2.0
// Espalier: a pattern after a rewiring, and where its connections come from.

public import SparseCore

/// A pattern after a rewiring, with the old position of every surviving connection.
///
/// Whatever is kept per connection (weights, optimizer slots, ages) is carried over with ``carry(_:newborn:)->Vector``:
///
///     let rewired = rewiring.apply(to: weights.pattern)
///     weights.replace(pattern: rewired.pattern, values: rewired.carry(weights.values, newborn: 0))
///     momentum = rewired.carry(momentum, newborn: 0)
///     ages = rewired.carry(ages, newborn: 0)
public struct RewiredPattern: Sendable, Equatable {
  /// The connections after the rewiring.
  public let pattern: SparsityPattern
  /// For each new position the old one, or ``newborn``.
  public let origins: [UInt32]
  /// How many connections did not exist before.
  public let newborns: Int

  /// The origin of a connection that did not exist before.
  public static let newborn = UInt32.max

  init(pattern: SparsityPattern, origins: [UInt32], newborns: Int) {
    self.pattern = pattern
    self.origins = origins
    self.newborns = newborns
    assert(origins.count == pattern.count, "\(origins.count) origins for \(pattern.count) connections")
  }

  /// The share of connections that did not exist before, 0 for an empty layer.
  public var movedShare: Double {
    pattern.count == 0 ? 0 : Double(newborns) / Double(pattern.count)
  }

  /// Moves the values of survivors to their new positions.
  ///
  /// - Parameters:
  ///   - values: one value for each old connection.
  ///   - newborn: the value of connections that did not exist before.
  /// - Complexity: O(*count*).
  public func carry(_ values: Vector, newborn: Float) -> Vector {
    var carried = Vector(count: origins.count)
    let known = values.count
    carried.write { target in
      values.read { source in
        for position in origins.indices {
          let origin = origins[position]
          precondition(origin == Self.newborn || Int(origin) < known, "\(known) values lack position \(origin)")
          target[position] = origin == Self.newborn ? newborn : source[Int(origin)]
        }
      }
    }
    return carried
  }

  /// Moves the values of survivors to their new positions.
  ///
  /// - Complexity: O(*count*).
  @inlinable
  public func carry<Element>(_ values: [Element], newborn: Element) -> [Element] {
    origins.map { $0 == Self.newborn ? newborn : values[Int($0)] }
  }
}
