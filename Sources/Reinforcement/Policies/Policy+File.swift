// SPDX-License-Identifier: Apache-2.0
// Espalier: policies on disk.

public import Datasets
internal import Environments
internal import NeuralNetworks
internal import Training

extension Policy {
  /// Writes the policy as a model file, which `espalier inspect` and `espalier export` read too; it is there whole or not at all.
  ///
  /// Head and spaces stand in the facts of the model, under "policy".
  public func save(to path: String) throws(FileError) { try model.save(to: path) }

  /// The policy as a model: its outputs have names, its head and spaces are facts.
  var model: Model {
    let names = (0..<network.outputs).map { "output \($0)" }
    return Model(
      network: network, task: .regression(targets: names), loss: .meanSquaredError, scaling: scaling,
      facts: [("policy", description.text())] + facts.filter { $0.name != "policy" })
  }

  private var description: JSONValue {
    var fields: [JSONValue.Member] = [
      .init("head", .string(head.word)), .init("observations", observationSpace.json),
      .init("actions", actionSpace.json),
    ]
    if case .gaussian(let logDeviations) = head {
      fields.append(.init("log_deviations", .array(logDeviations.map { .number(Double($0)) })))
    }
    return .object(fields)
  }

  /// Reads a policy that ``save(to:)`` wrote.
  ///
  /// - Throws: `FileError` when the file is missing, cut, damaged, or a model that is no policy.
  public init(contentsOf path: String) throws(FileError) {
    try self.init(try SafetensorsFile(path))
  }

  /// As ``init(contentsOf:)``, from a file that has been opened.
  init(_ file: SafetensorsFile) throws(FileError) {
    let path = file.path
    let model = try Model(reading: file)
    guard let text = model.facts.first(where: { $0.name == "policy" })?.value else {
      throw .format(
        path: path, expected: "a policy, such as policy.safetensors of an agent's run folder",
        got: "a model without one", advice: "use `espalier predict` for other models")
    }
    let damaged = FileError.format(
      path: path, expected: "head and spaces of a policy", got: "'\(text.prefix(120))'", advice: "the file is damaged")
    guard let value = try? JSONValue(parsing: text),
      let observations = value["observations"].flatMap({ Space(json: $0) }),
      let actions = value["actions"].flatMap({ Space(json: $0) }), let word = value["head"]?.asString
    else { throw damaged }
    let deviations = (value["log_deviations"]?.asArray ?? []).compactMap(\.asDouble).map { Float($0) }
    guard let head = PolicyHead(word: word, logDeviations: deviations), deviations.allSatisfy(\.isFinite) else {
      throw damaged
    }
    do throws(AgentError) {
      try self.init(
        network: model.network, head: head, observationSpace: observations, actionSpace: actions,
        scaling: model.scaling)
    } catch {
      throw .format(
        path: path, expected: "a policy that fits its spaces", got: "\(error)", advice: "the file is damaged")
    }
    facts = model.facts.filter { $0.name != "policy" }
  }
}

extension PolicyHead {
  var word: String {
    switch self {
    case .values(let isDuelling): isDuelling ? "duelling values" : "values"
    case .categorical: "categorical"
    case .gaussian: "gaussian"
    case .squashedGaussian: "squashed gaussian"
    case .squashed: "squashed"
    }
  }

  init?(word: String, logDeviations: [Float]) {
    switch word {
    case "values": self = .values(isDuelling: false)
    case "duelling values": self = .values(isDuelling: true)
    case "categorical": self = .categorical
    case "gaussian": self = .gaussian(logDeviations: logDeviations)
    case "squashed gaussian": self = .squashedGaussian
    case "squashed": self = .squashed
    default: return nil
    }
  }
}
