// SPDX-License-Identifier: Apache-2.0
// Espalier: all that an agent's next step depends on.

internal import Datasets
internal import NeuralNetworks
internal import SparseCore
package import Training

/// All that an agent's next step depends on, on its way to a file or back.
public struct AgentState {
  /// What is to be written.
  package var entries: [TensorEntry] = []
  /// Texts to be written.
  package var metadata: [(String, String)] = []
  /// What is read from.
  package var file: SafetensorsFile?
  /// Counts that a run can have: far more than a life's, and far from where sums overflow.
  static let counts = 0...(1 << 48)
  /// The file's path, for messages.
  package let path: String

  /// Begins to write.
  package init(path: String) {
    self.path = path
  }

  /// Begins to read.
  package init(reading file: SafetensorsFile) {
    self.file = file
    path = file.path
  }

  /// Writes named numbers.
  public mutating func add(_ name: String, _ numbers: [Double]) { entries.append(TensorEntry(name, .doubles(numbers))) }

  /// Writes named whole numbers.
  public mutating func add(_ name: String, _ numbers: [Int]) { entries.append(TensorEntry(name, .integers(numbers))) }

  /// Reads named numbers, `count` of them.
  ///
  /// - Throws: ``AgentError/state(expected:got:)`` when they are not there, or not all finite.
  public func numbers(_ name: String, count: Int) throws(AgentError) -> [Double] {
    let numbers = try reading { (file) throws(FileError) in try file.doubles(name, shape: [count]) }
    guard numbers.allSatisfy(\.isFinite) else { throw .state(expected: "finite numbers as '\(name)'", got: "others") }
    return numbers
  }

  /// Reads named whole numbers, `count` of them.
  ///
  /// - Throws: ``AgentError/state(expected:got:)`` when they are not there.
  public func integers(_ name: String, count: Int) throws(AgentError) -> [Int] {
    try reading { (file) throws(FileError) in try file.integers(name, shape: [count]) }
  }

  /// Reads from the file; what it objects to becomes an agent's error.
  func reading<Result>(
    _ body: (SafetensorsFile) throws(FileError) -> Result
  ) throws(AgentError) -> Result {
    guard let file else { throw .state(expected: "a state that is read", got: "one that is written") }
    do throws(FileError) { return try body(file) } catch { throw .state(expected: "a whole state", got: "\(error)") }
  }
}

extension AgentState {
  /// Writes a learner's network, optimizer slots and evolution.
  mutating func add(_ name: String, _ learner: NetworkLearner) throws(AgentError) {
    do throws(FileError) {
      let (entries, metadata) = try learner.stateTensors(for: path, prefix: name + ".")
      self.entries += entries
      self.metadata += metadata
    } catch {
      throw .network("\(error)")
    }
    add("\(name).steps", [learner.step, learner.optimizerState.steps, learner.moved])
  }

  /// Reads what ``add(_:_:)`` wrote of a learner.
  func restore(_ name: String, _ learner: NetworkLearner) throws(AgentError) {
    let steps = try integers("\(name).steps", count: 3)
    guard Self.counts.contains(steps[0]), (0...steps[0]).contains(steps[1]), Self.counts.contains(steps[2]) else {
      throw .state(expected: "steps of the \(name)", got: "\(steps)")
    }
    try reading { (file) throws(FileError) in
      try learner.restore(file, prefix: name + ".", step: steps[0], optimizerSteps: steps[1])
    }
    learner.moved = steps[2]
  }

  /// Writes a target network.
  mutating func add(_ name: String, _ target: TargetNetwork) throws(AgentError) {
    do throws(FileError) {
      let (entries, metadata) = try target.network.tensors(for: path, prefix: name + ".")
      self.entries += entries
      self.metadata += metadata
    } catch {
      throw .network("\(error)")
    }
  }

  /// Reads what was written of a target network.
  ///
  /// - Parameter online: the restored network that it follows, whose layers it must have.
  func restore(_ name: String, _ target: TargetNetwork, online: NetworkLearner) throws(AgentError) {
    let saved = try reading { (file) throws(FileError) in try Network(reading: file, prefix: name + ".") }
    // Between two of its updates, a target with connections of its own may have another number of them.
    let isOwn = target.topology == .own
    guard saved.inputs == online.network.inputs,
      NetworkLearner.outline(saved, counted: !isOwn) == NetworkLearner.outline(online.network, counted: !isOwn),
      isOwn || saved.hasPatterns(of: online.network)
    else { throw .state(expected: "the layers of the online network as '\(name)'", got: "others") }
    target.restore(saved)
  }

  /// Writes a replay buffer, of which only rows that have been written.
  mutating func add(_ replay: Replay) {
    let buffer = replay.buffer
    let filled = buffer.filled
    func rows(_ matrix: Matrix) -> Vector {
      filled == buffer.capacity
        ? matrix.values
        : matrix.values.withSpan { values in
          Vector((0..<filled * matrix.columns).map { values[$0] })
        }
    }
    add("replay.places", [buffer.count, buffer.head, filled])
    entries.append(TensorEntry("replay.inputs", .floats(rows(buffer.inputs))))
    entries.append(TensorEntry("replay.next", .floats(rows(buffer.next))))
    entries.append(TensorEntry("replay.rewards", .floats(Vector(buffer.rewards[..<filled]))))
    entries.append(TensorEntry("replay.endings", .uint8(Array(buffer.endings[..<filled]))))
    if let tree = replay.tree { add("replay.priorities", tree.priorities + [replay.greatest]) }
  }

  /// Reads what was written of a replay buffer; ``ReplayCollector/restore(from:)`` looks at the rows.
  func restore(_ replay: inout Replay) throws(AgentError) {
    let places = try integers("replay.places", count: 3)
    let (inputs, next, rewards, endings) = try reading { (file) throws(FileError) in
      (
        try file.vector("replay.inputs"), try file.vector("replay.next"), try file.floats("replay.rewards"),
        try file.uint8("replay.endings")
      )
    }
    guard
      replay.buffer.restore(
        count: places[0], head: places[1], filled: places[2], inputs: inputs, next: next, rewards: rewards.elements,
        endings: endings)
    else { throw .state(expected: "a replay buffer of \(replay.buffer.capacity) transitions", got: "\(places)") }
    guard replay.tree != nil else { return }
    let priorities = try numbers("replay.priorities", count: replay.buffer.capacity + 1)
    guard priorities.allSatisfy({ $0 >= 0 }) else { throw .state(expected: "priorities of at least 0", got: "others") }
    for index in 0..<replay.buffer.capacity { replay.tree?[index] = priorities[index] }
    replay.greatest = priorities[replay.buffer.capacity]
  }
}
