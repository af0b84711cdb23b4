// SPDX-License-Identifier: Apache-2.0
// Espalier: the result of a run, for people.

internal import Datasets
internal import Training

/// The few lines that a finished run prints.
enum ResultTable {
  /// The table of one run's summary.
  static func text(_ summary: JSONValue, folder: String) -> String {
    var table = TextTable([.left, .left, .left])
    func number(_ name: String) -> Double? { summary[name]?.asDouble }
    if let accuracy = number("test_accuracy") {
      var more = ""
      if let top = number("test_top_accuracy"), let among = summary["top"]?.asInt {
        more = "top \(among): " + NumberText.percent(top, decimals: 2)
      }
      table.add(["test accuracy", NumberText.percent(accuracy, decimals: 2), more])
    }
    if let error = number("test_rmse") {
      let more = number("test_r2").map { "R² " + NumberText.fixed($0, decimals: 4) } ?? ""
      table.add(["test rmse", NumberText.significant(error, digits: 5), more])
    }
    if let loss = number("test_loss") { table.add(["test loss", NumberText.fixed(loss, decimals: 4)]) }
    if let epoch = summary["best_epoch"]?.asInt, let best = number("best_test_accuracy") {
      table.add(["best epoch", "\(epoch)", "test " + NumberText.percent(best, decimals: 2)])
    }
    if number("test_loss") == nil, let loss = number("train_loss") {
      table.add(["training loss", NumberText.fixed(loss, decimals: 4), "no test part"])
    }
    if let connections = summary["connections"]?.asInt, let dense = summary["dense_connections"]?.asInt,
      let sparsity = number("sparsity")
    {
      table.add([
        "connections", NumberText.grouped(connections),
        "of \(NumberText.grouped(dense)): \(NumberText.percentBelowAll(sparsity)) absent",
      ])
    }
    if let seconds = number("seconds"), let speed = number("samples_per_second"),
      let memory = summary["peak_memory_bytes"]?.asInt, let epochs = summary["epochs"]?.asInt
    {
      table.add([
        "time", NumberText.fixed(seconds, decimals: 1) + " s",
        "\(epochs) \(epochs == 1 ? "epoch" : "epochs"), \(NumberText.grouped(Int(speed))) samples/s, "
          + "\(NumberText.bytes(memory)) at most",
      ])
    }
    let head = ["data", "method"].compactMap { summary[$0]?.asString }.joined(separator: "  ")
    let seed = summary["seed"]?.asInt.map { "  seed \($0)" } ?? ""
    return Output.bold(head + seed) + "\n\n" + table.text(indent: "  ") + "\n\n  run in \(folder)"
  }
}
