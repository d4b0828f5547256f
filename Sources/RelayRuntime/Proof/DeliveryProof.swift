import EventEncoding
import EventRouting
import Glibc
import KafkaSink
import PostgresSource
import Primitives

/// Proves what a connector has delivered: the database as it is at one position of its log, against what Kafka has of it
/// when the relay has confirmed that position. Writes may go on meanwhile.
///
/// Reads both sides once, whole, and keeps hashes: memory is one partition of the spill (about 32 MiB of entries below
/// 8 GiB of them) and 16 bytes for each of its records.
public struct DeliveryProof {
  public struct Options: Sendable {
    /// Begin of the window, milliseconds since 1970: older records are passed over.
    public var sinceMilliseconds: Int64?
    /// Columns that say when a row was last written: a row from inside the window must have a record in it.
    public var timeColumns: [String] = []
    /// Rows are never deleted from the outbox: an event without a row is a fault.
    public var keepsOutbox = false
    /// Topics to read beside those of the rows that are there.
    public var topics: [String] = []
    public var differencesMax = 1_000
    /// How long the relay may take to confirm the position that was read.
    public var waitMilliseconds: Int64 = 60_000
    public var temporaryDirectory = "/tmp"

    public init() {}
  }

  let plan: ConnectorPlan
  let consumer: [(name: String, value: String)]
  let options: Options
  let progress: (String) -> Void
  let isStopped: () -> Bool

  /// - Parameter consumer: librdkafka's properties; `isolation.level` is `read_committed` whatever they say.
  public init(
    plan: ConnectorPlan, consumer: [(name: String, value: String)], options: Options = Options(),
    progress: @escaping (String) -> Void = { _ in }, isStopped: @escaping () -> Bool = { false }
  ) {
    self.plan = plan
    self.consumer =
      consumer.filter { $0.name != "isolation.level" } + [(name: "isolation.level", value: "read_committed")]
    self.options = options
    self.progress = progress
    self.isStopped = isStopped
  }

  private static let kafkaTimeoutMilliseconds = 10_000
  /// Transactions that end later than this after Kafka's ends were asked for could make a false difference.
  private static let settleMilliseconds: Int64 = 10_000

  public func run() throws(ConnectorFailure) -> ProofReport {
    var report = ProofReport(connector: plan.name, database: plan.databaseName, slot: plan.slot)
    report.sinceMilliseconds = options.sinceMilliseconds
    let pipeline = try pipelineOptions("1")
    // What is in Kafka now was committed before the snapshot that follows.
    let before = try ends { !$0.hasPrefix("__") }
    let connection = try connect()
    try waitForTransactions(on: connection, &report)
    let tables = try open(on: connection, pipeline, &report)
    let estimate =
      tables.reduce(0) { $0 + max(0, $1.estimatedRows) } + before.values.reduce(0) { $0 + max(0, $1) }
    var spill = ProofSpill(entriesEstimated: Int(clamping: estimate), directory: options.temporaryDirectory)
    var subject = ProofSubject()
    subject.keepsOutbox = options.keepsOutbox
    var reader = RecordContentReader()
    try ExpectedRows(
      options: pipeline, laterOptions: try pipelineOptions("2"), window: try window(on: connection),
      isStopped: isStopped
    ).read(tables, on: connection, into: &subject, &spill, &reader, &report, progress: progress)
    try execute("COMMIT", on: connection)
    try addTopics(before, to: &subject)
    try waitForRelay(on: connection, &report)
    report.topics = subject.topics.map { ProofReport.Topic(name: $0) }
    let truncations = try readBack(before, pipeline.deadLetter?.topic, subject, &spill, &reader, &report)
    if isStopped() { throw ConnectorFailure(.stopped, "interrupted") }
    var comparison = ProofComparison(
      subject: subject, names: reader.names, truncations: truncations, differencesMax: options.differencesMax)
    for partition in 0..<spill.partitionCount {
      do throws(ProofSpill.Failure) {
        try Self.compare(partition, &spill, &comparison, &report)
      } catch {
        throw ConnectorFailure(.delivery, error.description)
      }
    }
    report.spilledBytes = spill.spilledBytes
    remark(on: subject, &report)
    report.differences.sort { ($0.topic, $0.kind.rawValue, $0.key) < ($1.topic, $1.kind.rawValue, $1.key) }
    return report
  }

  private static func compare(
    _ partition: Int, _ spill: inout ProofSpill, _ comparison: inout ProofComparison, _ report: inout ProofReport
  ) throws(ProofSpill.Failure) {
    try spill.forEach(inPartition: partition) { comparison.add($0, to: &report) }
    comparison.finish(&report)
  }

  /// Topics that were asked for by name or pattern. Those without a row are an outbox's, where there is one.
  private func addTopics(
    _ known: [TopicPartition: Int64], to subject: inout ProofSubject
  ) throws(ConnectorFailure) {
    let outbox = subject.tables.firstIndex { $0.isOutbox }
    for name in options.topics {
      var names = [name]
      if name.hasPrefix("^") {
        guard let pattern = try? Regex(name) else {
          throw ConnectorFailure(.configuration, "\(name) is not a regular expression")
        }
        names = Set(known.keys.map(\.topic)).filter { (try? pattern.firstMatch(in: $0)) != nil }.sorted()
      }
      for name in names {
        let topic = subject.topic(name)
        if let outbox, subject.tableOfTopic[topic] == nil { subject.tableOfTopic[topic] = outbox }
      }
    }
  }

  private func pipelineOptions(_ runID: String) throws(ConnectorFailure) -> PipelineOptions {
    do {
      return try plan.makePipelineOptions(runID)
    } catch {
      throw ConnectorFailure(.configuration, "\(error)")
    }
  }

  // MARK: Database

  private func connect() throws(ConnectorFailure) -> PostgresConnection {
    do throws(PostgresError) {
      return try PostgresConnection(reading: plan.database)
    } catch {
      throw ConnectorFailure(postgres: error, doing: "connecting to \(plan.database)")
    }
  }

  private func execute(_ sql: String, on connection: borrowing PostgresConnection) throws(ConnectorFailure) {
    do throws(PostgresError) {
      try connection.execute(sql)
    } catch {
      throw ConnectorFailure(postgres: error, doing: sql)
    }
  }

  private func value(_ sql: String, on connection: borrowing PostgresConnection) throws(ConnectorFailure) -> String? {
    do throws(PostgresError) {
      return try connection.query(sql).firstValue
    } catch {
      throw ConnectorFailure(postgres: error, doing: "reading the database's state")
    }
  }

  /// A commit is in the log, and may be in Kafka, a moment before other sessions see it: whoever runs now is waited for.
  private func waitForTransactions(
    on connection: borrowing PostgresConnection, _ report: inout ProofReport
  ) throws(ConnectorFailure) {
    guard let end = try value("SELECT txid_snapshot_xmax(txid_current_snapshot())", on: connection) else { return }
    let until = RelayClock.now().monotonicMilliseconds + Self.settleMilliseconds
    while try value("SELECT txid_snapshot_xmin(txid_current_snapshot()) >= \(end)", on: connection) != "t" {
      if isStopped() { return }
      guard RelayClock.now().monotonicMilliseconds < until else {
        report.remarks.append(
          "a transaction has been open for more than \(Self.settleMilliseconds / 1_000) s: should it commit just now, its keys may be named for no reason; run again to be sure"
        )
        return
      }
      Self.pause(milliseconds: 20)
    }
  }

  /// Opens the snapshot and says which tables it shows.
  private func open(
    on connection: borrowing PostgresConnection, _ pipeline: PipelineOptions, _ report: inout ProofReport
  ) throws(ConnectorFailure) -> [SnapshotTable] {
    do throws(PostgresError) {
      try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
      // The statement's snapshot is older than what it returns: everything visible stands before that position.
      let lsn = try connection.query(
        """
        SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
          ELSE pg_catalog.pg_current_wal_insert_lsn() END
        """
      ).firstValue
      report.position = lsn.flatMap { LSN($0) }.map(Self.withoutPageHeader) ?? .invalid
      let published = Set(
        try Publication.tables(of: plan.publication, on: connection).map { "\($0.schema).\($0.name)" })
      let unpublished = Set(
        try Publication.unpublishedTables(of: plan.publication, on: connection).map { "\($0.schema).\($0.name)" })
      let all = try TableCatalog.tables(on: connection).filter {
        let id = TableID(schema: $0.schema, name: $0.name)
        guard pipeline.filter.includes(id), !plan.signals.tables.contains(id) else { return false }
        // Of partitioned tables only what the publication names has records.
        return published.contains(id.description) || unpublished.contains(id.description)
      }
      for table in all where !published.contains("\(table.schema).\(table.name)") {
        report.remarks.append(
          "\(table.schema).\(table.name) is captured, and publication \(plan.publication) does not publish it")
      }
      let order = pipeline.filter.snapshotOrder(all.map { TableID(schema: $0.schema, name: $0.name) })
      let tables = order.compactMap { id in all.first { $0.schema == id.schema && $0.name == id.name } }
      return try SnapshotTable.read(tables, overrides: plan.snapshot.selectOverrides, on: connection)
    } catch {
      throw ConnectorFailure(postgres: error, doing: "opening the snapshot")
    }
  }

  /// An insert position just behind a page's header is one that a relay with nothing more to read never reaches: it stands
  /// for the end of the page before. Source: PostgreSQL, `xlog_internal.h`, `SizeOfXLogLongPHD` is 40.
  static func withoutPageHeader(_ lsn: LSN) -> LSN {
    let offset = lsn.rawValue % 8_192
    return offset <= 40 ? LSN(rawValue: lsn.rawValue - offset) : lsn
  }

  private func window(
    on connection: borrowing PostgresConnection
  ) throws(ConnectorFailure) -> (since: String, columns: [String])? {
    guard let since = options.sinceMilliseconds else { return nil }
    let text = try value("SELECT to_timestamp(\(since) / 1000.0)", on: connection)
    return (text ?? "-infinity", options.timeColumns)
  }

  private func waitForRelay(
    on connection: borrowing PostgresConnection, _ report: inout ProofReport
  ) throws(ConnectorFailure) {
    let until = RelayClock.now().monotonicMilliseconds + options.waitMilliseconds
    var isTold = false
    while true {
      do throws(PostgresError) {
        report.confirmed = try ReplicationSlot.find(plan.slot, on: connection)?.confirmedFlush
      } catch {
        throw ConnectorFailure(postgres: error, doing: "slot \(plan.slot)")
      }
      guard let confirmed = report.confirmed else {
        report.remarks.append("there is no slot \(plan.slot): how far the relay has come is not known")
        return
      }
      if isStopped() { return }
      if confirmed >= report.position { return waitForSnapshot(until: until, &report) }
      guard RelayClock.now().monotonicMilliseconds < until else {
        report.remarks.append(
          "the relay has confirmed \(confirmed) and not \(report.position) in \(options.waitMilliseconds) ms: what it has not sent is named missing"
        )
        return
      }
      if !isTold { progress("waiting until the relay has confirmed \(report.position); it is at \(confirmed)") }
      isTold = true
      Self.pause(milliseconds: 50)
    }
  }

  /// What an incremental snapshot has still to read is not in Kafka, however far the slot is. Where the state is not to be had
  /// from here, nothing is known of it.
  private func waitForSnapshot(until: Int64, _ report: inout ProofReport) {
    var store = ConnectorRunner.makeStore(plan.storage, plan)
    var isTold = false
    while !isStopped(), let state = try? store.load(connector: plan.name),
      state.position.incremental?.isRunning == true
    {
      guard RelayClock.now().monotonicMilliseconds < until else {
        report.remarks.append(
          "an incremental snapshot was not done in \(options.waitMilliseconds) ms: what it has not read is named missing"
        )
        return
      }
      if !isTold { progress("waiting until the relay's incremental snapshot is done") }
      isTold = true
      Self.pause(milliseconds: 500)
    }
  }

  // MARK: Kafka

  private func ends(of isWanted: (String) -> Bool) throws(ConnectorFailure) -> [TopicPartition: Int64] {
    do throws(KafkaError) {
      if let refusal = try CredentialCheck.refusal(properties: consumer) { throw refusal }
      let client = try KafkaConsumer(properties: consumer)
      let partitions = try client.partitions(timeoutMilliseconds: Self.kafkaTimeoutMilliseconds, where: isWanted)
      return try client.endOffsets(of: partitions, timeoutMilliseconds: Self.kafkaTimeoutMilliseconds)
    } catch {
      throw Self.failure(error)
    }
  }

  /// Reads every topic of the proof up to the end that it has now. Returns where the newest truncation of each stands.
  private func readBack(
    _ before: [TopicPartition: Int64], _ deadLetterTopic: String?, _ subject: ProofSubject,
    _ spill: inout ProofSpill, _ reader: inout RecordContentReader, _ report: inout ProofReport
  ) throws(ConnectorFailure) -> [Int: UInt64] {
    let ends = try ends { subject.index(ofTopic: $0) != nil || $0 == deadLetterTopic }
    try remarkOnRetention(ends, &report)
    progress("reading \(ends.values.reduce(0, +)) records of \(Set(ends.keys.map(\.topic)).count) topics")
    var back = ReadBack(
      subject: subject, before: before, deadLetterTopic: deadLetterTopic,
      sinceMilliseconds: options.sinceMilliseconds)
    do throws(KafkaError) {
      try Self.read(ends, consumer, isStopped, &back, &spill, &reader, &report)
    } catch {
      throw Self.failure(error)
    }
    if let failure = back.failure { throw ConnectorFailure(.delivery, failure.description) }
    return back.truncations
  }

  /// What a topic no longer keeps cannot be proven: its rows are named missing.
  private func remarkOnRetention(
    _ ends: [TopicPartition: Int64], _ report: inout ProofReport
  ) throws(ConnectorFailure) {
    let begins: [TopicPartition: Int64]
    do throws(KafkaError) {
      begins = try KafkaConsumer(properties: consumer).beginningOffsets(
        of: ends.keys.sorted(), timeoutMilliseconds: Self.kafkaTimeoutMilliseconds)
    } catch {
      throw Self.failure(error)
    }
    for topic in Set(begins.filter { $0.value > 0 }.keys.map(\.topic)).sorted() {
      report.remarks.append(
        "\(topic) no longer keeps its oldest records: rows whose records are gone are named missing; --since looks at what is kept"
      )
    }
  }

  private static func read(
    _ ends: [TopicPartition: Int64], _ properties: [(name: String, value: String)], _ isStopped: () -> Bool,
    _ back: inout ReadBack, _ spill: inout ProofSpill, _ reader: inout RecordContentReader, _ report: inout ProofReport
  ) throws(KafkaError) {
    try KafkaConsumer.read(to: ends, properties: properties, isStopped: isStopped) { record, place in
      back.take(record, place, &spill, &reader, &report)
    }
  }

  static func failure(_ error: KafkaError) -> ConnectorFailure {
    switch error.kind {
    case .unreachable, .timedOut: ConnectorFailure(.unreachable, "Kafka: \(error)")
    case .authentication, .notAuthorized, .configuration, .unknownTopic:
      ConnectorFailure(.configuration, "Kafka: \(error)")
    default: ConnectorFailure(.delivery, "Kafka: \(error)")
    }
  }

  private func remark(on subject: ProofSubject, _ report: inout ProofReport) {
    for table in subject.tables {
      if !table.hasKey {
        report.remarks.append(
          "\(table.name) has no key: each of its rows must be in Kafka; what is there beside them is not judged")
      }
      if !table.publishesChanges {
        report.remarks.append("\(table.name): skipped.operations leaves out changes, so its rows are not judged")
      }
      if !table.publishesDeletes {
        report.remarks.append("\(table.name): deletes are not published, so keys without a row are not judged")
      }
    }
    let found = report.missing + report.different + report.extra
    if found > UInt64(report.differences.count) {
      report.remarks.append("\(found) differences, of which the first \(report.differences.count) are named")
    }
  }

  private static func pause(milliseconds: Int) {
    var time = timespec(tv_sec: milliseconds / 1_000, tv_nsec: milliseconds % 1_000 * 1_000_000)
    _ = unsafe nanosleep(&time, nil)
  }
}
