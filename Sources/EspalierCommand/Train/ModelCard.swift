// SPDX-License-Identifier: Apache-2.0
// Espalier: the page that goes with a model.

internal import Espalier

/// `README.md` of a run folder: what the model is, how good it is, how to use it, how it was made.
struct ModelCard {
  let summary: JSONValue
  let configuration: RunConfiguration
  let task: Task
  let network: NetworkSummary
  let hasScaling: Bool
  let hasBest: Bool
  let command: String

  /// The page, in the form that model hubs read.
  var text: String {
    [head, "# \(title)", introduction, quality, layers, commandLine, python, origin].joined(separator: "\n\n") + "\n"
  }

  private var isRegression: Bool {
    if case .regression = task { true } else { false }
  }

  private var dataName: String { PreparedData.shortName(configuration.data.data) }

  private var title: String {
    let widths = [network.lines.first?.inputs ?? 0] + configuration.network.hidden + [task.names.count]
    return "\(dataName): a sparse \(widths.map(String.init).joined(separator: "-")) network"
  }

  private var head: String {
    """
    ---
    license: unknown
    library_name: espalier
    tags:
      - sparse
      - \(isRegression ? "tabular-regression" : "tabular-classification")
      - \(configuration.evolution.method.rawValue)
    datasets:
      - \(dataName)\(datasetLicence)
    metrics:
      - \(isRegression ? "rmse" : "accuracy")
    ---
    """
  }

  /// The terms of the data set, where the catalogue knows them; those of the model are for its owner to say.
  private var datasetLicence: String {
    guard let entry = DatasetCatalogue.entry(configuration.data.data), entry.source != .generated else { return "" }
    return "\ndataset_license: " + JSONValue.string(entry.licence).text()
  }

  private var introduction: String {
    let share = NumberText.percentBelowAll(summary["sparsity"]?.asDouble ?? 0)
    return """
      \(NumberText.grouped(network.connections)) connections of \(NumberText.grouped(network.denseConnections)) that a \
      dense network would have: \(share) are absent. Trained with the method `\(configuration.evolution.method.rawValue)`, \
      seed \(configuration.training.seed).
      """
  }

  private var quality: String {
    let shown = [
      "test_accuracy", "test_top_accuracy", "test_rmse", "test_r2", "test_loss", "validation_accuracy",
      "validation_loss", "train_loss",
    ]
    let lines = shown.compactMap { name in
      summary[name]?.asDouble.map { "| `\(name)` | \(NumberText.significant($0, digits: 5)) |" }
    }
    return "| measure | value |\n|---|---|\n" + lines.joined(separator: "\n")
  }

  private var layers: String {
    let lines = network.lines.map { line in
      let density = line.density.map { NumberText.percent($0, decimals: 2) } ?? ""
      let connections = line.connections > 0 ? NumberText.grouped(line.connections) : ""
      return "| \(line.path) | \(line.kind) | \(line.inputs) | \(line.outputs) | \(connections) | \(density) |"
    }
    return "## Layers\n\n| | layer | inputs | outputs | connections | density |\n|---|---|---|---|---|---|\n"
      + lines.joined(separator: "\n")
      + "\n\n\(NumberText.grouped(network.parameters)) parameters, \(NumberText.bytes(network.bytes)) in memory, "
      + "\(NumberText.grouped(network.flops)) floating-point operations a sample."
  }

  private var commandLine: String {
    """
    ## From the command line

    ```
    espalier predict model.safetensors --data rows.csv --out predictions.npz
    espalier inspect model.safetensors
    ```
    """ + (hasBest ? "\n\n`best.safetensors` is the network of the best held-out epoch." : "")
  }

  private var python: String {
    let scaling =
      hasScaling ? "\n    x = (x - model.get_tensor(\"input.shift\")) * model.get_tensor(\"input.factor\")" : ""
    let kinds = network.lines.map(\.kind)
    let isNested = network.lines.contains { $0.path.contains(".") }
    let known = PythonLayer.all.filter { kinds.contains($0.kind) }
    let branches = known.enumerated().map { index, layer in
      "        \(index == 0 ? "if" : "elif") layer[\"kind\"] == \"\(layer.kind)\":\n"
        + layer.lines.map { "            " + $0 }.joined(separator: "\n")
    }
    let loop =
      isNested
      ? "    # Residual blocks: layers inside block 2 are named 2.0, 2.1, ..."
      : "    for at, layer in enumerate(layers):\n" + branches.joined(separator: "\n")
    return """
      ## From Python

      ```python
      import json
      import numpy as np
      from safetensors import safe_open
      from scipy.sparse import csr_array

      x = np.zeros((1, \(network.lines.first?.inputs ?? 0)), np.float32)  # rows as they came, not scaled
      with safe_open("model.safetensors", "np") as model:
          layers = json.loads(model.metadata()["espalier.network"])["layers"]\(scaling)
      \(loop)
      print(x)  # one row of scores a sample
      ```
      """
  }

  private var origin: String {
    """
    ## How it was made

    ```
    \(command)
    ```

    `config.toml` holds every setting: `espalier train --config config.toml` makes the same bytes again.
    """
  }
}

/// What a layer does, in NumPy.
private struct PythonLayer {
  let kind: String
  let lines: [String]

  static let all: [PythonLayer] = [
    PythonLayer(
      kind: "sparse linear",
      lines: [
        "parts = [model.get_tensor(f\"{at}.weight.{part}\") for part in (\"value\", \"column\", \"row_start\")]",
        "weight = csr_array(tuple(parts), shape=(layer[\"outputs\"], layer[\"inputs\"]))",
        "x = (weight @ x.T).T + (model.get_tensor(f\"{at}.bias\") if layer[\"bias\"] else 0)",
      ]),
    PythonLayer(
      kind: "linear",
      lines: ["x = x @ model.get_tensor(f\"{at}.weight\").T + model.get_tensor(f\"{at}.bias\")"]),
    PythonLayer(kind: "relu", lines: ["x = np.maximum(x, 0)"]),
    PythonLayer(kind: "leaky relu", lines: ["x = np.where(x > 0, x, np.float32(layer[\"slope\"]) * x)"]),
    PythonLayer(kind: "tanh", lines: ["x = np.tanh(x)"]),
    PythonLayer(kind: "sigmoid", lines: ["x = 1 / (1 + np.exp(-x))"]),
    PythonLayer(kind: "gelu", lines: ["x = 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3)))"]),
    PythonLayer(
      kind: "srelu",
      lines: [
        "left, right = model.get_tensor(f\"{at}.left\"), model.get_tensor(f\"{at}.right\")",
        "low = left + model.get_tensor(f\"{at}.left_slope\") * (x - left)",
        "high = right + model.get_tensor(f\"{at}.right_slope\") * (x - right)",
        "x = np.where(x <= left, low, np.where(x >= right, high, x))",
      ]),
    PythonLayer(
      kind: "batch norm",
      lines: [
        "mean, variance = model.get_tensor(f\"{at}.running_mean\"), model.get_tensor(f\"{at}.running_variance\")",
        "x = (x - mean) / np.sqrt(variance + layer[\"epsilon\"])",
        "x = x * model.get_tensor(f\"{at}.scale\") + model.get_tensor(f\"{at}.shift\")",
      ]),
    PythonLayer(
      kind: "layer norm",
      lines: [
        "x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + layer[\"epsilon\"])",
        "x = x * model.get_tensor(f\"{at}.scale\") + model.get_tensor(f\"{at}.shift\")",
      ]),
  ]
}
