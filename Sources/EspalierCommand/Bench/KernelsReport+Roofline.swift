// SPDX-License-Identifier: Apache-2.0
// Espalier: sparse layers under the machine's roofs.

internal import Datasets
internal import Training

extension KernelsReport {
  /// The layers' forward and backward passes as points of a roofline chart, as an SVG file.
  func roofline(title: String) -> String {
    let roofs = self.roofs.map { ceiling in
      RooflineChart.Roof(
        ceiling.unit == .gigaflops ? "multiply-adds" : String(ceiling.name.suffix(2)),
        ceiling.unit == .gigaflops ? .compute(ceiling.sample.median) : .bandwidth(ceiling.sample.median))
    }
    var series: [RooflineChart.Series] = []
    for timing in timings where timing.batch > 1 {
      guard let x = timing.intensity, let y = timing.gigaflops else { continue }
      let name = BenchText.name(timing.shape)
      let point = RooflineChart.Point(
        x: x, y: y, label: NumberText.percent(timing.density, decimals: 0), group: timing.phase)
      if let index = series.firstIndex(where: { $0.name == name }) {
        series[index].points.append(point)
      } else {
        series.append(RooflineChart.Series(name, points: [point]))
      }
    }
    return RooflineChart(
      title: title, xTitle: "operations for each byte of activations", yTitle: "GFLOP/s",
      roofs: roofs, series: series
    ).svg
  }
}
