// SPDX-License-Identifier: Apache-2.0
// Espalier: the laws of births.

import SparseCore
import SparseTopology
import Testing

@Suite("Births")
struct TopologyTests {
  static let networks: [[LayerShape]] = [
    [LayerShape(outputs: 1, inputs: 1)],
    [
      LayerShape(outputs: 300, inputs: 784), LayerShape(outputs: 100, inputs: 300),
      LayerShape(outputs: 10, inputs: 100),
    ],
    [
      LayerShape(outputs: 256, inputs: 64), LayerShape(outputs: 256, inputs: 256), LayerShape(outputs: 10, inputs: 256),
    ],
    [LayerShape(outputs: 64, inputs: 3, kernel: [3, 3]), LayerShape(outputs: 128, inputs: 64, kernel: [3, 3])],
    [LayerShape(outputs: 1, inputs: 1000), LayerShape(outputs: 1000, inputs: 1), LayerShape(outputs: 2, inputs: 3)],
    [LayerShape](repeating: LayerShape(outputs: 7, inputs: 11), count: 13),
  ]

  @Test("density forms give exactly the total asked for, within every layer's room")
  func totals() throws {
    for shapes in Self.networks {
      let cells = shapes.reduce(0) { $0 + $1.cells }
      for density in [1e-6, 0.001, 0.01, 0.013, 0.02, 0.1, 0.3, 0.5, 0.777, 0.9, 0.999, 1] {
        for topology in [Topology.erdosRenyi(density: density), .erk(density: density), .uniform(density: density)] {
          let total = Int(density * Double(cells) + 1e-6)
          guard total > 0 else {
            #expect(throws: TopologyError.noConnections(cells: cells)) { try topology.connectionCounts(for: shapes) }
            continue
          }
          let counts = try topology.connectionCounts(for: shapes)
          #expect(counts.reduce(0, +) == total, "\(topology) over \(shapes)")
          #expect(zip(counts, shapes).allSatisfy { $0 >= 0 && $0 <= $1.cells })
          if total >= shapes.count { #expect(counts.allSatisfy { $0 > 0 }, "\(topology) left a layer empty") }
        }
      }
    }
  }

  @Test("ER shares follow (outputs + inputs) / (outputs x inputs) and saturate small layers")
  func shares() throws {
    let lenet = Array(Self.networks[1].prefix(2))
    #expect(try Topology.erdosRenyi(density: 0.02).connectionCounts(for: lenet) == [3874, 1430])
    #expect(try Topology.erk(density: 0.02).connectionCounts(for: lenet) == [3874, 1430])
    let digits = Self.networks[2]
    // The last layer has the largest raw density and is full at .5; the others share what is left by 320 to 512.
    let counts = try Topology.erk(density: 0.5).connectionCounts(for: digits)
    let left = Double(42240 - 2560)
    #expect(counts[2] == 2560)
    #expect(counts[0] == Int((left * 320 / 832).rounded()))
    #expect(counts.reduce(0, +) == 42240)
  }

  @Test("ERK counts the window's sides, ER does not")
  func kernels() throws {
    let shapes = [LayerShape(outputs: 8, inputs: 8, kernel: [5, 5]), LayerShape(outputs: 8, inputs: 200)]
    // Raw densities times cells: ER 400 and 208; ERK 26 and 208. Density .1 is 320 connections.
    #expect(try Topology.erk(density: 0.1).connectionCounts(for: shapes) == [36, 284])
    #expect(try Topology.erdosRenyi(density: 0.1).connectionCounts(for: shapes) == [211, 109])
  }

  @Test("the uniform density is every layer's density")
  func uniform() throws {
    let counts = try Topology.uniform(density: 0.1).connectionCounts(for: Self.networks[1])
    #expect(counts == [23520, 3000, 100])
  }

  @Test("epsilon gives epsilon times (outputs + inputs), at most all")
  func epsilon() throws {
    let shapes = [
      LayerShape(outputs: 1000, inputs: 784), LayerShape(outputs: 10, inputs: 1000), LayerShape(outputs: 3, inputs: 7),
    ]
    #expect(try Topology.erdosRenyi(epsilon: 20).connectionCounts(for: shapes) == [35680, 10000, 21])
    #expect(try Topology.erdosRenyi(epsilon: 0.25).connectionCounts(for: shapes) == [446, 253, 3])
  }

  @Test("a random pattern has the count asked for at every count")
  func exactCounts() throws {
    let shape = LayerShape(outputs: 7, inputs: 9)
    var random = Random(seed: 3)
    for count in 0...63 {
      let pattern = try Topology.uniform(density: 0.5).pattern(shape, count: count, random: &random)
      #expect(pattern.count == count && pattern.rows == 7 && pattern.columns == 9)
      #expect(pattern.checkInvariants())
    }
  }

  @Test("every cell of a random pattern is as likely as any other")
  func uniformity() throws {
    let shape = LayerShape(outputs: 5, inputs: 8)
    var random = Random(seed: 11)
    var hits = [Int](repeating: 0, count: 40)
    let draws = 4000
    for _ in 0..<draws {
      let pattern = try Topology.erdosRenyi(epsilon: 1).pattern(shape, count: 10, random: &random)
      for row in 0..<5 {
        for position in pattern.positions(ofRow: row) { hits[row * 8 + Int(pattern.columnIndices[position])] += 1 }
      }
    }
    // Each cell is hit with p = 1/4: variance n p (1 - p), and a chi square of 39 degrees stays under 80 (p > .9999).
    let expected = Double(draws) / 4
    let chiSquare = hits.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / (expected * 0.75) }
    #expect(chiSquare < 80 && chiSquare > 10, "\(chiSquare)")
  }

  @Test("every set of cells is as likely as any other, many and few")
  func uniformSets() throws {
    let shape = LayerShape(outputs: 2, inputs: 4)
    var random = Random(seed: 12)
    // 3 and 5 of 8 cells, the latter drawn by leaving out: 56 sets each; a chi square of 55 degrees stays under 105.
    for count in [3, 5] {
      var hits: [[Int]: Int] = [:]
      for _ in 0..<1120 {
        let pattern = try Topology.uniform(density: 0.5).pattern(shape, count: count, random: &random)
        hits[pattern.rowStarts + pattern.columnIndices.map { Int($0) }, default: 0] += 1
      }
      let chiSquare = hits.values.reduce(0) { $0 + Double(($1 - 20) * ($1 - 20)) / 20 }
      #expect(hits.count == 56 && chiSquare < 105 && chiSquare > 20, "\(chiSquare)")
    }
  }

  @Test("rows share connections as draws without putting back do, over several blocks of rows")
  func rowShares() throws {
    // 1026 rows of one cell: the last two are a block of their own. 600 of 1026 cells are drawn.
    let shape = LayerShape(outputs: 1026, inputs: 1)
    var random = Random(seed: 13)
    var hits = [0.0, 0, 0]
    for _ in 0..<400 {
      let pattern = try Topology.uniform(density: 0.5).pattern(shape, count: 600, random: &random)
      hits[pattern.count - pattern.rowStarts[1024]] += 1
    }
    let both = 600.0 * 599 / (1026 * 1025)
    let none = 426.0 * 425 / (1026 * 1025)
    let expected = [none, 1 - both - none, both].map { 400 * $0 }
    let chiSquare = zip(hits, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / $1.1 }
    #expect(chiSquare < 18, "\(chiSquare), \(hits) for \(expected)")
  }

  @Test("births of large layers have the same bytes with any number of threads")
  func threads() throws {
    let cases: [(LayerShape, Topology)] = [
      (LayerShape(outputs: 3000, inputs: 250), .uniform(density: 0.03)),
      (LayerShape(outputs: 20, inputs: 10_000), .uniform(density: 0.1)),
      (LayerShape(outputs: 150, inputs: 200), .uniform(density: 0.9)),
      (LayerShape(outputs: 500, inputs: 90_000), .fixedFanIn(20)),
    ]
    for (shape, topology) in cases {
      let patterns = try [1, 2, 3].map { threads in
        var random = Random(seed: 1)
        return try topology.pattern(shape, random: &random, workers: Workers(threads: threads))
      }
      #expect(patterns[0] == patterns[1] && patterns[0] == patterns[2])
      #expect(patterns[0].checkInvariants())
      #expect(try patterns[0].count == topology.connectionCounts(for: [shape])[0])
    }
  }

  @Test("a fixed fan-in is the same in every row, with different inputs")
  func fixedFanIn() throws {
    var random = Random(seed: 5)
    let shape = LayerShape(outputs: 40, inputs: 9)
    for fanIn in 1...9 {
      let pattern = try Topology.fixedFanIn(fanIn).pattern(shape, random: &random)
      #expect(pattern.inDegrees == [Int](repeating: fanIn, count: 40))
      #expect(pattern.checkInvariants())
      #expect(pattern.outDegrees.allSatisfy { $0 > 0 || fanIn == 1 })
    }
  }

  @Test("dense is every connection")
  func dense() throws {
    var random = Random(seed: 5)
    let pattern = try Topology.dense.pattern(LayerShape(outputs: 3, inputs: 4, kernel: [2]), random: &random)
    #expect(pattern.count == 24 && pattern.density == 1 && pattern.checkInvariants())
  }

  @Test("the same stream gives the same pattern, another stream another one")
  func repeatable() throws {
    let shape = LayerShape(outputs: 30, inputs: 30)
    func draw(_ seed: UInt64) throws -> SparsityPattern {
      var random = Random(seed: seed)
      return try Topology.uniform(density: 0.2).pattern(shape, random: &random)
    }
    #expect(try draw(1) == draw(1))
    #expect(try draw(1) != draw(2))
  }

  @Test("a layer of 100,000 x 100,000 with 1,000 connections needs no table of cells")
  func huge() throws {
    var random = Random(seed: 1)
    let shape = LayerShape(outputs: 100_000, inputs: 100_000)
    let count = try Topology.uniform(density: 1e-7).connectionCounts(for: [shape])[0]
    #expect(count == 1000)
    #expect(try Topology.uniform(density: 1e-7).pattern(shape, count: count, random: &random).count == 1000)
  }

  @Test("wishes that cannot be are errors that say what to do")
  func errors() throws {
    let shapes = [LayerShape(outputs: 3, inputs: 4), LayerShape(outputs: 5, inputs: 2)]
    for density in [0, -0.1, 1.1, Double.nan] {
      #expect(throws: TopologyError.self) { try Topology.erk(density: density).connectionCounts(for: shapes) }
    }
    #expect(throws: TopologyError.epsilon(0)) { try Topology.erdosRenyi(epsilon: 0).connectionCounts(for: shapes) }
    for topology in [
      Topology.erk(density: 1e-9), .uniform(density: 0.04), .erdosRenyi(density: 1e-9), .erdosRenyi(epsilon: 1e-9),
    ] {
      #expect(throws: TopologyError.noConnections(cells: 22)) { try topology.connectionCounts(for: shapes) }
    }
    #expect(try Topology.uniform(density: 0.05).connectionCounts(for: shapes) == [1, 0])
    let wide = LayerShape(outputs: 9, inputs: 9)
    #expect(try Topology.erdosRenyi(epsilon: 0.05).connectionCounts(for: shapes + [wide]) == [0, 0, 1])
    #expect(try Topology.erk(density: 1e-9).connectionCounts(for: []) == [])
    #expect(
      TopologyError.noConnections(cells: 22).description
        == "expected at least 1 connection in the 22 cells of all layers, got 0; raise the density or epsilon")
    #expect(throws: TopologyError.fanIn(3, layer: 1, columns: 2)) {
      try Topology.fixedFanIn(3).connectionCounts(for: shapes)
    }
    #expect(throws: TopologyError.shape(layer: 0, outputs: 0, inputs: 4, kernel: [])) {
      try Topology.dense.connectionCounts(for: [LayerShape(outputs: 0, inputs: 4)])
    }
    #expect(throws: TopologyError.shape(layer: 0, outputs: 4, inputs: 1 << 20, kernel: [1 << 20])) {
      try Topology.dense.connectionCounts(for: [LayerShape(outputs: 4, inputs: 1 << 20, kernel: [1 << 20])])
    }
    var random = Random(seed: 1)
    #expect(throws: TopologyError.count(13, allowed: 0...12)) {
      try Topology.uniform(density: 0.5).pattern(shapes[0], count: 13, random: &random)
    }
    #expect(throws: TopologyError.count(5, allowed: 6...6)) {
      try Topology.fixedFanIn(2).pattern(shapes[0], count: 5, random: &random)
    }
    #expect(
      TopologyError.fanIn(3, layer: 1, columns: 2).description
        == "layer 1: expected a fan-in from 1 to its 2 inputs, got 3; choose one that fits every layer")
    #expect(
      TopologyError.count(5, allowed: 6...6).description
        == "expected 6 connections, got 5; take the count from connectionCounts(for:)")
  }
}
