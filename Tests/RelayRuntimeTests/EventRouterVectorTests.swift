import ConnectData
import ConnectorConfig
import EventRouting
import Foundation
import Primitives
import Testing

@testable import EventEncoding
@testable import RelayRuntime

/// The event router of a connector file against raw outputs of Debezium's, fed with the same hand-made records.
@Suite struct EventRouterVectorTests {
  /// One block of `Recorded/eventrouter-3.6.3.txt`.
  struct Vector: Sendable, CustomTestStringConvertible {
    var title: String
    var options: [String: String]
    /// A line for each record.
    var outcomes: [String]
    var testDescription: String { title }
  }

  static let vectors: [Vector] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Recorded/eventrouter-3.6.3.txt")
    var vectors: [Vector] = []
    for line in (try? String(contentsOf: file, encoding: .utf8))?.split(separator: "\n").map(String.init) ?? [] {
      if line.hasPrefix("   ") {
        vectors[vectors.count - 1].outcomes.append(String(line.dropFirst(3)))
      } else if line.hasPrefix("## "), let split = line.range(of: "  {", options: .backwards) {
        var options: [String: String] = [:]
        for option in line[split.upperBound...].dropLast().components(separatedBy: ", ") where !option.isEmpty {
          let parts = option.split(separator: "=", maxSplits: 1)
          options[String(parts[0])] = String(parts[1])
        }
        vectors.append(
          Vector(
            title: String(line[line.index(line.startIndex, offsetBy: 3)..<split.lowerBound]), options: options,
            outcomes: []))
      }
    }
    return vectors
  }()

  @Test func allVectorsAreThere() { #expect(Self.vectors.count == 70) }

  @Test(arguments: vectors)
  func theRouterDoesWhatDebeziumsDoes(vector: Vector) throws {
    let options: EventRouting.EventRouterOptions
    do {
      options = try Self.options(vector.options)
    } catch {
      #expect(vector.outcomes[0].hasPrefix("CONFIG THROWS"), "\(error)")
      return
    }
    #expect(!vector.outcomes[0].hasPrefix("CONFIG THROWS"))
    var router = EventRouterTransform(options)
    let records = Self.records(vector)
    #expect(records.count == vector.outcomes.count)
    for (record, expected) in zip(records, vector.outcomes) {
      #expect(Self.outcome(&router, record) == Self.comparable(expected))
    }
  }

  // MARK: Outcomes

  /// The recorded line without what only Java has: its class, its exceptions, and the order of fields that merged objects
  /// have by identity.
  private static func comparable(_ line: String) -> String {
    if line.hasPrefix("THROWS") { return "THROWS" }
    if line.hasPrefix("DROPPED") { return "DROPPED" }
    // A worker takes -1 for no time: `ConnectUtils.checkAndConvertTimestamp`.
    var line = line.replacing("__debezium.context.connectorLogicalName=srv;", with: "").replacing(
      "ts=-1 ", with: "ts=null ")
    if let start = line.range(of: " vclass="),
      let end = line.range(of: " JSON", range: start.upperBound..<line.endIndex)
    {
      line.removeSubrange(start.lowerBound..<end.lowerBound)
    }
    if let error = line.range(of: " JSON-ERR=") { line = String(line[..<error.upperBound]) }
    return line.replacing(
      #"{"x":[{"b":null,"a":1},{"b":{"c":2},"a":null},{"b":{"c":null},"a":null}]}"#,
      with: #"{"x":[{"a":1,"b":null},{"a":null,"b":{"c":2}},{"a":null,"b":{"c":null}}]}"#)
  }

  private static func outcome(_ router: inout EventRouterTransform, _ record: ConnectRecord) -> String {
    var record = record
    do {
      guard try router.apply(&record) else { return "DROPPED" }
    } catch {
      return "THROWS"
    }
    func text(_ value: ConnectValue) -> String {
      switch value {
      case .null: "NULL"
      case .text(let text): String(decoding: text, as: UTF8.self)
      default: "\(value)"
      }
    }
    func name(_ schema: ConnectSchema?) -> String {
      guard let schema else { return "null" }
      let type =
        switch schema.kind {
        case .structure: "STRUCT"
        case .array: "ARRAY"
        case .bytes: "BYTES"
        case .string: "STRING"
        default: "\(schema.kind)"
        }
      return "\(type):\(schema.name ?? "null"):v\(schema.version.map { "\($0)" } ?? "null")"
    }
    var json: String
    var out = ByteWriter()
    do {
      let converter = RecordConverter.json(schemasEnabled: false, JSONOptions())
      let hasBytes = try converter.write(record.value, record.valueSchema?.schema, schemaJSON: nil, into: &out)
      json = " JSON=" + (hasBytes ? String(decoding: out.copiedBytes, as: UTF8.self) : "NULL")
    } catch {
      json = " JSON-ERR="
    }
    let key = record.key == .null ? "null" : text(record.key)
    return "topic=\(record.topic) part=\(record.partition.map { "\($0)" } ?? "null") "
      + "key=\(key)/\(record.keySchema == nil ? "null" : "STRING") "
      + "ts=\(record.timestampMilliseconds.map { "\($0)" } ?? "null") "
      + "hdr=[\(record.headers.map { "\($0.name)=\(text($0.value));" }.joined())] vschema=\(name(record.valueSchema?.schema))"
      + json
  }

  // MARK: What was put in

  private static func options(_ options: [String: String]) throws -> EventRouting.EventRouterOptions {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vector-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var config = [
      "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "database.hostname": "localhost",
      "database.user": "u", "database.password": "p", "database.dbname": "bank", "topic.prefix": "srv",
      "plugin.name": "pgoutput", "transforms": "o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter",
    ]
    for (name, value) in options { config["transforms.o.\(name)"] = value }
    let connector = folder.appendingPathComponent("c.json")
    try JSONSerialization.data(withJSONObject: ["name": "vector", "config": config]).write(to: connector)
    let worker = folder.appendingPathComponent("worker.properties")
    try Data("bootstrap.servers=localhost:9092\n".utf8).write(to: worker)
    let loaded = try ConfigLoader.load(worker: worker.path, connectors: [connector.path], environment: [:])
    let plan = try PlanBuilder(worker: loaded.worker, overrides: .init()).plan(loaded.connectors[0])
    guard case .eventRouter(let router) = try plan.makePipelineOptions("run").transforms[0].kind else {
      throw TransformFailure("no event router")
    }
    return router
  }

  private static let id = "772590bf-ef2d-4814-b4bf-ddc6f5f8b9c5"

  /// A row of the table, and what is special about it.
  private struct Row {
    var aggregateType: String? = "Account"
    var payload: ConnectValue = .text("{}")
    var payloadSchema = ConnectSchema(.string, isOptional: true, name: "io.debezium.data.Json", version: 1)
    var partition: Int32?
    var createdAt: ConnectValue = .null
    var createdAtSchema = ConnectSchema(.int64, isOptional: true)
    var version: Int32?
    var operation = "c"

    func record() -> ConnectRecord {
      let text = ConnectSchema(.string, isOptional: true)
      let fields: [(ConnectField, ConnectValue)] = [
        (ConnectField("id", ConnectSchema(.string, name: "io.debezium.data.Uuid", version: 1)), .text(id)),
        (ConnectField("aggregatetype", text), aggregateType.map { .text($0) } ?? .null),
        (ConnectField("aggregateid", ConnectSchema(.string)), .text("A-1")),
        (ConnectField("type", ConnectSchema(.string)), .text("Opened")),
        (ConnectField("payload", payloadSchema), payload),
        (ConnectField("p32", ConnectSchema(.int32, isOptional: true)), partition.map { .int32($0) } ?? .null),
        (ConnectField("p64", ConnectSchema(.int64, isOptional: true)), .int64(5)), (ConnectField("hn", text), .null),
        (ConnectField("created_at", createdAtSchema), createdAt),
        (ConnectField("ver", ConnectSchema(.int32, isOptional: true)), version.map { .int32($0) } ?? .null),
      ]
      let row = ConnectSchema(.structure(fields.map(\.0)), isOptional: true, name: "srv.public.outbox.Value")
      let envelope = ConnectSchema(
        .structure([
          ConnectField("before", row), ConnectField("after", row), ConnectField("op", ConnectSchema(.string)),
          ConnectField("ts_ms", ConnectSchema(.int64, isOptional: true)),
        ]), name: "srv.public.outbox.Envelope", version: 2)
      let values = ConnectValue.structure(fields.map(\.1))
      let hasRow = operation != "t" && operation != "d"
      return ConnectRecord(
        topic: "srv.public.outbox", keySchema: SharedSchema(ConnectSchema(.string)), key: .text("k"),
        valueSchema: SharedSchema(envelope),
        value: .structure([
          operation == "d" ? values : .null, hasRow ? values : .null, .text(operation), .int64(1_700_000_000_123),
        ]))
    }
  }

  private static func records(_ vector: Vector) -> [ConnectRecord] {
    let title = vector.title
    if title == "tombstone in" {
      return [ConnectRecord(topic: "t", keySchema: nil, key: .text("k"), valueSchema: nil, value: .null)]
    }
    if title == "heartbeat-like passthrough" {
      let schema = ConnectSchema(
        .structure([ConnectField("ts_ms", ConnectSchema(.int64))]), name: "io.debezium.connector.common.Heartbeat")
      return [
        ConnectRecord(
          topic: "__debezium-heartbeat.srv", keySchema: nil, key: .null, valueSchema: SharedSchema(schema),
          value: .structure([.int64(1)]))
      ]
    }
    if title.hasPrefix("ts "), vector.outcomes[0].contains("ts=-1 ") {
      // Divided towards zero.
      return times(title, .int64(-1_999)).map { $0.record() }
    }
    return rows(title).map { $0.record() }
  }

  private static func rows(_ title: String) -> [Row] {
    func payloads(_ values: ConnectValue...) -> [Row] { values.map { Row(payload: $0) } }
    func types(_ names: String?...) -> [Row] { names.map { Row(aggregateType: $0) } }
    func bytes(_ value: [UInt8]) -> [Row] { [Row(payload: .bytes(value), payloadSchema: ConnectSchema(.bytes))] }
    switch title {
    case "default c": return payloads(.text(#"{"a":1}"#))
    case "read r": return [Row(payload: .text(#"{"a":1}"#), operation: "r")]
    case "truncate": return [Row(operation: "t")]
    case "delete": return [Row(operation: "d")]
    case "update": return [Row(operation: "u")]
    case "null payload", "null payload tomb envelope", "null payload no-tomb envelope": return payloads(.null)
    case "null payload tomb": return payloads(.null, .text(""), .text(" \t"), .text("null"), .text("{}"))
    case "empty bytes tomb": return bytes([])
    case "expand bytes payload": return bytes(Array("{}".utf8))
    case "expand null optional_bytes": return payloads(.text(#"{"c":null}"#))
    case "expand arr in envelope": return payloads(.text("[1,2]"), .text("[]"))
    case "partition int32": return [Row(partition: 5), Row()]
    case "regex no match": return types("Account", "acct.opened")
    case "named group": return types("ledger", "a b/é", "")
    case "partial regex": return types("acct", "myacct")
    case "null aggtype": return types(nil)
    case "cache schema name across topics": return types("Account", "Payment")
    case "ver envelope":
      return [
        Row(version: 1), Row(aggregateType: "Payment", version: 1), Row(aggregateType: "Payment", version: 2),
        Row(aggregateType: "Payment"),
      ]
    default: break
    }
    if title.hasPrefix("expand ") { return payloads(.text(String(title.dropFirst("expand ".count)))) }
    guard title.hasPrefix("ts "), title != "ts missing" else { return [Row()] }
    return times(title)
  }

  /// A value, and none.
  private static func times(_ title: String, _ given: ConnectValue? = nil) -> [Row] {
    let name = String(title.dropFirst("ts ".count))
    let milliseconds: Int64 = 1_600_000_000_001
    let value: ConnectValue =
      switch name {
      case "io.debezium.time.MicroTimestamp": .int64(milliseconds * 1000)
      case "io.debezium.time.NanoTimestamp": .int64(milliseconds * 1_000_000)
      case "io.debezium.time.ZonedTimestamp": .text("2020-09-13T12:26:40.001Z")
      default: .int64(milliseconds)
      }
    var schema = ConnectSchema(
      name == "io.debezium.time.ZonedTimestamp" ? .string : .int64, isOptional: true, name: name == "null" ? nil : name)
    schema.version = 1
    return [Row(createdAt: given ?? value, createdAtSchema: schema), Row(createdAtSchema: schema)]
  }
}
