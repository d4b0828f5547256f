import Foundation
import Testing

extension Integration {
  /// The program in exactly-once mode. The embedded broker has transactions without isolation, so what must never come
  /// twice is shown by `ExactlyOnceSimulationTests`.
  @Suite(.serialized) struct ExactlyOnceKillTests {
    @Test func nothingIsLostWhenTheRelayIsKilledBetweenAndInsideTransactions() async throws {
      let problems = try await onOwnThread {
        let rig = try KillRig(isExactlyOnce: true)
        defer { rig.stop() }
        let first = try rig.startRelay()
        try rig.waitUntilStreaming(first)
        rig.startLoad(seed: 5)
        usleep(300_000)
        first.kill()
        for pause in [50_000, 200_000, 400_000, 700_000] as [UInt32] {
          let relay = try rig.startRelay()
          usleep(pause)
          if let status = relay.poll() {
            throw ProcessFailure("the relay ended by itself with status \(status)\n\(relay.output)")
          }
          relay.kill()
        }
        let last = try rig.startRelay()
        try rig.waitUntilStreaming(last)
        let committed = try rig.stopLoad()
        try rig.waitUntilConfirmed(last)
        let problems = rig.check(committed)
        try last.stop()
        return problems
      }
      #expect(problems.isEmpty, "\(problems.prefix(5).joined(separator: "\n"))")
    }

    @Test func standbyTakesOverWithinASecond() async throws {
      let (problems, took) = try await onOwnThread {
        let rig = try KillRig(isExactlyOnce: true)
        defer { rig.stop() }
        let active = try rig.startRelay()
        try rig.waitUntilStreaming(active)
        let standby = try rig.startRelay()
        defer { standby.kill() }
        rig.startLoad(seed: 6)
        try waitUntil("the second relay stands by\n\(standby.output)", within: .seconds(20)) {
          standby.output.components(separatedBy: "standing by until").count > 2
        }
        usleep(500_000)
        #expect(active.poll() == nil, "a standby must not fence the active relay")
        let killed = ContinuousClock.now
        active.kill()
        try rig.waitUntilStreaming(standby)
        let took = ContinuousClock.now - killed
        usleep(300_000)
        let committed = try rig.stopLoad()
        try rig.waitUntilConfirmed(standby)
        let problems = rig.check(committed)
        try standby.stop()
        return (problems, took)
      }
      print("take-over by a standby, exactly once: \(took.formatted(.units(allowed: [.milliseconds])))")
      #expect(problems.isEmpty, "\(problems.prefix(5).joined(separator: "\n"))")
      #expect(took < .seconds(1))
    }
  }
}
