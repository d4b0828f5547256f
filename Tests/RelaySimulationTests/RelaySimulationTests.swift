import Foundation
import RelayTestSupport
import Testing

/// Seeds come from `SLUICE_SIMULATION_SEED` (one seed, to replay), or count up from 1 to `SLUICE_SIMULATION_SEEDS`, or from
/// `SLUICE_SIMULATION_FROM` until `SLUICE_SIMULATION_SECONDS` have passed (`make simulate`).
@Suite struct RelaySimulationTests {
  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment["SLUICE_SIMULATION_" + name].flatMap { UInt64($0) }
  }

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
    let end = Self.number("SECONDS").map { ContinuousClock.now + .seconds(Int64($0)) }
    let first = Self.number("SEED") ?? Self.number("FROM") ?? 1
    let last = Self.number("SEED") ?? (end == nil ? Self.number("SEEDS") ?? 120 : .max)
    var total = Simulation.Summary()
    var count = 0
    for seed in first...last {
      if let end, ContinuousClock.now >= end { break }
      count += 1
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
    if end != nil {
      print(
        "simulation: \(count) seeds from \(first), \(total.rows) rows, \(total.kills) kills, \(total.cuts) cuts, "
          + "\(total.stops) stops, \(total.duplicates) duplicates, no violation")
    }
    // A simulation in which nothing goes wrong proves nothing.
    if count >= 100 {
      #expect(total.kills > count)
      #expect(total.cuts > count)
      #expect(total.stops > count)
      #expect(total.rows > count * 100)
      #expect(total.duplicates > 0)
      #expect(total.rolledBackRows > count * 10)
      #expect(total.spilledBytes > count * 1_000)
      #expect(total.fullDisks > 0)
    }
  }
}
