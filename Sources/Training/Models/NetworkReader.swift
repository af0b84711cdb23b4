// SPDX-License-Identifier: Apache-2.0
// Espalier: a network from named tensors.

internal import Datasets
internal import NeuralNetworks
internal import SparseCore
internal import SparseTopology

/// Builds a network from what ``NetworkTensors`` wrote; every size is checked before it is believed.
struct NetworkReader {
  let file: SafetensorsFile
  private var sparseOrdinal = 0

  /// The deepest nesting of residual blocks that is read.
  private static let deepest = 16

  /// The most inputs that a file may claim: they alone need no bytes in it, but 16 bytes each while it is read.
  private var mostInputs: Int { max(1 << 22, file.source.size) }

  init(_ file: SafetensorsFile) {
    self.file = file
  }

  mutating func network() throws(FileError) -> Network {
    guard let text = file.metadata("espalier.network") else {
      throw wrong("the metadata 'espalier.network' with the layers", "none", "it was not written by Espalier")
    }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(parsing: text)
    } catch {
      throw wrong("the layers as JSON", "\(error)", "the file is damaged")
    }
    guard let inputs = value["inputs"]?.asInt, inputs > 0, let list = value["layers"]?.asArray
    else { throw wrong("'inputs' above 0 and a list 'layers'", text.prefix(80) + "", "the file is damaged") }
    guard inputs <= min(mostInputs, Int(Int32.max)) else {
      throw wrong("at most \(mostInputs) inputs in a file of \(file.source.size) bytes", "\(inputs)")
    }
    return Network(inputs: inputs, builtLayers: try layers(list, inputs: inputs, path: "", depth: 0))
  }

  private mutating func layers(
    _ list: [JSONValue], inputs: Int, path: String, depth: Int
  ) throws(FileError) -> [BuiltLayer] {
    guard depth < Self.deepest else {
      throw wrong("at most \(Self.deepest) nested residual blocks", "more", "the file is damaged")
    }
    var built: [BuiltLayer] = []
    for (index, value) in list.enumerated() {
      let place = path + String(index)
      let width = built.last?.outputs ?? inputs
      guard let kind = value["kind"]?.asString, let from = value["inputs"]?.asInt,
        let to = value["outputs"]?.asInt, to > 0, to <= Int(Int32.max)
      else { throw wrong("layer \(place) with 'kind', 'inputs' and 'outputs'", value.text().prefix(80) + "") }
      guard from == width else {
        throw wrong("layer \(place) with \(width) inputs, as the layer before gives", "\(from)")
      }
      built.append(try layer(kind, value, inputs: from, outputs: to, path: place, depth: depth))
    }
    return built
  }

  private mutating func layer(
    _ kind: String, _ value: JSONValue, inputs: Int, outputs: Int, path: String, depth: Int
  ) throws(FileError) -> BuiltLayer {
    switch kind {
    case "sparse linear":
      let pattern = try file.pattern(path + ".weight", rows: outputs, columns: inputs)
      let values = try file.values(path + ".weight", of: pattern)
      let bias = try bias(value, outputs, path)
      sparseOrdinal += 1
      return .sparseLinear(
        SparseLinearLayer(
          weight: SparseMatrix(pattern: pattern, values: values), bias: bias, ordinal: sparseOrdinal - 1,
          locality: try locality(value, path)))
    case "windowed linear": return .windowedLinear(try windowedLinear(value, inputs, outputs, path))
    case "linear":
      let values = try file.vector(path + ".weight", shape: [outputs, inputs])
      let weight = Matrix(rows: outputs, columns: inputs, values: values)
      return .linear(LinearLayer(weight: weight, bias: try bias(value, outputs, path)))
    case "residual":
      let inner = try layers(value["layers"]?.asArray ?? [], inputs: inputs, path: path + ".", depth: depth + 1)
      guard (inner.last?.outputs ?? inputs) == inputs, outputs == inputs else {
        throw wrong("residual block \(path) to end with \(inputs) outputs", "\(inner.last?.outputs ?? inputs)")
      }
      return .residual(ResidualLayer(inputs: inputs, layers: inner))
    default:
      guard inputs == outputs else {
        throw wrong("layer \(path) ('\(kind)') as wide at its end as at its start", "\(inputs) to \(outputs)")
      }
      return try sameWidth(kind, value, features: inputs, path: path)
    }
  }

  private func windowedLinear(
    _ value: JSONValue, _ inputs: Int, _ outputs: Int, _ path: String
  ) throws(FileError) -> WindowedLinearLayer {
    guard let fanIn = value["fan_in"]?.asInt, let window = value["window"]?.asInt,
      (1...WindowShape.mostWindow).contains(window), window <= inputs,
      (1...WindowShape.mostFanIn).contains(fanIn), fanIn <= window
    else {
      throw wrong(
        "layer \(path) with a 'window' of 1 to 65536 of its \(inputs) inputs and a 'fan_in' of 1 to 16 of them",
        value.text().prefix(80) + "")
    }
    let shape = WindowShape(rows: outputs, columns: inputs, fanIn: fanIn, window: window)
    let offsets = try file.offsets(path + ".weight.offset", shape: [outputs, fanIn])
    let values = try file.vector(path + ".weight.value", shape: [outputs, fanIn])
    let bias = try bias(value, outputs, path)
    do throws(WindowError) {
      return WindowedLinearLayer(weight: try WindowedMatrix(shape, checking: offsets, values: values), bias: bias)
    } catch {
      throw wrong("'\(path).weight' to hold windowed connections", "broken ones: \(error)")
    }
  }

  private func sameWidth(
    _ kind: String, _ value: JSONValue, features: Int, path: String
  ) throws(FileError) -> BuiltLayer {
    switch kind {
    case "relu": return .activation(ActivationLayer(features: features, function: .relu))
    case "leaky relu":
      let slope = try number(value, "slope", path, in: -1e6...1e6)
      return .activation(ActivationLayer(features: features, function: .leakyReLU(slope: slope)))
    case "tanh": return .activation(ActivationLayer(features: features, function: .tanh))
    case "sigmoid": return .activation(ActivationLayer(features: features, function: .sigmoid))
    case "gelu": return .activation(ActivationLayer(features: features, function: .gelu))
    case "srelu":
      return .srelu(
        SReLULayer(
          shape: SReLUShape(
            left: try file.vector(path + ".left", shape: [features]),
            leftSlope: try file.vector(path + ".left_slope", shape: [features]),
            right: try file.vector(path + ".right", shape: [features]),
            rightSlope: try file.vector(path + ".right_slope", shape: [features]))))
    case "dropout":
      let rate = try number(value, "rate", path, in: 0...0.999999)
      return .dropout(DropoutLayer(features: features, rate: rate, ordinal: value["ordinal"]?.asInt ?? 0))
    case "batch norm":
      return .batchNorm(
        BatchNormLayer(
          scale: try file.vector(path + ".scale", shape: [features]),
          shift: try file.vector(path + ".shift", shape: [features]),
          runningMean: try file.vector(path + ".running_mean", shape: [features]),
          runningVariance: try file.vector(path + ".running_variance", shape: [features]),
          momentum: try number(value, "momentum", path, in: 0...1),
          epsilon: try epsilon(value, path)))
    case "layer norm":
      return .layerNorm(
        LayerNormLayer(
          scale: try file.vector(path + ".scale", shape: [features]),
          shift: try file.vector(path + ".shift", shape: [features]),
          epsilon: try epsilon(value, path)))
    default:
      throw wrong("layer \(path) of a kind that this version knows", "'\(kind)'", "a newer Espalier may read it")
    }
  }

  private func locality(_ value: JSONValue, _ path: String) throws(FileError) -> Locality? {
    guard let locality = value["locality"] else { return nil }
    guard let window = locality.asInt, (0...Int(Int32.max)).contains(window) else {
      throw wrong("layer \(path) with a 'locality' from 0 to \(Int32.max)", value.text().prefix(80) + "")
    }
    return Locality(window: window)
  }

  private func bias(_ value: JSONValue, _ outputs: Int, _ path: String) throws(FileError) -> Vector? {
    guard value["bias"] == .bool(true) else { return nil }
    return try file.vector(path + ".bias", shape: [outputs])
  }

  private func epsilon(_ value: JSONValue, _ path: String) throws(FileError) -> Float {
    let epsilon = try number(value, "epsilon", path, in: 0...1)
    guard epsilon > 0 else { throw wrong("layer \(path) with an 'epsilon' above 0", value.text().prefix(80) + "") }
    return epsilon
  }

  private func number(
    _ value: JSONValue, _ name: String, _ path: String, in range: ClosedRange<Double>
  ) throws(FileError) -> Float {
    guard let number = value[name]?.asDouble, range.contains(number) else {
      throw wrong(
        "layer \(path) with '\(name)' from \(range.lowerBound) to \(range.upperBound)", value.text().prefix(80) + "")
    }
    return Float(number)
  }

  private func wrong(_ expected: String, _ got: String, _ advice: String = "the file is damaged") -> FileError {
    .format(path: file.path, expected: expected, got: got, advice: advice)
  }
}
