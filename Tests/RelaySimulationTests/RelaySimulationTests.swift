import RelayTestSupport
import Testing

@Suite struct RelaySimulationTests {
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
    var seeds = SimulationSeeds()
    var total = Simulation.Summary()
    while let seed = seeds.next() {
      var simulation = Simulation(seed: seed)
      do {
        let summary = try simulation.run(steps: 300)
        total.kills += summary.kills
        total.cuts += summary.cuts
        total.stops += summary.stops
        total.rows += summary.rows
        total.duplicates += summary.duplicates
        total.repeated += summary.repeated
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
    let count = seeds.count
    if seeds.isTimed {
      print(
        "simulation: \(count) seeds from \(seeds.first), \(total.rows) rows, \(total.kills) kills, \(total.cuts) cuts, "
          + "\(total.stops) stops, \(total.duplicates) duplicates (\(total.repeated) counted), no violation")
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
