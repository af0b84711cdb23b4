// SPDX-License-Identifier: Apache-2.0
// Espalier: when updates happen.

import SparseTopology
import Testing

@Suite("UpdateSchedule")
struct UpdateScheduleTests {
  @Test("updates come every so many steps, never at 0, never at or after the end")
  func steps() {
    let schedule = UpdateSchedule(every: .steps(100))
    let updates = (0...1000).filter { schedule.isUpdate(step: $0, stepsPerEpoch: 7, totalSteps: 1000) }
    #expect(updates == [100, 200, 300, 400, 500, 600, 700])
    #expect(!schedule.isUpdate(step: 600, stepsPerEpoch: 7, totalSteps: 800))
    #expect(schedule.isUpdate(step: 600, stepsPerEpoch: 7, totalSteps: 801))
  }

  @Test("updates by epochs come at the end of epochs")
  func epochs() {
    let schedule = UpdateSchedule(every: .epochs(2), end: 1)
    let updates = (0...50).filter { schedule.isUpdate(step: $0, stepsPerEpoch: 5, totalSteps: 50) }
    #expect(updates == [10, 20, 30, 40])
  }

  @Test("the cosine falls from the drop fraction through its half to zero")
  func fraction() {
    let schedule = UpdateSchedule(every: .steps(1), dropFraction: .cosine(from: 0.3))
    #expect(schedule.fraction(step: 0, totalSteps: 1000) == 0.3)
    #expect(schedule.fraction(step: 375, totalSteps: 1000) == 0.15)
    #expect(schedule.fraction(step: 750, totalSteps: 1000) == 0)
    #expect(schedule.fraction(step: 999, totalSteps: 1000) == 0)
    let shares = (0...750).map { schedule.fraction(step: $0, totalSteps: 1000) }
    #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 > $1 })
    #expect(abs(shares[250] - 0.225) < 1e-15)  // cos(pi / 3) = 1/2
    #expect(abs(shares[500] - 0.075) < 1e-15)
  }

  @Test("a constant share stays until the end")
  func constant() {
    let schedule = UpdateSchedule(every: .steps(1), dropFraction: .constant(0.2), end: 0.5)
    #expect(schedule.fraction(step: 1, totalSteps: 100) == 0.2)
    #expect(schedule.fraction(step: 49, totalSteps: 100) == 0.2)
    #expect(schedule.fraction(step: 50, totalSteps: 100) == 0)
    #expect(UpdateSchedule(every: .steps(1), end: 0).fraction(step: 0, totalSteps: 100) == 0)
  }
}
