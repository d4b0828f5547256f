import Foundation
import Testing

extension Integration {
  /// The program in exactly-once mode. The embedded broker has transactions without isolation; that nothing comes twice is
  /// shown by `ExactlyOnceSimulationTests`, and here on the Kafka of `BOOTSTRAP_SERVERS`.
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
  }
}
