// SPDX-License-Identifier: Apache-2.0
// Espalier: charts as SVG.

import Datasets
import Testing

@testable import Training

@Suite("Charts")
struct ChartTests {
  private static let epochs = (1...40).map(Double.init)

  private static let pixels: [Double] = (0..<64).map { index in
    let row = Double(index / 8) - 3.5
    let column = Double(index % 8) - 3.5
    let value: Double = 18 - row * row - column * column / 2
    return max(0, value.rounded())
  }

  private static let curves: [LineChart.Series] = (0..<3).map { index in
    let top = 0.975 - 0.02 * Double(index)
    let rate = 0.9 - 0.2 * Double(index)
    var y: [Double] = epochs.map { (epoch: Double) -> Double in top - top / (1 + epoch * rate) }
    let band = (low: y.map { $0 - 0.02 }, high: y.map { min(1, $0 + 0.02) })
    if index == 2 { y[20] = .nan }
    return LineChart.Series(["GSE", "SET", "static"][index], x: epochs, y: y, band: index == 2 ? nil : band)
  }

  private static let degrees: [Int] = (0..<256).map { index in
    let spread: Int = index * index % 17 + index * 7 % 13
    return 3 + spread / 3 + (index % 37 == 0 ? 6 : 0)
  }

  private static let weights: [Float] = (0..<2000).map { index in
    let sum: Int = (index * 37) % 101 + (index * 53) % 89 - 95
    return Float(sum) / 100
  }

  private static let confusion: [Int] = (0..<100).map { index in
    if index / 10 == index % 10 { return 33 + index % 7 }
    return index * 31 % 23 == 0 ? index % 5 + 1 : 0
  }

  static let charts: [(name: String, svg: String)] = [
    (
      "lines.svg",
      LineChart(
        title: "Test accuracy, 5 seeds", xTitle: "epoch", yTitle: "test accuracy",
        series: curves
      ).svg
    ),
    (
      "degrees.svg",
      BarChart(
        title: "Connections into each hidden neuron", xTitle: "in-degree", yTitle: "neurons",
        counting: degrees
      ).svg
    ),
    (
      "weights.svg",
      BarChart(
        title: "Weights <layer \"1\" & bias>", xTitle: "weight", yTitle: "connections",
        histogram: HistogramSummary(weights)
      ).svg
    ),
    (
      "pixels.svg",
      HeatMap(
        title: "Input connections by pixel", unit: "connections", rows: 8, columns: 8,
        values: pixels
      ).svg
    ),
    (
      "confusion.svg",
      ConfusionMatrixChart(
        title: "Digits, test part", classes: (0..<10).map(String.init),
        counts: confusion
      ).svg
    ),
    ("roofline.svg", roofline.svg),
    ("intervals.svg", intervals.svg),
  ]

  /// Ten lines, so that colours come again; one without a point, one without an interval.
  private static let intervals = IntervalChart(
    title: "Digits", xTitle: "sparsity", yTitle: "accuracy, %", settings: ["0.9", "0.95", "0.98"],
    series: (0..<10).map { index in
      let means = [97.0, 96, 93].map { $0 - 0.3 * Double(index) }
      let halfWidth = index == 4 ? 0 : 0.4
      var points: [(mean: Double, halfWidth: Double)?] = means.map { ($0, halfWidth) }
      if index == 3 { points[1] = nil }
      return IntervalChart.Series("method \(index)", points: points)
    })

  private static let roofline = RooflineChart(
    title: "Sparse layers, batch 128, one thread", xTitle: "operations for each byte of activations",
    yTitle: "GFLOP/s",
    roofs: [
      .init("multiply-adds", .compute(117)), .init("L1", .bandwidth(198)),
      .init("L2", .bandwidth(105)), .init("L3", .bandwidth(70)),
    ],
    series: ["1024x784", "4000x1000", "4096x4096"].enumerated().map { index, name in
      let points = [20.0, 10, 5, 2, 1].enumerated().flatMap { place, density -> [RooflineChart.Point] in
        let loss = Double(place) * 6 + Double(index) * 4
        return [
          .init(x: 0.5, y: 74 - loss, label: "\(Int(density)) %", group: "forward"),
          .init(x: 1, y: 96 - loss, label: "\(Int(density)) %", group: "backward"),
        ]
      }
      return RooflineChart.Series(name, points: points)
    })

  @Test("each chart is the one committed (ESPALIER_RECORD=1 commits it anew)", arguments: charts.map(\.name))
  func snapshots(name: String) throws {
    let chart = try #require(Self.charts.first { $0.name == name })
    #expect(try TestFiles.snapshot(name, chart.svg) == chart.svg)
  }

  @Test("XML escaping leaves no character that ends a text or an attribute")
  func escaping() {
    #expect(
      SVGDocument.escaped("<a b=\"c\" d='e'>&amp;\u{1}\u{FFFE}ä\n")
        == "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;\u{FFFD}\u{FFFD}ä\n")
    for (_, svg) in Self.charts {
      #expect(!svg.contains("\"nan") && !svg.contains("nan,") && !svg.contains("inf"))
    }
  }

  @Test("coordinates have at most two decimals and no minus zero")
  func coordinates() {
    #expect(SVGDocument.number(1.0 / 3) == "0.33")
    #expect(SVGDocument.number(-0.001) == "0")
    #expect(SVGDocument.number(12) == "12")
    #expect(SVGDocument.number(.nan) == "0")
  }

  @Test("ticks are few, round, rising and inside the range")
  func ticks() {
    #expect(AxisTicks(from: 0, to: 1).labels == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(AxisTicks(from: 1, to: 40, wanted: 8).labels == ["5", "10", "15", "20", "25", "30", "35", "40"])
    #expect(AxisTicks(from: 0, to: 3, wanted: 8, whole: true).labels == ["0", "1", "2", "3"])
    #expect(AxisTicks(from: 0, to: 20_000).labels.last == "20,000")
    #expect(AxisTicks(from: -0.00002, to: 0.00002).labels.last == "0.00002")
    #expect(AxisTicks(from: 2, to: 2).values == [2])
    for exponent in -9...9 {
      for (low, high) in [(0.0, 1.0), (-1, 1), (0.13, 0.97), (3, 3.1), (-7, -2.5)] {
        var scale = 1.0
        for _ in 0..<abs(exponent) { scale = exponent < 0 ? scale / 10 : scale * 10 }
        let ticks = AxisTicks(from: low * scale, to: high * scale)
        let slack = (high - low) * scale * 1e-6
        #expect((2...11).contains(ticks.values.count), "\(low * scale) to \(high * scale)")
        #expect(ticks.values.allSatisfy { $0 >= low * scale - slack && $0 <= high * scale + slack })
        #expect(zip(ticks.values, ticks.values.dropFirst()).allSatisfy { $0 < $1 })
        #expect(Set(ticks.labels).count == ticks.labels.count)
      }
    }
  }

  @Test("charts without numbers, with one point or with equal values are still drawings")
  func degenerate() {
    let empty = LineChart(title: "t", xTitle: "x", yTitle: "y", series: []).svg
    let point = LineChart(title: "t", xTitle: "x", yTitle: "y", series: [.init("a", x: [1], y: [2])]).svg
    let bars = BarChart(title: "t", xTitle: "x", yTitle: "y", counting: []).svg
    let equal = BarChart(title: "t", xTitle: "x", yTitle: "y", histogram: HistogramSummary([2, 2])).svg
    let none = BarChart(title: "t", xTitle: "x", yTitle: "y", histogram: HistogramSummary([Int]())).svg
    let bare = RooflineChart(title: "t", xTitle: "x", yTitle: "y", roofs: [], series: []).svg
    let odd = RooflineChart(
      title: "t", xTitle: "x", yTitle: "y", roofs: [.init("r", .compute(0)), .init("b", .bandwidth(.infinity))],
      series: [.init("s", points: [.init(x: 1, y: .nan, label: "l", group: "g")])]
    ).svg
    let flat = HeatMap(title: "t", unit: "u", rows: 1, columns: 2, values: [0, .nan]).svg
    #expect(point.contains("<circle"))
    for svg in [empty, point, bars, equal, none, bare, odd, flat] {
      #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n") && !svg.contains("nan"))
    }
  }

  @Test("a roofline labels the ends of each column, and its rising roofs stop at the level one")
  func rooflineEnds() throws {
    let svg = Self.roofline.svg
    #expect(svg.split(separator: "20 %<").count - 1 == 6 && svg.split(separator: ">1 %<").count - 1 == 6)
    #expect(!svg.contains(">5 %<") && svg.split(separator: "<circle").count - 1 == 30 + 3)
    let levels = svg.split(separator: "\n").filter { $0.contains("stroke-width=\"1.5\"") }.map { line in
      line.split(separator: "y2=\"")[1].prefix { $0 != "\"" }
    }
    // The level roof, three that rise to it; the level one and those below it in two columns; the legend.
    let peak = try #require(levels.first)
    let rest = levels.dropFirst(4)
    #expect(levels.prefix(4).allSatisfy { $0 == peak })
    #expect(rest.count { $0 == peak } == 2, "in both columns the level roof stays where it is")
    #expect(rest.count == 11, "4 forward, 3 backward, where L1 is above the level roof, and 4 in the legend")
  }

  @Test("a bar chart counts every number once, however wide the range")
  func bars() {
    for high in [1, 59, 60, 61, 1000, 123_456] {
      let values = (0...500).map { $0 * 7919 % (high + 1) } + [0, high]
      let chart = BarChart(title: "t", xTitle: "x", yTitle: "y", counting: values)
      #expect(chart.heights.reduce(0, +) == 503)
      #expect(chart.heights.count <= 61)
    }
  }

  @Test("the colour scale darkens from end to end")
  func scale() {
    func sum(_ color: String) -> Int {
      let value = Int(color.dropFirst(), radix: 16) ?? -1
      return (value >> 16) + (value >> 8 & 255) + (value & 255)
    }
    #expect(ChartStyle.scale(0) == "#f4f6f7" && ChartStyle.scale(1) == "#142d54" && ChartStyle.scale(.nan) == "#f4f6f7")
    let colors = (0...20).map { ChartStyle.scale(Double($0) / 20) }
    #expect(Set(colors).count == 21)
    let brightness = colors.map(sum)
    #expect(zip(brightness, brightness.dropFirst()).allSatisfy { $0 > $1 })
  }
}
