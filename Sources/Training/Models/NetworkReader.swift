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

  /// Reads a network whose names begin with `prefix`.
  static func network(in file: SafetensorsFile, prefix: String = "") throws(FileError) -> Network {
    var reader = NetworkReader(file)
    return try reader.network(prefix: prefix)
  }

  mutating func network(prefix: String = "") throws(FileError) -> Network {
    guard let text = file.metadata(prefix + "espalier.network") else {
      throw wrong("the metadata '\(prefix)espalier.network' with the layers", "none", "it was not written by Espalier")
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
    return Network(inputs: inputs, builtLayers: try layers(list, inputs: inputs, path: prefix, depth: 0))
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
      let weight = try sparseWeight(path, rows: outputs, columns: inputs)
      return .sparseLinear(
        SparseLinearLayer(
          weight: weight, bias: try bias(value, outputs, path), ordinal: nextOrdinal(),
          locality: try locality(value, path)))
    case "sparse convolution":
      let (map, window, output) = try place(value, inputs: inputs, outputs: outputs, path)
      guard let groups = value["groups"]?.asInt, groups > 0, map.channels.isMultiple(of: groups),
        output.channels.isMultiple(of: groups)
      else { throw wrong("layer \(path) with 'groups' that divide its channels", value.text().prefix(80) + "") }
      let columns = window.cells * (map.channels / groups)
      let weight = try sparseWeight(path, rows: output.channels, columns: columns)
      return .sparseConvolution(
        SparseConvolutionLayer(
          weight: weight, bias: try bias(value, output.channels, path), map: map, window: window, groups: groups,
          ordinal: nextOrdinal(), locality: try locality(value, path)))
    case "max pool", "average pool":
      let (map, window, output) = try place(value, inputs: inputs, outputs: outputs, path)
      guard output.channels == map.channels, window.paddingDown == 0, window.paddingAcross == 0 else {
        throw wrong("pooling layer \(path) without padding, as many channels out as in", value.text().prefix(80) + "")
      }
      return .pooling(PoolingLayer(kind == "max pool" ? .max : .average, map: map, window: window))
    case "channels last":
      guard inputs == outputs else { throw wrong("layer \(path) as wide at its end as at its start", "\(outputs)") }
      return .channelsLast(ChannelsLastLayer(map: try map(value, inputs: inputs, path)))
    case "sparse lstm", "sparse gru":
      return .recurrent(
        try recurrent(value, kind == "sparse lstm" ? .lstm : .gru, inputs: inputs, outputs: outputs, path))
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

  private mutating func nextOrdinal() -> Int {
    defer { sparseOrdinal += 1 }
    return sparseOrdinal
  }

  private func sparseWeight(_ path: String, rows: Int, columns: Int) throws(FileError) -> SparseMatrix {
    let pattern = try file.pattern(path + ".weight", rows: rows, columns: columns)
    return SparseMatrix(pattern: pattern, values: try file.values(path + ".weight", of: pattern))
  }

  private mutating func recurrent(
    _ value: JSONValue, _ cell: RecurrentCell, inputs: Int, outputs: Int, _ path: String
  ) throws(FileError) -> SparseRecurrentLayer {
    guard let steps = value["steps"]?.asInt, let hidden = value["hidden"]?.asInt,
      let returned = RecurrentOutput(rawValue: value["returns"]?.asString ?? ""), steps > 0, hidden > 0,
      inputs.isMultiple(of: steps), hidden <= mostInputs,
      outputs == (returned == .all ? steps.multipliedReportingOverflow(by: hidden).partialValue : hidden)
    else {
      throw wrong(
        "layer \(path) with 'steps' that divide its \(inputs) inputs, 'hidden' and 'returns'",
        value.text().prefix(80) + "")
    }
    // Its passes keep all steps: a small file must not claim much memory.
    guard steps <= max(1 << 26, file.source.size) / (cell.gates * hidden) else {
      throw wrong("layer \(path) of fewer steps and units", "\(steps) steps of \(hidden) units")
    }
    let rows = cell.gates * hidden
    let weight = try sparseWeight(path, rows: rows, columns: inputs / steps + hidden)
    return SparseRecurrentLayer(
      cell: cell, weight: weight, bias: try bias(value, rows, path), steps: steps, returned: returned,
      ordinal: nextOrdinal(), locality: try locality(value, path))
  }

  /// The map, the window and the output of a layer that moves a window over a map.
  private func place(
    _ value: JSONValue, inputs: Int, outputs: Int, _ path: String
  ) throws(FileError) -> (map: FeatureMap, window: MapWindow, output: FeatureMap) {
    let map = try map(value, inputs: inputs, path)
    func pair(_ name: String, _ range: ClosedRange<Int>) throws(FileError) -> (Int, Int) {
      let pair = (value[name]?.asArray ?? []).compactMap(\.asInt)
      guard pair.count == 2, pair.allSatisfy(range.contains) else {
        throw wrong(
          "layer \(path) with two numbers from \(range.lowerBound) to \(range.upperBound) as '\(name)'",
          value.text().prefix(80) + "")
      }
      return (pair[0], pair[1])
    }
    let sides = try pair("window", 1...65_536)
    let strides = try pair("strides", 1...65_536)
    let padding = try pair("padding", 0...65_535)
    guard padding.0 < sides.0, padding.1 < sides.1 else {
      throw wrong("layer \(path) with a 'padding' smaller than its window", value.text().prefix(80) + "")
    }
    let window = MapWindow(
      height: sides.0, width: sides.1, strideDown: strides.0, strideAcross: strides.1, paddingDown: padding.0,
      paddingAcross: padding.1)
    let padded = FeatureMap(
      height: map.height + 2 * padding.0, width: map.width + 2 * padding.1, channels: map.channels)
    guard padded.featureCount <= mostInputs, let cells = window.places(on: map, channels: 1)?.featureCount,
      outputs.isMultiple(of: cells), let output = window.places(on: map, channels: outputs / cells)
    else {
      throw wrong(
        "layer \(path) with a window that fits its map and gives \(outputs) outputs", value.text().prefix(80) + "")
    }
    return (map, window, output)
  }

  private func map(_ value: JSONValue, inputs: Int, _ path: String) throws(FileError) -> FeatureMap {
    let sides = (value["map"]?.asArray ?? []).compactMap(\.asInt)
    guard sides.count == 3, sides.allSatisfy({ $0 > 0 }) else {
      throw wrong("layer \(path) with three sides as 'map'", value.text().prefix(80) + "")
    }
    let map = FeatureMap(height: sides[0], width: sides[1], channels: sides[2])
    guard map.featureCount == inputs else { throw wrong("layer \(path) with a map of \(inputs) features", "\(map)") }
    return map
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
