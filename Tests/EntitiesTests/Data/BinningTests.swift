// SPDX-License-Identifier: Apache-2.0
// Espalier: tests of making states of numbers.

import Entities
import SparseCore
import Testing

@Suite("Binning")
struct BinningTests {
  private static func binned(_ numbers: [Double], _ text: String) throws -> BinnedVariable {
    try RolloutTable(columns: [RolloutColumn("x", numbers: numbers)]).binned(BinningPlan(parsing: [text])).variables[0]
  }

  /// The states of the rows.
  private static func states(_ numbers: [Double], _ text: String) throws -> [Int] {
    let table = RolloutTable(columns: [RolloutColumn("x", numbers: numbers)])
    let binned = try table.binned(BinningPlan(parsing: [text]))
    return numbers.indices.map { binned.values($0)[0] }
  }

  @Test("small cases by hand")
  func byHand() throws {
    #expect(try Self.states([-1, 0, 1.4, 1.5, 9], "threshold:0,1.5") == [0, 1, 1, 2, 2])
    #expect(try Self.states([0, 1, 2, 3, 4, 8], "uniform:4") == [0, 0, 1, 1, 2, 3])
    #expect(try Self.states([5, 1, 4, 2, 3, 0], "quantile:3") == [2, 0, 2, 1, 1, 0])
    #expect(try Self.states([3, -2, 3, 0.5], "category") == [2, 0, 2, 1])
    let bins = try Self.binned([-1, 0, 1.4, 1.5, 9], "threshold:0,1.5")
    #expect(bins.stateNames == ["<0", "0..1.5", ">=1.5"] && bins.counts == [1, 2, 2] && bins.edges == [0, 1.5])
    #expect(bins.note == nil)
    #expect(try Self.binned([3, -2, 3, 0.5], "category").stateNames == ["-2", "0.5", "3"])
  }

  @Test("equal values stay together; the edge goes to the nearest place between different ones")
  func ties() throws {
    // Nine in ten are 0: the only place for an edge is above them.
    let rare = try Self.binned([0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "quantile:2")
    #expect(rare.counts == [9, 1] && rare.edges == [1] && rare.note == nil)
    let middle = try Self.binned([0] + [Double](repeating: 5, count: 98) + [9], "quantile:3")
    #expect(middle.counts == [1, 98, 1])
    let fewer = try Self.binned([1, 1, 1, 2, 2, 2], "quantile:4")
    #expect(fewer.counts == [3, 3] && fewer.note == "2 bins instead of 4, since equal values stay together")
    for text in ["quantile:3", "uniform:3", "category"] {
      let constant = try Self.binned([7, 7, 7], text)
      #expect(
        constant.stateCount == 1 && constant.counts == [3] && constant.note == "the same state in all rows", "\(text)")
    }
    let empty = try Self.binned([0, 0.1, 0.2, 9], "uniform:3")
    #expect(empty.counts == [3, 0, 1] && empty.note == "1 of 3 bins are empty")
    let none = try Self.binned([1, 2], "threshold:5")
    #expect(none.counts == [2, 0] && none.note == "the same state in all rows")
  }

  @Test("bins are the ranges between their edges; quantiles of different values are equal within one row")
  func laws() throws {
    var random = Random(seed: 3).split("bins")
    for trial in 0..<60 {
      let numbers = (0..<1 + random.below(80)).map { _ in
        trial % 2 == 0 ? Double(random.normal()) : Double(random.below(7))
      }
      for text in ["quantile:\(1 + trial % 9)", "uniform:\(1 + trial % 7)", "threshold:-0.5,0,2.5", "category"] {
        let variable = try Self.binned(numbers, text)
        let states = try Self.states(numbers, text)
        #expect(variable.counts == (0..<variable.stateCount).map { state in states.count { $0 == state } })
        #expect(Set(variable.stateNames).count == variable.stateCount)
        #expect(zip(variable.edges, variable.edges.dropFirst()).allSatisfy(<))
        for (number, state) in zip(numbers, states) where text != "category" {
          #expect(state == variable.edges.count { $0 <= number })
        }
        if case .quantile(let count) = variable.binning {
          #expect(variable.counts.allSatisfy { $0 > 0 })
          if trial % 2 == 0, numbers.count >= count {
            #expect((variable.counts.max() ?? 0) - (variable.counts.min() ?? 0) <= 1)
          }
        }
      }
    }
  }

  @Test("extreme numbers have finite edges and names that differ")
  func extremes() throws {
    let wide = try Self.binned([-1.7e308, 1.7e308, 0], "uniform:4")
    #expect(wide.edges.allSatisfy(\.isFinite) && wide.counts == [1, 0, 1, 1])
    let narrow = try Self.binned([1, 1.0.nextUp, 1.0.nextUp.nextUp], "quantile:3")
    #expect(narrow.counts == [1, 1, 1] && Set(narrow.stateNames).count == 3)
  }

  @Test("plans are read as written, the last exception that fits counts")
  func plans() throws {
    let plan = try BinningPlan(parsing: ["uniform:4", "a_*=category", "a_2=threshold:-1,2e1", "b=c=quantile:2"])
    #expect(plan.binning(of: "x") == .uniform(4) && plan.binning(of: "a_1") == .category)
    #expect(plan.binning(of: "a_2") == .threshold([-1, 20]) && plan.binning(of: "b=c") == .quantile(2))
    for text in ["quantile:3", "uniform:1", "threshold:-1.0,0.5", "category"] {
      #expect(try Binning(parsing: text).description == text)
    }
  }

  /// What is wrong, and what the message must name.
  static let broken: [(texts: [String], words: [String])] = [
    ([""], ["'quantile:3', 'uniform:4'", "got ''"]),
    (["quantil:3"], ["the binning 'quantil:3'", "'quantil'"]),
    (["quantile"], ["a number of bins from 1 to 256, as in 'quantile:3'"]),
    (["quantile:0"], ["a number of bins from 1 to 256", "'0'"]),
    (["uniform:257"], ["a number of bins from 1 to 256", "'257'"]),
    (["uniform:2.5"], ["as in 'uniform:3'", "'2.5'"]),
    (["threshold"], ["numbers, as in 'threshold:0,1.5'"]),
    (["threshold:1,"], ["numbers, as in", "''"]),
    (["threshold:1,1"], ["rising numbers", "'1'"]),
    (["threshold:nan"], ["numbers, as in", "'nan'"]),
    (["threshold:1e999"], ["numbers, as in", "'1e999'"]),
    (["category:2"], ["'category' alone", "'2'"]),
    (["=category"], ["a variable before '='"]),
    (["uniform:2", "uniform:3"], ["one for all variables", "uniform:2 and uniform:3"]),
  ]

  @Test("what is wrong with a plan is named", arguments: 0..<broken.count)
  func refused(_ index: Int) {
    let (texts, words) = Self.broken[index]
    do throws(EntityError) {
      _ = try BinningPlan(parsing: texts)
      Issue.record("accepted: \(texts)")
    } catch {
      for word in words { #expect(error.description.contains(word), "\(error.description)") }
    }
  }

  @Test("too many categories, and binnings of variables that there are not, are refused")
  func limits() throws {
    let table = RolloutTable(
      name: "many",
      columns: [
        RolloutColumn("x", numbers: (0..<257).map { Double($0) }),
        RolloutColumn("c", texts: (0..<257).map { _ in "a" }),
      ])
    let many = #expect(throws: (any Error).self) { try table.binned(BinningPlan(.category)) }
    #expect("\(many.map { "\($0)" } ?? "")".contains("at most 256 different values in column 'x'"))
    let other = #expect(throws: (any Error).self) {
      try table.binned(BinningPlan(.category, exceptions: [.init("y*", .uniform(2))]))
    }
    #expect("\(other.map { "\($0)" } ?? "")".contains("a variable 'y*' to bin"))
    let good = try table.binned(BinningPlan(.uniform(2), exceptions: [.init("c", .category)]))
    #expect(good.variables[1].stateNames == ["a"] && good.notes == ["c: the same state in all rows"])
  }
}
