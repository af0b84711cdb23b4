// SPDX-License-Identifier: Apache-2.0
// Espalier: what espalier inspect prints.

internal import Datasets
internal import NeuralNetworks
internal import SparseTopology
internal import Training

/// A model's inspection as text or JSON.
struct InspectionReport {
  let inspection: ModelInspection

  var text: String {
    var table = TextTable([
      .left, .left, .left, .right, .right, .right, .right, .right, .right, .right, .right,
    ])
    table.add([
      "layer", "kind", "shape", "connections", "density", "fan-in", "fan-out", "unfed", "unread", "memory", "FLOPs",
    ])
    for layer in inspection.layers { table.add(Self.cells(layer)) }
    return facts + "\n\n" + table.text() + "\n\n" + totals
  }

  private var facts: String {
    var facts = TextTable([.left, .left])
    facts.add(["file", "\(inspection.path), \(NumberText.bytes(inspection.fileBytes))"])
    switch inspection.task {
    case .classification(let classes): facts.add(["classes", Self.list(classes)])
    case .regression(let targets): facts.add(["targets", Self.list(targets)])
    case nil: break
    }
    if let loss = inspection.loss { facts.add(["loss", loss.map { $0 == "_" ? " " : "\($0)" }.joined()]) }
    if inspection.task != nil { facts.add(["inputs", inspection.scalesInputs ? "scaled by the model" : "taken raw"]) }
    for fact in inspection.facts { facts.add([fact.name, fact.value]) }
    return facts.text()
  }

  private var totals: String {
    var totals = TextTable([.left, .left])
    totals.add([
      "connections",
      "\(NumberText.grouped(inspection.connections)) of \(NumberText.grouped(inspection.denseConnections)), "
        + "\(NumberText.percentBelowAll(inspection.sparsity)) absent",
    ])
    totals.add(["parameters", NumberText.grouped(inspection.parameters)])
    totals.add([
      "neurons",
      "\(NumberText.grouped(inspection.neurons)), dead hidden ones: \(NumberText.grouped(inspection.deadNeurons))",
    ])
    totals.add(["memory", "\(NumberText.bytes(inspection.bytes)) in use"])
    totals.add(["FLOPs", "\(NumberText.grouped(inspection.flops)) a sample, forward"])
    return totals.text()
  }

  private static func cells(_ layer: LayerInspection) -> [String] {
    let line = layer.line
    let hasWeights = line.denseConnections > 0
    return [
      line.path, line.kind, hasWeights ? "[\(line.outputs), \(line.inputs)]" : "[\(line.outputs)]",
      hasWeights ? NumberText.grouped(line.connections) : "",
      layer.topology.map { percent($0.density) } ?? (hasWeights ? "100 %" : ""),
      layer.topology.map { degrees($0.inDegrees) } ?? "", layer.topology.map { degrees($0.outDegrees) } ?? "",
      layer.topology.map { NumberText.grouped($0.deadOutputs) } ?? "",
      layer.topology.map { NumberText.grouped($0.deadInputs) } ?? "",
      line.bytes > 0 ? NumberText.bytes(line.bytes) : "", NumberText.grouped(line.flops),
    ]
  }

  private static func percent(_ share: Double) -> String { NumberText.significant(100 * share, digits: 3) + " %" }

  private static func degrees(_ summary: DegreeSummary) -> String {
    "\(summary.minimum) / \(NumberText.significant(summary.mean, digits: 3)) / \(summary.maximum)"
  }

  private static func list(_ names: [String]) -> String {
    "\(names.count): " + names.prefix(10).joined(separator: ", ") + (names.count > 10 ? ", ..." : "")
  }
}

extension InspectionReport {
  var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("path", .string(inspection.path)), .init("file_bytes", .integer(inspection.fileBytes)),
    ]
    if let task = inspection.task {
      members.append(.init("task", .string(task.isRegression ? "regression" : "classification")))
      members.append(.init("names", .array(task.names.map { .string($0) })))
    }
    if let loss = inspection.loss { members.append(.init("loss", .string(loss))) }
    members += [
      .init("scales_inputs", .bool(inspection.scalesInputs)),
      .init("facts", .object(inspection.facts.map { .init($0.name, .string($0.value)) })),
      .init("connections", .integer(inspection.connections)),
      .init("dense_connections", .integer(inspection.denseConnections)),
      .init("sparsity", .number(inspection.sparsity)), .init("parameters", .integer(inspection.parameters)),
      .init("neurons", .integer(inspection.neurons)), .init("dead_neurons", .integer(inspection.deadNeurons)),
      .init("bytes", .integer(inspection.bytes)), .init("flops", .integer(inspection.flops)),
      .init("layers", .array(inspection.layers.map(Self.object))),
    ]
    return .object(members)
  }

  private static func object(_ layer: LayerInspection) -> JSONValue {
    let line = layer.line
    var members: [JSONValue.Member] = [
      .init("layer", .string(line.path)), .init("kind", .string(line.kind)), .init("inputs", .integer(line.inputs)),
      .init("outputs", .integer(line.outputs)), .init("connections", .integer(line.connections)),
      .init("dense_connections", .integer(line.denseConnections)), .init("parameters", .integer(line.parameters)),
      .init("bytes", .integer(line.bytes)), .init("flops", .integer(line.flops)),
    ]
    if let topology = layer.topology {
      members += [
        .init("density", .number(topology.density)), .init("in_degree", object(topology.inDegrees)),
        .init("out_degree", object(topology.outDegrees)), .init("unfed_outputs", .integer(topology.deadOutputs)),
        .init("unread_inputs", .integer(topology.deadInputs)),
      ]
    }
    if let weights = layer.weights {
      members.append(
        .init(
          "weights",
          .object([
            .init("min", .number(Double(weights.minimum))), .init("mean", .number(weights.mean)),
            .init("max", .number(Double(weights.maximum))), .init("deviation", .number(weights.deviation)),
          ])))
    }
    return .object(members)
  }

  private static func object(_ summary: DegreeSummary) -> JSONValue {
    .object([
      .init("min", .integer(summary.minimum)), .init("mean", .number(summary.mean)),
      .init("max", .integer(summary.maximum)),
    ])
  }
}
