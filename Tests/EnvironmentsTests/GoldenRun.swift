// SPDX-License-Identifier: Apache-2.0
// Espalier: what Gymnasium's environments answered.

import Environments

@testable import Datasets

/// One archive of Scripts/golden/environments.py.
struct GoldenRun {
  let seeds: [UInt64]
  let firsts: [Float]
  let actions: [Float]
  let observations: [Float]
  let rewards: [Double]
  let endings: [UInt8]
  let resets: [Float]
  let masks: [UInt8]

  init(_ name: String) throws {
    let path = Paths.join(Paths.join(Paths.folder(of: #filePath), "Golden"), name + ".npz")
    let archive = try ZipArchive(InputFile.contents(of: path, limit: 1 << 20), path: path)
    func bytes(_ array: String) throws -> [UInt8] {
      guard let member = archive.members.first(where: { $0.name == array + ".npy" }) else { return [] }
      let reader = try NPYReader(archive.contents(of: member, limit: 1 << 20), path: path)
      return Array(reader.bytes[reader.header.offset...])
    }
    func words(_ array: String, _ size: Int) throws -> [UInt64] {
      let bytes = try bytes(array)
      return stride(from: 0, to: bytes.count, by: size).map { start in
        (0..<size).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
      }
    }
    func floats(_ array: String) throws -> [Float] {
      try words(array, 4).map { Float(bitPattern: UInt32($0)) }
    }
    seeds = try words("seeds", 8)
    firsts = try floats("firsts")
    actions = try floats("actions")
    observations = try floats("observations")
    rewards = try words("rewards", 8).map { Double(bitPattern: $0) }
    endings = try bytes("endings")
    resets = try floats("resets")
    masks = try bytes("masks")
  }

  /// How far an environment's answers are from the archive's.
  struct Difference {
    /// How many numbers were compared.
    var compared = 0
    /// How many were not the same to the bit, as 32 bits.
    var unequal = 0
    /// The largest difference, beside numbers above 1 in proportion to them.
    var largest = 0.0
    /// Endings, masks and values outside of their space that are wrong.
    var mistakes: [String] = []

    mutating func compare(_ got: Double, _ expected: Double) {
      compared += 1
      if Float(got) != Float(expected) { unequal += 1 }
      let distance = abs(got - expected) / max(1, abs(expected))
      largest = distance.isNaN ? .infinity : max(largest, distance)
    }

    mutating func compare(_ got: [Float], _ expected: ArraySlice<Float>) {
      for (got, expected) in zip(got, expected) { compare(Double(got), Double(expected)) }
    }
  }

  /// Runs an environment through the seeds and actions.
  func difference<World: Environment>(of world: World) throws -> Difference {
    var world = world
    var difference = Difference()
    let (wide, actionWide) = (world.observationSpace.flatCount, world.actionSpace.flatCount)
    let steps = endings.count / seeds.count
    var episode = 0
    for (run, seed) in seeds.enumerated() {
      var seen = try world.reset(seed: seed)
      difference.compare(seen, firsts[run * wide..<(run + 1) * wide])
      for index in run * steps..<(run + 1) * steps {
        let answer = try world.step(Array(actions[index * actionWide..<(index + 1) * actionWide]))
        seen = answer.observation
        difference.compare(seen, observations[index * wide..<(index + 1) * wide])
        difference.compare(answer.step.reward, rewards[index])
        if !world.observationSpace.contains(seen) { difference.mistakes.append("step \(index): \(seen) is outside") }
        if (answer.step.ending == .terminated) != (endings[index] == 1) || answer.step.ending == .truncated {
          difference.mistakes.append("step \(index): \(String(describing: answer.step.ending)) for \(endings[index])")
        }
        if !masks.isEmpty {
          let mask = masks[index * masks.count / endings.count..<(index + 1) * masks.count / endings.count]
          if world.actionMask != mask.map({ $0 == 1 }) { difference.mistakes.append("step \(index): another mask") }
        }
        if endings[index] != 0 {
          seen = try world.reset()
          difference.compare(seen, resets[episode * wide..<(episode + 1) * wide])
          episode += 1
        }
      }
    }
    return difference
  }
}
