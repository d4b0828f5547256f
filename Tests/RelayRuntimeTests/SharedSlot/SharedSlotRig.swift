import ConnectData
import EmbeddedServers
import EventEncoding
import EventRouting
import Foundation
import KafkaSink
import Logging
import PostgresSource
import Primitives
import Synchronization
import Testing

@testable import RelayRuntime

/// A server, a broker, and connectors that tell their tables apart by their publications only.
final class SharedSlotRig: Sendable {
  static let publications = ["pub_a", "pub_b", "pub_c"]

  let postgres: EmbeddedPostgres
  let kafka: EmbeddedKafka

  init() throws {
    postgres = try EmbeddedPostgres()
    kafka = try EmbeddedKafka()
    try sql(
      """
      CREATE TABLE only_a (id int PRIMARY KEY, v text);
      CREATE TABLE only_b (id int PRIMARY KEY, v text);
      CREATE TABLE common (id int PRIMARY KEY, v text);
      CREATE TABLE nobodys (id int PRIMARY KEY, v text);
      CREATE PUBLICATION pub_a FOR TABLE only_a, common;
      CREATE PUBLICATION pub_b FOR TABLE only_b, common;
      CREATE PUBLICATION pub_c FOR TABLE common WITH (publish = 'insert');
      """)
  }

  deinit { postgres.stop(.immediate) }

  func sql(_ text: String) throws { try PostgresConnection(postgres.socketSettings()).execute(text) }

  func value(_ query: String) throws -> String? {
    try PostgresConnection(postgres.socketSettings()).query(query).firstValue
  }

  /// Connectors with prefixes `<name>-0` to `<name>-2`, and as many slots as they need.
  func plans(
    _ name: String, isShared: Bool, policy: SnapshotPolicy = .noData, brokers: [String?] = [nil, nil, nil]
  ) -> [ConnectorPlan] {
    SharedSlotRig.publications.indices.map { index in
      let brokers = brokers[index] ?? kafka.bootstrapServers
      var plan = ConnectorPlan(
        name: "\(name)-\(index)", database: postgres.socketSettings(), databaseName: "postgres",
        slot: isShared ? "\(name)_slot" : "\(name)_slot_\(index)", publication: SharedSlotRig.publications[index],
        publicationMode: .disabled, snapshot: SnapshotPlan(policy: policy),
        producerProperties: [(name: "bootstrap.servers", value: brokers)],
        clientProperties: [(name: "bootstrap.servers", value: brokers)],
        storage: .file(postgres.directory + "/offsets-\(name)-\(index)"),
        makePipelineOptions: { runID in
          var options = PipelineOptions(
            topics: TopicName(prefix: "\(name)-\(index)"), database: "postgres", values: ValueOptions(),
            keyConverter: .json(schemasEnabled: false, JSONOptions()),
            valueConverter: .json(schemasEnabled: false, JSONOptions()),
            filter: try TableFilter(tableExcludeList: ["public.nobodys"]), columnFilter: try ColumnFilter(),
            transforms: [], runID: runID)
          options.providesTransactionMetadata = true
          options.skippedOperations = []
          return options
        })
      if isShared { plan.sharedSlot = SharedSlotPlan(waitMilliseconds: 2_000) }
      plan.drainMilliseconds = 2_000
      return plan
    }
  }

  func start(_ plans: [ConnectorPlan], log: LogLines? = nil) throws -> RelayService {
    var logger = Logger(label: "test")
    logger.logLevel = ProcessInfo.processInfo.environment["SLUICE_TEST_LOG"] == nil ? .critical : .debug
    if let log { logger = Logger(label: "test") { _ in log } }
    let service = try #require(RelayService(plans: plans, logger: logger))
    service.start()
    return service
  }

  func wait(
    _ what: String, seconds: Int = 20, _ isTrue: () throws -> Bool
  ) throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while try !isTrue() {
      guard ContinuousClock.now < end else {
        Issue.record("\(what): not within \(seconds) s")
        return
      }
      usleep(10_000)
    }
  }

  /// Waits until a slot has confirmed all that is written now.
  func waitUntilConfirmed(_ slot: String) throws {
    let end = try value("SELECT pg_current_wal_insert_lsn()") ?? ""
    try wait("\(slot) confirms \(end)") {
      try value("SELECT confirmed_flush_lsn >= '\(end)' FROM pg_replication_slots WHERE slot_name = '\(slot)'") == "t"
    }
  }

  /// What all topics of a prefix hold: by topic and key, the values in their order. Times of processing are left out, and
  /// so is the prefix.
  func records(_ prefix: String) throws -> [String: [String]] {
    var all: [String: [String]] = [:]
    let properties = [(name: "bootstrap.servers", value: kafka.bootstrapServers)]
    let times = /"ts_(ms|us|ns)":[0-9]+/
    let tables = ["only_a", "only_b", "common", "nobodys", "part_b"].map { "public.\($0)" }
    for topic in tables + ["other.only_a", "other.listed", "transaction", "message"] {
      _ = try? KafkaConsumer.readToEnd(topic: "\(prefix).\(topic)", properties: properties) { record in
        let record = record.copied()
        let key = String(decoding: record.key ?? [], as: UTF8.self)
        let value = String(decoding: record.value ?? Array("null".utf8), as: UTF8.self)
        all["\(topic) \(key)", default: []].append(
          value.replacing(times, with: "").replacing(prefix, with: "prefix"))
      }
    }
    return all
  }
}

/// Two services with three connectors each, on slots of their own and on a shared one, and what their topics hold.
struct SharedSlotPair {
  let rig: SharedSlotRig

  private func plans(_ name: String, isShared: Bool) -> [ConnectorPlan] {
    var plans = rig.plans(name, isShared: isShared)
    for index in plans.indices {
      plans[index].makePipelineOptions = { [make = plans[index].makePipelineOptions] runID in
        var options = try make(runID)
        options.filter = try TableFilter()
        return options
      }
      // To start again is no failure.
      plans[index].reconnectsMax = 0
    }
    return plans
  }

  func confirmAll() throws {
    try rig.waitUntilConfirmed("shared_slot")
    for index in 0..<3 { try rig.waitUntilConfirmed("alone_slot_\(index)") }
  }

  /// - Parameter log: of the shared slot's.
  func run(log: LogLines? = nil, _ body: ([RelayService]) throws -> Void) throws {
    let services = try [
      rig.start(plans("alone", isShared: false)), rig.start(plans("shared", isShared: true), log: log),
    ]
    try rig.wait("all stream") {
      services.allSatisfy { $0.connectors.allSatisfy { $0.status.current.state == .running } }
    }
    try body(services)
    try confirmAll()
    for service in services {
      service.stop()
      #expect(service.waitForAll().allSatisfy { $0.failure == nil })
    }
  }

  /// What has no key goes to any partition.
  func records(_ name: String) throws -> [String: [String]] {
    try Dictionary(uniqueKeysWithValues: rig.records(name).map { ($0, $0.hasSuffix(" ") ? $1.sorted() : $1) })
  }

  func compare() throws {
    for index in 0..<3 {
      let expected = try records("alone-\(index)")
      let found = try records("shared-\(index)")
      let different = Set(expected.keys).union(found.keys).filter { expected[$0] != found[$0] }.sorted()
      #expect(different.isEmpty, "connector \(index): \(different.prefix(3).map { ($0, expected[$0], found[$0]) })")
    }
  }
}

/// What a relay has logged, for all its threads.
final class LogLines: LogHandler {
  private let lines = Mutex<[String]>([])

  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }
  var logLevel: Logger.Level {
    get { .info }
    set {}
  }
  subscript(metadataKey _: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) { lines.withLock { $0.append(event.message.description) } }

  func count(_ text: String) -> Int { lines.withLock { $0.count { $0.contains(text) } } }
}
