// SPDX-License-Identifier: Apache-2.0
// Espalier: refinement-free partitions by enumeration, for the tests of selections.

import Entities

/// One refinement-free partition a trajectory, that is, one whose blocks are all single nodes or ι-entities.
enum ChosenPartition {
  /// The one with the fewest blocks among those whose blocks stay with one variable, the first in order of their texts.
  static func along(
    _ pattern: SpatiotemporalPattern, in chain: MultivariateMarkovChain<Double>
  ) throws(EntityError) -> NodePartition? {
    try free(pattern, in: chain).map(\.partition)
      .filter { $0.blocks.allSatisfy { block in Set(block.map { chain.nodes[$0].place }).count == 1 } }
      .min { $0.blocks.count != $1.blocks.count ? $0.blocks.count < $1.blocks.count : $0.description < $1.description }
  }

  /// The one with the least specific local integration, the first in order of their texts when there are several.
  static func lowest(
    _ pattern: SpatiotemporalPattern, in chain: MultivariateMarkovChain<Double>
  ) throws(EntityError) -> NodePartition? {
    let all = try free(pattern, in: chain)
    let least = all.map(\.bits).min() ?? 0
    return all.filter { $0.bits <= least + 1e-10 }.map(\.partition).min { $0.description < $1.description }
  }

  /// All refinement-free partitions and their specific local integrations.
  private static func free(
    _ pattern: SpatiotemporalPattern, in chain: MultivariateMarkovChain<Double>
  ) throws(EntityError) -> [(partition: NodePartition, bits: Double)] {
    let integration = try LocalIntegration(of: pattern, in: chain)
    var found: [(partition: NodePartition, bits: Double)] = []
    for blocks in partitions(pattern.nodes) {
      let partition = try NodePartition(blocks)
      var isFree = true
      for block in partition.blocks where block.count > 1 {
        if !integration.isEntity(try integration.mask(of: block)) { isFree = false }
      }
      if isFree { found.append((partition, try integration.specific(partition))) }
    }
    return found
  }

  /// All partitions of some nodes.
  static func partitions(_ nodes: [Int]) -> [[[Int]]] {
    guard let node = nodes.last else { return [[]] }
    return partitions(nodes.dropLast()).flatMap { smaller in
      [smaller + [[node]]]
        + smaller.indices.map { place in
          var grown = smaller
          grown[place].append(node)
          return grown
        }
    }
  }
}
