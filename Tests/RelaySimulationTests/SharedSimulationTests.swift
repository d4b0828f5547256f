import Testing

@Suite struct SharedSimulationTests {
  @Test func eachConnectorOfASharedSlotLosesNothingUnderAnyFault() throws {
    var seeds = SimulationSeeds()
    var total = SharedSimulation.Summary()
    while let seed = seeds.next() {
      var simulation = SharedSimulation(seed: seed)
      do {
        let summary = try simulation.run(steps: 200)
        total.kills += summary.kills
        total.cuts += summary.cuts
        total.failures += summary.failures
        total.ends += summary.ends
        total.detachments += summary.detachments
        total.restarts += summary.restarts
        total.doubts += summary.doubts
        total.rows += summary.rows
      } catch let violation as SharedSimulation.Violation {
        Issue.record(
          "seed \(violation.seed), step \(violation.step): \(violation.description). Replay with SLUICE_SIMULATION_SEED=\(violation.seed)"
        )
        return
      }
    }
    if seeds.isTimed { print("shared slot: \(seeds.count) seeds from \(seeds.first), \(total)") }
    if seeds.count >= 100 {
      #expect(total.kills > seeds.count)
      #expect(total.cuts > seeds.count)
      #expect(total.failures > seeds.count)
      #expect(total.ends > 10)
      #expect(total.detachments > 10)
      #expect(total.restarts > seeds.count)
      #expect(total.doubts > seeds.count / 2)
      #expect(total.rows > seeds.count * 100)
    }
  }

  /// The test of the test.
  @Test(arguments: SharedSimulation.Mistake.allCases)
  func aMistakeIsFoundOut(mistake: SharedSimulation.Mistake) {
    for seed in 1...200 as ClosedRange<UInt64> {
      var simulation = SharedSimulation(seed: seed, mistake: mistake)
      do {
        _ = try simulation.run(steps: 200)
      } catch is SharedSimulation.Violation {
        return
      } catch {
        Issue.record(error)
      }
    }
    Issue.record("200 seeds found nothing wrong")
  }
}
