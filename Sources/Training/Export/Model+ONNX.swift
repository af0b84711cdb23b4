// SPDX-License-Identifier: Apache-2.0
// Espalier: models in the ONNX exchange format.

internal import Datasets
internal import NeuralNetworks
internal import SparseCore

extension Model {
  /// The model as an ONNX graph from raw features `x` `[N, inputs]` to `scores` `[N, outputs]`, and to `probabilities`
  /// where the loss makes scores into probabilities.
  func onnx(name: String) -> ONNXModel {
    var graph = ONNXGraph(name: name, inputs: network.inputs)
    if let scaling { graph.scale(scaling) }
    graph.add(network.layers, path: "")
    graph.finish(outputs: network.outputs, probabilities: probabilityForm)
    graph.model.metadata("espalier.task", task == .regression(targets: task.names) ? "regression" : "classification")
    graph.model.metadata("espalier.names", JSONValue.array(task.names.map { .string($0) }).text())
    return graph.model
  }
}

/// Turns layers into ONNX operations, one after another.
struct ONNXGraph {
  var model: ONNXModel
  /// The value that the next operation takes.
  private var current = "x"
  private var count = 0

  init(name: String, inputs: Int) {
    model = ONNXModel(name: name)
    model.input("x", features: inputs)
  }

  /// `(x - shift) * factor`.
  mutating func scale(_ scaling: Standardization) {
    vector("input.shift", Vector(scaling.shifts))
    vector("input.factor", Vector(scaling.factors))
    apply("Sub", with: ["input.shift"])
    apply("Mul", with: ["input.factor"])
  }

  /// Adds layers; `path` goes before their places.
  mutating func add(_ layers: [BuiltLayer], path: String) {
    for (index, layer) in layers.enumerated() { add(layer, place: path + String(index)) }
  }

  /// Names the outputs.
  mutating func finish(outputs: Int, probabilities: ProbabilityForm?) {
    model.node("Identity", [current], "scores")
    model.output("scores", features: outputs)
    switch probabilities {
    case .softmax: model.node("Softmax", ["scores"], "probabilities", [.int("axis", -1)])
    case .sigmoid: model.node("Sigmoid", ["scores"], "probabilities")
    case nil: return
    }
    model.output("probabilities", features: outputs)
  }

  private mutating func add(_ layer: BuiltLayer, place: String) {
    for (name, values) in PlacedLayer(place: place, layer: layer).vectors { vector("\(place).\(name)", values) }
    switch layer {
    case .sparseLinear(let sparse):
      model.sparseInitializer(place + ".weight", pattern: sparse.weight.pattern, values: sparse.weight.values)
      linear(place, hasBias: sparse.bias != nil)
    case .linear(let dense):
      let shape = [dense.weight.rows, dense.weight.columns]
      model.initializer(place + ".weight", shape: shape, .floats(dense.weight.values))
      linear(place, hasBias: dense.bias != nil)
    case .activation(let activation): add(activation.function, place)
    case .srelu: addSReLU(place)
    case .batchNorm(let norm):
      apply(
        "BatchNormalization",
        with: ["scale", "shift", "running_mean", "running_variance"].map { "\(place).\($0)" },
        [.float("epsilon", norm.epsilon)])
    case .layerNorm(let norm):
      apply(
        "LayerNormalization", with: ["\(place).scale", "\(place).shift"],
        [.int("axis", -1), .float("epsilon", norm.epsilon)])
    case .residual(let block):
      let before = current
      add(block.layers, path: place + ".")
      apply("Add", with: [before])
    case .dropout, .windowedLinear, .custom, .empty: break
    // Dropout does nothing in prediction, windowed layers have become sparse ones, others cannot be exported.
    }
  }

  private mutating func linear(_ place: String, hasBias: Bool) {
    apply("Gemm", with: [place + ".weight"] + (hasBias ? [place + ".bias"] : []), [.int("transB", 1)])
  }

  private mutating func add(_ function: ActivationFunction, _ place: String) {
    switch function {
    case .relu: apply("Relu")
    case .leakyReLU(let slope): apply("LeakyRelu", [.float("alpha", slope)])
    case .tanh: apply("Tanh")
    case .sigmoid: apply("Sigmoid")
    case .gelu:
      // x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))): Gelu is an operator only from opset 20 on.
      let x = current
      apply("Mul", with: [x])
      apply("Mul", with: [x])
      apply("Mul", with: [number(place + ".cubic", 0.044715)])
      apply("Add", with: [x])
      apply("Mul", with: [number(place + ".root", 0.797_884_560_802_865_4)])
      apply("Tanh")
      apply("Add", with: [number(place + ".one", 1)])
      apply("Mul", with: [x])
      apply("Mul", with: [number(place + ".half", 0.5)])
    }
  }

  /// Where(x ≤ left, left + (x - left) slope, Where(x ≥ right, right + (x - right) slope, x)).
  private mutating func addSReLU(_ place: String) {
    let x = current
    let above = arm(x, place, "right", "GreaterOrEqual", otherwise: x)
    current = arm(x, place, "left", "LessOrEqual", otherwise: above)
  }

  private mutating func arm(
    _ x: String, _ place: String, _ side: String, _ comparison: String, otherwise: String
  ) -> String {
    current = x
    apply(comparison, with: ["\(place).\(side)"])
    let test = current
    current = x
    apply("Sub", with: ["\(place).\(side)"])
    apply("Mul", with: ["\(place).\(side)_slope"])
    apply("Add", with: ["\(place).\(side)"])
    let value = next()
    model.node("Where", [test, current, otherwise], value)
    return value
  }

  private mutating func apply(_ operation: String, with others: [String] = [], _ attributes: [ONNXAttribute] = []) {
    let result = next()
    model.node(operation, [current] + others, result, attributes)
    current = result
  }

  private mutating func vector(_ name: String, _ values: Vector) {
    model.initializer(name, shape: [values.count], .floats(values))
  }

  private mutating func number(_ name: String, _ value: Float) -> String {
    model.initializer(name, shape: [], .floats([value]))
    return name
  }

  private mutating func next() -> String {
    count += 1
    return "v\(count)"
  }
}
