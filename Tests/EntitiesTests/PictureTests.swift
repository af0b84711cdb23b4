// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of diagrams and pictures.

import Entities
import Testing

@Suite("Pictures of hierarchies and trajectories")
struct PictureTests {
  static func diagram(_ epsilon: Double) throws -> HasseDiagram {
    let chain = try ExampleModels.epsilon(epsilon)
    let integration = try LocalIntegration(of: ExampleModels.pattern([0, 0, 0, 0, 0, 0]), in: chain)
    return HasseDiagram(try integration.refinementFreePartitions(), of: chain.nodes)
  }

  @Test("covers are the steps of refinement with nothing between, by their definition", arguments: [0, 0.01])
  func covers(epsilon: Double) throws {
    let diagram = try Self.diagram(epsilon)
    #expect(diagram.partitions.count == (epsilon == 0 ? 25 : 39))
    #expect(diagram.ranks.last == (epsilon == 0 ? 4 : 14))
    let all = diagram.partitions.map(\.partition)
    func isFiner(_ left: Int, _ right: Int) -> Bool { left != right && all[left].refines(all[right]) }
    for fine in all.indices {
      let wanted = all.indices.filter { coarse in
        isFiner(fine, coarse) && !all.indices.contains { isFiner(fine, $0) && isFiner($0, coarse) }
      }
      #expect(diagram.covers[fine] == wanted)
    }
  }

  @Test("the drawing has a cell for each node of each partition and a line for each cover; the source names them too")
  func drawing() throws {
    let diagram = try Self.diagram(0)
    let covers = diagram.covers.reduce(0) { $0 + $1.count }
    let svg = diagram.svg
    #expect(svg.split(separator: "\n").filter { $0.hasPrefix("<rect") }.count == 1 + 25 * 7)
    #expect(svg.split(separator: "\n").filter { $0.hasPrefix("<line") }.count == covers + 5)
    let dot = diagram.dot
    #expect(dot.split(separator: "\n").filter { $0.contains("->") }.count == covers)
    #expect(dot.split(separator: "\n").filter { $0.contains("[label") }.count == 25)
    #expect(dot.hasPrefix("digraph") && dot.hasSuffix("}\n"))
  }

  @Test("a marked entity is outlined on its own sides only")
  func marked() throws {
    let chain = try ExampleModels.epsilon(0.01)
    let pattern = ExampleModels.pattern([0, 0, 0, 0, 0, 0])
    let picture = SpaceTimePicture(pattern, of: chain.nodes, marking: [pattern.part(0b010101)], title: "one row")
    #expect(picture.svg.split(separator: "\n").filter { $0.hasPrefix("<line") }.count == 8)
    #expect(picture.svg.split(separator: "\n").filter { $0.hasPrefix("<rect") }.count == 7)
    #expect(SpaceTimePicture(SpatiotemporalPattern(nodes: [], values: []), of: []).svg.contains("</svg>"))
  }
}
