import Testing

extension Integration {
  /// `signal.kafka.topic`, against a real server and a broker. The watermarks come by the channel `source`, as in Debezium.
  @Suite struct KafkaSignalTests {
    private struct Seen: Sendable {
      var first: [SignalRig.Change] = []
      var afterRestart: [SignalRig.Change] = []
      var second: [SignalRig.Change] = []
      var output = ""
    }

    @Test func signalsOfTheTopicTakeSnapshotsOnceHoweverOftenTheRelayStarts() async throws {
      let seen = try await onOwnThread { try Self.run() }
      #expect(seen.first.map(\.id).sorted() == [1, 2, 3])
      #expect(seen.first.allSatisfy { $0.operation == "r" })
      #expect(seen.afterRestart.count == 3, "the first signal is not followed again")
      #expect(seen.second.map(\.id).sorted() == [4, 5])
      #expect(seen.output.contains("a signal for other is passed over"))
      #expect(seen.output.contains("table public.wide, LSN "))
      #expect(seen.output.contains("the signal is ignored: it should have 3 fields but has 4"))
      #expect(!seen.output.contains("not told"))
    }

    private static func signal(_ id: String, _ table: String) -> String {
      #"{"id":"\#(id)","type":"execute-snapshot","data":{"data-collections":["public.\#(table)"],"type":"INCREMENTAL"}}"#
    }

    private static func run() throws -> Seen {
      let rig = try SignalRig(
        topics: ["signals", "fin.public.a", "fin.public.b"],
        sql: """
          CREATE TABLE a (id int PRIMARY KEY, version int);
          CREATE TABLE wide (id text PRIMARY KEY, type text, data text, more text);
          CREATE TABLE b (id int PRIMARY KEY, version int);
          INSERT INTO a SELECT i, 1 FROM generate_series(1, 3) i;
          INSERT INTO b VALUES (4, 1), (5, 1);
          """
      ) {
        [
          "signal.enabled.channels": "source,kafka", "signal.kafka.topic": "signals", "signal.poll.interval.ms": "50",
          "signal.data.collection": "public.signal,public.wide", "signal.kafka.bootstrap.servers": $0.bootstrapServers,
        ]
      }
      defer { rig.stop() }
      var seen = Seen()
      var relay = try rig.startRelay()
      try rig.server.execute("INSERT INTO wide VALUES ('w', 'log', '{\"message\": \"not told\"}', '')")
      // Neither another connector's signal nor what is no signal is in the way of the next.
      try rig.send(key: "other", value: signal("0", "b"))
      try rig.send(key: "fin", value: "no signal")
      try rig.send(key: "fin", value: signal("1", "a"))
      try rig.wait("the first snapshot arrives", relay) { try rig.changes("a").count >= 3 }
      seen.first = try rig.changes("a")
      try rig.waitUntilConfirmed(relay)
      seen.output = relay.output
      try relay.stop()
      relay = try rig.startRelay()
      try rig.send(key: "fin", value: signal("2", "b"))
      try rig.wait("the second snapshot arrives", relay) { try rig.changes("b").count >= 2 }
      try rig.waitUntilConfirmed(relay)
      seen.afterRestart = try rig.changes("a")
      seen.second = try rig.changes("b")
      try relay.stop()
      return seen
    }
  }
}
