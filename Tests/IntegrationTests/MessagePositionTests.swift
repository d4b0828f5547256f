import Testing

extension Integration {
  /// Exactly once a message outside transactions moves the position by itself, to where its WAL record ends. The record behind
  /// it begins right there, and may be the commit of a transaction.
  @Suite struct MessagePositionTests {
    @Test func aTransactionThatCommitsBehindAMessageIsNotPassedOver() async throws {
      let (notes, messages, output) = try await onOwnThread { () throws in
        let bank = try Bank(isExactlyOnce: true)
        defer { bank.postgres.stop(.immediate) }
        // Of the table no record can be made, so that the message is committed alone.
        try bank.write(
          [:],
          connector: [
            "errors.tolerance": "none", "transforms": "k",
            "transforms.k.type": "org.apache.kafka.connect.transforms.ExtractField$Key",
            "transforms.k.field": "nope", "transforms.k.predicate": "t", "predicates": "t",
            "predicates.t.type": "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
            "predicates.t.pattern": "fin.public.t",
          ])
        let failing = try bank.start()
        try bank.execute(
          "BEGIN; INSERT INTO t VALUES (1, 'a'); SELECT pg_logical_emit_message(false, 'm', 'x'); COMMIT")
        try waitUntil("the relay stops\n\(failing.output)", within: .seconds(60)) { failing.poll() != nil }
        try bank.write([:], connector: ["errors.tolerance": "none"])
        let relay = try bank.start()
        try bank.execute("INSERT INTO t VALUES (2, 'b')")
        try bank.settle(relay)
        try relay.stop()
        return (try bank.notes(), try bank.broker.records().count { $0.topic == "fin.message" }, relay.output)
      }
      #expect(notes == [1: ["a"], 2: ["b"]], "\(output)")
      // What was aborted is not told from what was committed in the in-process broker.
      #expect(messages >= 1, "\(output)")
    }
  }
}
