// SPDX-License-Identifier: Apache-2.0
// Espalier: what a machine allows, and what is reached of it.

/// A roofline chart: how fast something computes over how much it computes for each byte it reads, under the machine's
/// roofs, both axes logarithmic with base 2.
///
/// Points of one group have one place on the axis; they stand in a column around it, series side by side, so that they
/// can be told apart. Within a column roofs are level, as high as at that place. The highest and the lowest point of a
/// series carry their labels.
///
/// Source: S. Williams, A. Waterman, D. Patterson, *Roofline: an insightful visual performance model for multicore
/// architectures*, Communications of the ACM 52(4), 2009.
package struct RooflineChart: Sendable {
  /// A limit of the machine.
  package struct Roof: Sendable {
    /// What is limited.
    package enum Limit: Sendable {
      /// Billions of operations a second: a level line.
      case compute(Double)
      /// Billions of bytes a second: a rising line.
      case bandwidth(Double)
    }

    package var name: String
    package var limit: Limit

    package init(_ name: String, _ limit: Limit) {
      self.name = name
      self.limit = limit
    }
  }

  /// One measurement.
  package struct Point: Sendable {
    /// Operations a byte.
    package var x: Double
    /// Billions of operations a second.
    package var y: Double
    package var label: String
    /// The column it belongs to, named below it.
    package var group: String

    package init(x: Double, y: Double, label: String, group: String) {
      self.x = x
      self.y = y
      self.label = label
      self.group = group
    }
  }

  /// Measurements of one colour.
  package struct Series: Sendable {
    package var name: String
    package var points: [Point]

    package init(_ name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  package var title: String
  package var xTitle: String
  package var yTitle: String
  package var roofs: [Roof]
  package var series: [Series]

  package init(title: String, xTitle: String, yTitle: String, roofs: [Roof], series: [Series]) {
    self.title = title
    self.xTitle = xTitle
    self.yTitle = yTitle
    self.roofs = roofs
    self.series = series
  }
}
