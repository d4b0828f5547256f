import Foundation
import Testing

@testable import ConnectorConfig

@Suite struct ConnectorOptionsTests {
  @Test func defaultsAreDebeziums() throws {
    let options = try Support.options()
    #expect(options.slotName == "debezium" && options.publicationName == "dbz_publication")
    #expect(options.publicationAutocreateMode == .allTables && options.snapshot.mode == .initial)
    #expect(options.skippedOperations == [.truncate] && options.decimalHandlingMode == .precise)
    #expect(options.keyConverter == .json(JSONConverterOptions()) && options.headerConverter == .simple)
    #expect(options.topicDelimiter == "." && options.topicTransaction == "transaction")
    #expect(options.unavailableValuePlaceholder == Array("__debezium_unavailable_value".utf8))
    #expect(options.topicCreation == nil && options.transforms.isEmpty && options.errorsMaxRetries == -1)
    // The defaults of the structure itself, which code without a file uses, are the same.
    var byHand = ConnectorOptions(
      name: "c", file: options.file, database: DatabaseOptions(host: "localhost", user: "u", dbname: "bank"),
      topicPrefix: "fin")
    byHand.properties = options.properties
    #expect(byHand == options)
  }

  @Test func valuesAreTaken() throws {
    let options = try Support.options([
      "database.hostname": "/run/postgresql", "database.port": " 5433 ", "database.sslmode": "Verify-Full",
      "slot.stream.params": "a=b; c=d=e", "skipped.operations": "none", "time.precision.mode": "NANOSECONDS",
      "table.include.list": #"public\.a, public\.b{1\,2}"#, "unavailable.value.placeholder": "hex:00fF",
      "lsn.flush.mode": "manual", "snapshot.mode": "no_data", "binary.handling.mode": "base64-url-safe",
      "producer.override.linger.ms": "7", "tombstones.on.delete": "FALSE", "snapshot.fetch.size": "100",
    ])
    #expect(options.database.host == "/run/postgresql" && options.database.port == 5433)
    #expect(options.database.sslMode == .verifyFull && options.slotStreamParams.map(\.value) == ["b", "d=e"])
    #expect(options.skippedOperations.isEmpty && options.timePrecisionMode == .nanoseconds)
    #expect(options.tableIncludeList == [#"public\.a"#, #"public\.b{1,2}"#])
    #expect(options.unavailableValuePlaceholder == [0, 255] && !options.flushLSNSource)
    #expect(options.snapshot.mode == .noData && options.binaryHandlingMode == .base64URLSafe)
    #expect(options.producerOverrides["linger.ms"]?.text == "7" && !options.tombstonesOnDelete)
  }

  @Test(arguments: ["r.", "post.processors.r."])
  func theOptionsOfAPostProcessorStandBehindItsName(prefix: String) throws {
    let options = try Support.options([
      "post.processors": "r", prefix + "type": "io.debezium.processors.reselect.ReselectColumnsPostProcessor",
      prefix + "reselect.columns.include.list": "public.t:a,public.t:b", prefix + "reselect.null.values": "false",
      prefix + "reselect.error.handling.mode": "FAIL",
    ])
    let reselection = try #require(options.reselection)
    #expect(reselection.includeList == ["public.t:a", "public.t:b"] && reselection.failsOnError)
    #expect(reselection.takesUnavailable && !reselection.takesNulls && !reselection.usesEventKey)
  }

  @Test func aPostProcessorThatIsNotDebeziumsIsRefused() {
    #expect(Support.problems(["post.processors": "r", "r.type": "com.example.P"]).map(\.property) == ["r.type"])
    #expect(Support.problems(["post.processors": "r,s"]).map(\.property) == ["post.processors"])
  }

  @Test(arguments: [
    ("snapshot.mode", "custom", "it needs a Java class"), ("snapshot.mode", "never", "must be one of"),
    ("plugin.name", "decoderbufs", "only pgoutput"), ("plugin.name", "wal2json", "must be one of"),
    ("slot.name", "Ab", "lower-case"), ("database.port", "0", "must be from 1 to 65535"),
    ("database.port", "x", "integer"),
    ("status.update.interval.ms", "0", "1 or more"), ("slot.max.retries", "99999999999", "must be from"),
    ("tombstones.on.delete", "yes", "true or false"), ("table.include.list", "(", "regular expression"),
    ("message.key.columns", "a", "must be table:column"), ("errors.tolerance", "all", "needs a topic"),
    ("skipped.operations", "c,none", "none"), ("skipped.operations", "x", "none"), ("topic.prefix", "a b", "letters"),
    ("errors.log.include.messages", "true", "never logged"), ("column.mask.with.99999999.chars", "a", "from 0 to"),
    ("column.truncate.to.3.chars", "(", "regular expression"),
    ("slot.stream.params", "a", "name=value"), ("unavailable.value.placeholder", "hex:0", "hexadecimal"),
    ("connector.class", "io.debezium.connector.mysql.MySqlConnector", "no connector"), ("database.user", " ", "empty"),
    ("sluice.outbox.json", "lossless", "must be one of"), ("sluice.nothing", "1", "no such property"),
    ("exactly.once.support", "required", "is not what the worker does"),
    ("transaction.boundary", "connector", "does not define boundaries"), ("heartbeat.interval.ms", "-1", "0 or more"),
    ("topic.naming.strategy", "com.example.Strategy", "a strategy of Debezium"),
    ("message.key.columns", "a:b;;c:d", "must be table:column"), ("message.key.columns", "a:(", "must be table:column"),
  ])
  func wrongValuesNameFileLinePropertyAndWhatIsAllowed(name: String, value: String, expected: String) {
    let problems = Support.problems([name: value])
    #expect(problems.count == 1, "\(problems)")
    #expect(problems.first?.property == name && problems.first?.file == "c.properties" && problems.first?.line != nil)
    #expect(problems.first?.description.contains(expected) == true, "\(problems)")
  }

  @Test func timeoutsOfAnySizeReachLibpqAsSeconds() throws {
    for (value, seconds) in [("1", "1"), ("1000", "1"), ("1001", "2"), ("9223372036854775807", "2147483647")] {
      let options = try Support.options(["connection.validation.timeout.ms": value])
      #expect(options.database.libpqKeywords["connect_timeout"] == seconds)
    }
  }

  @Test func allProblemsAreToldAtOnce() {
    let problems = Support.problems(
      [
        "database.hostname": nil, "database.dbname": nil, "topic.prefix": nil, "slot.name": "A", "no.such.thing": "1",
        "database.port": "x",
      ], worker: "bootstrap.server=x\n")
    let properties = Set(problems.compactMap(\.property))
    #expect(
      properties == [
        "database.hostname", "database.dbname", "topic.prefix", "slot.name", "no.such.thing", "database.port",
        "bootstrap.server", "bootstrap.servers",
      ])
  }

  @Test func propertiesWithoutEffectMakeNotices() throws {
    let loaded = try Support.load(["max.batch.size": "10", "tasks.max": "4", "poll.interval.ms": "500"])
    #expect(loaded.notices.map(\.property) == ["max.batch.size", "tasks.max"])
    #expect(loaded.notices.allSatisfy { $0.severity == .notice })
  }

  @Test func includeAndExcludeExcludeEachOther() {
    let problems = Support.problems(["table.include.list": "a", "table.exclude.list": "b"])
    #expect(problems.map(\.property) == ["table.exclude.list"])
  }

  @Test func topicCreationGroupsInheritTheDefaultsCounts() throws {
    let options = try Support.options([
      "topic.creation.default.partitions": "3", "topic.creation.default.replication.factor": "-1",
      "topic.creation.default.cleanup.policy": "compact", "topic.creation.groups": "big",
      "topic.creation.big.include": "a.*,b", "topic.creation.big.partitions": "12",
    ])
    let creation = try #require(options.topicCreation)
    #expect(creation.defaultGroup.partitions == 3 && creation.defaultGroup.topicConfig == ["cleanup.policy": "compact"])
    #expect(creation.groups.first?.partitions == 12 && creation.groups.first?.replicationFactor == -1)
    #expect(creation.groups.first?.include == ["a.*", "b"] && creation.groups.first?.topicConfig.isEmpty == true)
    let problems = Support.problems([
      "topic.creation.groups": "g", "topic.creation.h.include": "x", "topic.creation.default.partitions": "0",
    ])
    #expect(problems.count == 4, "\(problems)")
  }

  @Test(arguments: [
    ("", ["name", "slot.name"]), ("sluice.slot.shared=true\nsluice.slot.name=bank\n", ["name"]),
  ])
  func connectorsShareNeitherNameNorSlotUnlessTheWorkerSaysSo(worker: String, expected: [String]) {
    let source = { (file: String) in ConfigSource(file: file, text: Support.properties(Support.minimal)) }
    let error = #expect(throws: ConfigError.self) {
      try ConfigLoader.load(
        worker: ConfigSource(file: "w", text: Support.worker + worker), connectors: [source("a"), source("b")],
        environment: [:])
    }
    #expect(error?.problems.map(\.property) == expected)
    #expect(error?.problems.allSatisfy { $0.file == "b" && $0.message.contains("a ") } == true)
  }

  @Test func unreadableFilesAreErrors() {
    let error = #expect(throws: ConfigError.self) {
      try ConfigLoader.load(worker: "/no/such/worker", connectors: ["/no/such/connector", "/"], environment: [:])
    }
    #expect(error?.problems.count == 3)
  }

  @Test func effectivePropertiesTellTheirOrigin() throws {
    let options = try Support.options(["slot.name": "s", "database.user": "${env:U}"], environment: ["U": "x"])
    let slot = options.properties.first { $0.name == "slot.name" }
    #expect(slot?.value.text == "s")
    if case .file = slot?.origin {} else { Issue.record("\(String(describing: slot?.origin))") }
    #expect(options.properties.first { $0.name == "publication.name" }?.origin == .defaultValue)
    #expect(options.properties.first { $0.name == "database.user" }?.value.description == "***")
  }
}
