import Foundation
import RelayTestSupport
import Testing

/// Seeds come from `SLUICE_SIMULATION_SEED` (one seed, to replay) or count from 1 to `SLUICE_SIMULATION_SEEDS`.
@Suite struct RelaySimulationTests {
  private static let environment = ProcessInfo.processInfo.environment

  /// The test of the test: a relay with a mistake is found out.
  @Test(arguments: WrongRule.allCases)
  func aWrongRuleIsFoundOut(rule: WrongRule) {
    for seed in 1...200 as ClosedRange<UInt64> {
      var simulation = Simulation(seed: seed, wrongRule: rule)
      do {
        _ = try simulation.run(steps: 300)
      } catch is Simulation.Violation {
        return
      } catch {
        Issue.record(error)
      }
    }
    Issue.record("200 seeds found nothing wrong")
  }

  @Test func nothingIsLostOrInventedOrReorderedUnderAnyFault() throws {
    let seeds: [UInt64]
    if let one = Self.environment["SLUICE_SIMULATION_SEED"].flatMap({ UInt64($0) }) {
      seeds = [one]
    } else {
      let count = Self.environment["SLUICE_SIMULATION_SEEDS"].flatMap { UInt64($0) } ?? 120
      seeds = Array(1...count)
    }
    var total = Simulation.Summary()
    for seed in seeds {
      var simulation = Simulation(seed: seed)
      do {
        let summary = try simulation.run(steps: 300)
        total.kills += summary.kills
        total.cuts += summary.cuts
        total.stops += summary.stops
        total.rows += summary.rows
        total.duplicates += summary.duplicates
        total.rolledBackRows += summary.rolledBackRows
        total.spilledBytes += summary.spilledBytes
        total.fullDisks += summary.fullDisks
      } catch let violation as Simulation.Violation {
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
      #expect(total.rows > seeds.count * 100)
      #expect(total.duplicates > 0)
      #expect(total.rolledBackRows > seeds.count * 10)
      #expect(total.spilledBytes > seeds.count * 1_000)
      #expect(total.fullDisks > 0)
    }
  }
}
