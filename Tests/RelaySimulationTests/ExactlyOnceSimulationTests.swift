import Foundation
import RelayTestSupport
import Testing

/// Seeds as in `RelaySimulationTests`.
@Suite struct ExactlyOnceSimulationTests {
  private static let environment = ProcessInfo.processInfo.environment

  @Test func everyChangeIsCommittedOnceAndInOrderUnderAnyFault() throws {
    let seeds: [UInt64]
    if let one = Self.environment["SLUICE_SIMULATION_SEED"].flatMap({ UInt64($0) }) {
      seeds = [one]
    } else {
      let count = Self.environment["SLUICE_SIMULATION_SEEDS"].flatMap { UInt64($0) } ?? 120
      seeds = Array(1...count)
    }
    var total = ExactlyOnceSimulation.Summary()
    for seed in seeds {
      var simulation = ExactlyOnceSimulation(seed: seed)
      do {
        let summary = try simulation.run(steps: 300)
        total.kills += summary.kills
        total.cuts += summary.cuts
        total.stops += summary.stops
        total.aborts += summary.aborts
        total.fencings += summary.fencings
        total.zombieErrors += summary.zombieErrors
        total.rows += summary.rows
        total.commits += summary.commits
        total.divisions += summary.divisions
      } catch let violation as ExactlyOnceSimulation.Violation {
        Issue.record(
          "seed \(violation.seed), step \(violation.step): \(violation.description). Replay with SLUICE_SIMULATION_SEED=\(violation.seed)"
        )
        return
      }
    }
    // A simulation in which nothing goes wrong proves nothing.
    if seeds.count >= 100 {
      #expect(total.kills > seeds.count)
      #expect(total.cuts > seeds.count)
      #expect(total.stops > seeds.count)
      #expect(total.aborts > seeds.count)
      #expect(total.fencings > seeds.count)
      #expect(total.zombieErrors > 0)
      #expect(total.rows > seeds.count * 100)
      #expect(total.commits > seeds.count * 10)
      #expect(total.divisions > 0)
    }
  }
}
