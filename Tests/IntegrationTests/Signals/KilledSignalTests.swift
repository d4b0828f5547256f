import Foundation
import PostgresSource
import Testing

extension Integration {
  /// A relay that is killed between reading a signal and storing what it asks for: the next one follows it, and once.
  @Suite struct KilledSignalTests {
    enum Channel: String, Sendable, CaseIterable { case file, kafka }

    @Test(arguments: Channel.allCases)
    func aSignalIsFollowedByTheNextRelayAndOnce(channel: Channel) async throws {
      let (afterKill, afterRestart) = try await onOwnThread { try Self.run(channel) }
      #expect(afterKill.map(\.id).sorted() == [1, 2, 3])
      #expect(afterRestart.count == 3, "followed, stored and forgotten")
    }

    private static func run(_ channel: Channel) throws -> ([SignalRig.Change], [SignalRig.Change]) {
      let file = FileManager.default.temporaryDirectory.appendingPathComponent("signal-\(UUID().uuidString)").path
      defer { try? FileManager.default.removeItem(atPath: file) }
      let rig = try SignalRig(
        topics: ["signals", "fin.public.a"],
        sql:
          "CREATE TABLE a (id int PRIMARY KEY, version int); INSERT INTO a SELECT i, 1 FROM generate_series(1, 3) i;",
        keepsStateInTable: true
      ) {
        [
          "signal.enabled.channels": "source,\(channel)", "signal.kafka.topic": "signals", "signal.file": file,
          "signal.poll.interval.ms": "50", "signal.kafka.bootstrap.servers": $0.bootstrapServers,
        ]
      }
      defer { rig.stop() }
      var relay = try rig.startRelay()
      try rig.waitUntilConfirmed(relay)
      let lock = try PostgresConnection(rig.postgres.tcpSettings())
      try lock.execute("BEGIN")
      // No state is stored, and no row read before the kill.
      try lock.execute("LOCK TABLE sluice.offsets IN EXCLUSIVE MODE; LOCK TABLE a IN ACCESS EXCLUSIVE MODE")
      let signal =
        #"{"id":"s","type":"execute-snapshot","data":{"data-collections":["public.a"],"type":"INCREMENTAL"}}"#
      switch channel {
      case .file: try Data((signal + "\n").utf8).write(to: URL(fileURLWithPath: file))
      case .kafka: try rig.send(key: "fin", value: signal)
      }
      try rig.wait("the signal is followed", relay) { relay.output.contains("asked for by signal 's'") }
      // Longer than a consumer that commits by itself waits: five seconds.
      if channel == .kafka { usleep(5_500_000) }
      relay.kill()
      try lock.execute("ROLLBACK")

      relay = try rig.startRelay()
      try rig.wait("the snapshot arrives", relay) { try rig.changes("a").count >= 3 }
      try rig.waitUntilConfirmed(relay)
      if channel == .file {
        try rig.wait("the file is emptied", relay) { FileManager.default.contents(atPath: file)?.isEmpty == true }
      }
      let afterKill = try rig.changes("a")
      try relay.stop()
      relay = try rig.startRelay()
      try rig.server.execute("INSERT INTO a VALUES (9, 1)")
      try rig.waitUntilConfirmed(relay)
      try relay.stop()
      return (afterKill, try rig.changes("a").filter { $0.id != 9 })
    }
  }
}
