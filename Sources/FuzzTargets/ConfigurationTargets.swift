import ConnectorConfig
import EventRouting
import KafkaSink
import Migrations
import Primitives
import RelayTestSupport

/// Files that operators write.
extension FuzzTarget {
  static let configuration = [
    FuzzTarget("connector-file") { (bytes) throws(Violation) in
      guard let connector = try? SampleConnector(ConfigSource(file: "connector", bytes: bytes)) else { return }
      try connector.run(sampleMessages)
    },
    FuzzTarget("worker-file") { (bytes) throws(Violation) in
      // Any other value might name a file of this machine.
      let text = String(decoding: bytes, as: UTF8.self)
      if text.contains("${") { return }
      _ = try? SampleConnector(connector, worker: ConfigSource(file: "worker.properties", bytes: bytes))
    },
    FuzzTarget("jaas") { (bytes) throws(Violation) in
      let properties = [
        "security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": String(decoding: bytes, as: UTF8.self),
      ]
      _ = ClientProperties.translate(properties, for: .admin)
    },
    FuzzTarget("migration") { (bytes) throws(Violation) in
      let text = String(decoding: bytes, as: UTF8.self)
      guard let statements = try? SQLStatementSplitter.split(text) else { return }
      for statement in statements {
        // By bytes: a combining character behind a semicolon makes one character with it.
        let isThere = Array(text.utf8).contains(Array(statement.text.utf8))
        try expect(isThere, "a statement that the file has not: \(statement.text)")
        _ = statement.refusal
      }
    },
  ]

  private static let connector = ConfigSource(
    file: "connector.properties",
    text: """
      name=fuzz
      connector.class=io.debezium.connector.postgresql.PostgresConnector
      database.hostname=localhost
      database.dbname=bank
      database.user=u
      topic.prefix=p
      """)

  /// A table of common types, an outbox, a change of every kind in each, and a message.
  private static let sampleMessages: [[UInt8]] = {
    let id = "11111111-1111-4111-8111-111111111111"
    let row: [WireBuilder.Value] = [
      "1", "Ada", "12.50", "2024-02-29", "2024-02-29 10:11:12.5", "2024-02-29 10:11:12+00", "{\"a\": [1, null]}",
      "{1,2}", "1.5", "t", "\\x00ff", "10:11:12",
    ]
    let event: [WireBuilder.Value] = [.text(id), "Order", "k", "t", "{\"a\": [1, 2.5, {\"b\": null}]}"]
    return [
      WireBuilder.relation(
        1, name: "t",
        columns: [
          ("id", 23, -1, true), ("t", 25, -1, false), ("n", 1_700, 1_179_654, false), ("d", 1_082, -1, false),
          ("ts", 1_114, -1, false), ("tz", 1_184, -1, false), ("j", 3_802, -1, false), ("ia", 1_007, -1, false),
          ("f", 701, -1, false), ("b", 16, -1, false), ("by", 17, -1, false), ("ti", 1_083, -1, false),
        ]),
      WireBuilder.relation(
        2, name: "outbox",
        columns: [
          ("id", 2_950, -1, true), ("aggregatetype", 25, -1, false), ("aggregateid", 25, -1, false),
          ("type", 25, -1, false), ("payload", 3_802, -1, false),
        ]),
      WireBuilder.begin(commitLSN: 9), WireBuilder.insert(1, row), WireBuilder.update(1, old: ("O", row), row),
      WireBuilder.delete(1, row), WireBuilder.insert(1, ["2"] + row.dropFirst().map { _ in .null }),
      WireBuilder.insert(2, event), WireBuilder.update(2, event), WireBuilder.delete(2, event),
      WireBuilder.truncate([1]),
      WireBuilder.message(isTransactional: true, lsn: 8, prefix: "p", content: Array("{\"a\":{\"b\":1}}".utf8)),
      WireBuilder.commit(commitLSN: 9, endLSN: 10),
    ]
  }()
}
