// SPDX-License-Identifier: Apache-2.0
// Espalier: reading models.

public import Datasets

/// Reads models from files.
///
///     let description = try ModelFile.read("chain.json")
///
/// A `.bif` file holds a Bayesian network in the interchange format. A `.json` file holds an object; its `kind` says what else stands in
/// it:
///
/// * `multivariate_markov_chain`
///   * `spatial_nodes`: how many nodes a slice has, or a list of their names; may be left out when `node_states` is a list;
///   * `node_states`: how many states each node has, or a list with a number or a list of states' names for each node;
///   * `time_steps`: how many slices;
///   * `initial`: `"uniform"`, or the probabilities of all slices, the last node fastest, or a list of probabilities for each node, or a
///     list of `{"x": values, "p": probability}` in which slices of probability 0 are left out;
///   * `transition`: a row of probabilities of the next slice for each slice, or all of them in one list, or a list of
///     `{"from": values, "to": values, "p": probability}`;
///   * or `cpts`: for each node `{"parents": nodes, "table": rows}`, a row for each choice of the parents' values, the last parent
///     fastest; nodes are indices or names. Without `parents` a single row stands for none and more rows for all nodes in order. An entry
///     may say with `node` which node it is about, else the nodes' order counts; or `cpts` is an object whose keys are names.
/// * `joint_table`
///   * `node_states` as above, and `spatial_nodes` and `time_steps` when nodes stand in space and time;
///   * `table`: a list of `{"x": values, "p": probability}`, or all probabilities, the last node fastest.
/// * `bif`
///   * `text`: the contents of a `.bif` file.
/// * `elementary_ca`
///   * `rule`: 0 to 255; `ring`: how many cells; `time_steps`;
///   * `initial`: the probability that a cell is 1, or a list with one for each cell.
/// * `life_region`
///   * `rows`, `cols`, `time_steps`;
///   * `initial`: the probability that a cell is alive, or a list with one for each cell, or rows of them.
///
/// Probabilities are numbers or texts such as "97/100"; values are numbers from 0, or names of states. `name` and `description` may stand
/// in any object of a kind and are not read; other keys are refused.
public enum ModelFile {
  /// Reads a file; a name that ends in neither `.bif` nor `.json` is taken for JSON when the text begins with a brace.
  ///
  /// - Throws: `FileError` saying which part of the file is wrong, what was expected there, and what came.
  /// - Complexity: O(*bytes* + *numbers*).
  public static func read(_ path: String, limits: ModelLimits = ModelLimits()) throws(FileError) -> ModelDescription {
    let bytes = try InputFile.contents(of: path, limit: limits.bytes)
    return try read(bytes: bytes, path: path, limits: limits)
  }

  /// Reads the contents of a file; `path` tells the format as above and stands in messages.
  public static func read(
    bytes: [UInt8], path: String, limits: ModelLimits = ModelLimits()
  ) throws(FileError) -> ModelDescription {
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    guard let first = text.first(where: { $0 > 0x20 }) else {
      throw .format(path: path, expected: "a model", got: "an empty file")
    }
    let name = path.lowercased()
    let isJSON = name.hasSuffix(".json") || !name.hasSuffix(".bif") && first == UInt8(ascii: "{")
    return isJSON
      ? try json(text, path: path, limits: limits)
      : .bayesianNetwork(try BIFReader.read(text, path: path, limits: limits))
  }

  private static func json(_ bytes: [UInt8], path: String, limits: ModelLimits) throws(FileError) -> ModelDescription {
    var parsing = JSONLimits()
    parsing.values = limits.tableNumbers + limits.tableNumbers / 2 + 1024
    let root: JSONPlace
    do throws(JSONError) {
      root = JSONPlace(value: try JSONValue(parsing: bytes, limits: parsing), place: "", path: path)
    } catch {
      let before = bytes.prefix(error.offset)
      let column = error.offset - (before.lastIndex(of: 10) ?? -1)
      let line = before.reduce(1) { $0 + ($1 == 10 ? 1 : 0) }
      throw .format(
        path: path, expected: "\(error.expected) in line \(line), byte \(column)", got: error.got,
        advice: "a model file is JSON")
    }
    guard root.value.asObject != nil else { throw root.failure("an object with a key 'kind'") }
    let kinds = ["multivariate_markov_chain", "joint_table", "bif", "elementary_ca", "life_region"]
    let kind = try root.required("kind")
    switch kind.value.asString {
    case kinds[0]: return .markovChain(try ChainReader(root, limits: limits).read())
    case kinds[1]: return .jointTable(try JointReader(root, limits: limits).read())
    case kinds[2]:
      try root.check(keys: ["kind", "text", "name", "description"])
      let text = try root.required("text")
      guard let network = text.value.asString else { throw text.failure("a network as text") }
      return .bayesianNetwork(
        try BIFReader.read(Array(network.utf8), path: path, limits: limits, inside: "the text, "))
    case kinds[3]: return .elementaryAutomaton(try AutomatonReader(root, limits: limits).elementary())
    case kinds[4]: return .lifeRegion(try AutomatonReader(root, limits: limits).life())
    default:
      let advice = kind.value.asString.map { Names.advice(for: $0, among: kinds) }
      throw kind.failure("a kind of model", advice: advice ?? "one of: " + kinds.joined(separator: ", "))
    }
  }
}
