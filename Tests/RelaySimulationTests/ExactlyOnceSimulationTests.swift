import RelayTestSupport
import Testing

@Suite struct ExactlyOnceSimulationTests {
  @Test func everyChangeIsCommittedOnceAndInOrderUnderAnyFault() throws {
    var seeds = SimulationSeeds()
    var total = ExactlyOnceSimulation.Summary()
    while let seed = seeds.next() {
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
    if seeds.isTimed {
      print(
        "simulation, exactly once: \(seeds.count) seeds from \(seeds.first), \(total.rows) rows, \(total.kills) kills, "
          + "\(total.cuts) cuts, \(total.aborts) aborts, \(total.fencings) fencings, \(total.divisions) divisions, no violation"
      )
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
