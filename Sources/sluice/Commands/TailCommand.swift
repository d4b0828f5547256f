import ArgumentParser
import KafkaSink
import TerminalScreens

/// `sluice tail`: events of topics, readably.
struct TailCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tail",
    abstract: "Show the events of Kafka topics as they arrive.",
    discussion: """
      A topic is a name; a name with * or ?, which stands for all topics it fits (quote it for the shell); or a regular \
      expression that begins with ^. Topics and partitions that appear later are read too, from their beginning.

      Each event is a line with time, topic, what happened (create, update, delete, read for a snapshot's row, or event \
      and its type) and key, and below it the row or payload. On a terminal lines are cut to its width; --full shows \
      all, and every field. --json prints one object a line, for pipes: topic, partition, offset, timestamp \
      (milliseconds since 1970), key, value, headers. There keys and values that are JSON objects or arrays stand as \
      such with numbers as written, other text is a string, other bytes are {"hex": "..."}.

      Examples:
        sluice tail --bootstrap-servers localhost:9092 'fintech.events.*'
        sluice tail --worker connectors/worker.properties --from beginning --count 10 fintech.customers
        sluice tail --json 'fintech.events.fraud.*' | jq -r '.value.alert_type'

      Ctrl-C ends it. Exit codes: 0 --count is reached; 64 usage; 69 no broker answers; 78 the brokers refuse the \
      credentials, or the worker file is at fault; 130 interrupted.
      """)

  enum Start: String, CaseIterable, ExpressibleByArgument { case beginning, end }

  @Argument(help: ArgumentHelp("Topics: names, names with *, or ^regular expressions.", valueName: "topic"))
  var topics: [String]

  @Option(
    help: ArgumentHelp(
      "Brokers, as host:port,host:port. Default: the worker file's, else localhost:9092.", valueName: "servers"))
  var bootstrapServers: String?

  @Option(
    help: ArgumentHelp("Kafka Connect's worker file, for servers and client settings.", valueName: "worker.properties"),
    completion: .file())
  var worker: String?

  @Option(help: ArgumentHelp("Where to start: beginning or end.", valueName: "place"))
  var from = Start.end

  @Option(help: ArgumentHelp("End after this many events.", valueName: "n"))
  var count: Int?

  @Flag(help: "One JSON object a line.")
  var json = false

  @Flag(help: "Whole values, indented, over several lines.")
  var full = false

  @Flag(help: "Show the headers id, event_type, aggregate_* and the relay's own context headers too.")
  var allHeaders = false

  /// How long the first answer of a broker may take.
  private static let connectTimeoutMilliseconds = 5_000
  /// Brokers that were reached once may be away for this long.
  private static let outageSecondsMax = 60

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count must be at least 1") }
    if json, full { throw ValidationError("--json and --full exclude one another") }
    for topic in topics where topic.isEmpty { throw ValidationError("a topic has a name") }
  }

  func run() throws {
    StopSignal.watch()
    var properties: [(name: String, value: String)] = []
    if let worker { properties = try KafkaClientSettings.consumer(of: KafkaClientSettings.worker(file: worker)) }
    if let bootstrapServers {
      properties.removeAll { $0.name == "bootstrap.servers" }
      properties.append((name: "bootstrap.servers", value: bootstrapServers))
    } else if worker == nil {
      properties.append((name: "bootstrap.servers", value: "localhost:9092"))
    }
    let servers = properties.first { $0.name == "bootstrap.servers" }?.value ?? ""
    do throws(KafkaError) {
      try tail(properties, servers: servers)
    } catch {
      LineOutput.diagnostics.write("sluice tail: \(TailCommand.explain(error, servers: servers))")
      throw TailCommand.exitCode(error)
    }
    if StopSignal.isReceived { throw ExitCode.interrupted }
  }

  private func tail(_ properties: [(name: String, value: String)], servers: String) throws(KafkaError) {
    if let refusal = try CredentialCheck.refusal(
      properties: properties, timeoutMilliseconds: TailCommand.connectTimeoutMilliseconds)
    {
      throw refusal
    }
    var consumer = try KafkaConsumer(properties: properties, metadataRefreshMilliseconds: 1_000)
    try consumer.assign(
      topics.map(TopicChoice.selection), from: from == .beginning ? .beginning : .end,
      timeoutMilliseconds: TailCommand.connectTimeoutMilliseconds)
    tellStart(consumer.assigned, servers: servers)
    var printed = 0
    var outageSince: ContinuousClock.Instant?
    while !StopSignal.isReceived {
      var records: [KafkaRecord] = []
      // Few at a time, so that --count and Ctrl-C are obeyed at once.
      let limit = min(500, count.map { $0 - printed } ?? 500)
      let result = try consumer.poll(timeoutMilliseconds: 200, maxRecords: limit) { records.append($0.copied()) }
      for record in records {
        if StopSignal.isReceived { return }
        guard write(EventRecord(record)) else { return }
        printed += 1
        if printed == count { return }
      }
      try watchConnection(consumer, result, &outageSince)
    }
  }

  private func write(_ record: EventRecord) -> Bool {
    if json { return LineOutput.data.write(TailJSON.line(record)) }
    let format = TailFormat(
      style: Terminal.style(.data), width: full ? nil : Terminal.size(.data)?.columns, showsAllHeaders: allHeaders,
      valueForm: full ? .pretty : .line,
      offsetSeconds: record.timestampMilliseconds.map { Terminal.localOffsetSeconds(unixMilliseconds: $0) } ?? 0)
    return LineOutput.data.write(format.lines(record).joined(separator: "\n"))
  }

  private func tellStart(_ assigned: [TopicPartition], servers: String) {
    guard !json else { return }
    let names = Set(assigned.map(\.topic))
    let what =
      names.isEmpty
      ? "no such topic yet, waiting for it" : "\(names.count) topic\(names.count == 1 ? "" : "s") of \(servers)"
    LineOutput.diagnostics.write("\(what), from the \(from.rawValue); Ctrl-C ends")
  }

  /// Says once that the brokers are away, and gives up when that lasts.
  private func watchConnection(
    _ consumer: borrowing KafkaConsumer, _ result: KafkaConsumer.PollResult,
    _ outageSince: inout ContinuousClock.Instant?
  ) throws(KafkaError) {
    for case .error(let error) in result.events {
      if error.isFatal || error.kind == .authentication { throw error }
      if error.kind == .unreachable, outageSince == nil {
        outageSince = .now
        LineOutput.diagnostics.write("sluice tail: connection lost (\(error.text)); trying again")
      }
    }
    guard let since = outageSince else { return }
    if result.recordCount > 0 || !result.ends.isEmpty { outageSince = nil }
    guard ContinuousClock.now - since > .seconds(TailCommand.outageSecondsMax) else { return }
    // An idle topic brings neither records nor ends after a reconnect: ask before giving up.
    _ = try consumer.endOffsets(of: Array(consumer.assigned.prefix(1)), timeoutMilliseconds: 5_000)
    outageSince = nil
  }

  static func explain(_ error: KafkaError, servers: String) -> String {
    switch error.kind {
    case .unreachable, .timedOut:
      "no broker answers at \(servers) (\(error.text)). Is --bootstrap-servers right, and does the broker run? The "
        + "demo's own broker ends with the demo"
    default: error.description
    }
  }

  static func exitCode(_ error: KafkaError) -> ExitCode {
    switch error.kind {
    case .unreachable, .timedOut: .unreachable
    case .authentication, .notAuthorized, .configuration, .unknownTopic: .configuration
    default: .internalFault
    }
  }
}

extension EventRecord {
  init(_ record: KafkaRecord) {
    self.init(
      topic: record.topic, partition: record.partition, offset: record.offset,
      timestampMilliseconds: record.timestampMilliseconds, key: record.key, value: record.value,
      headers: record.headers.map { Header(name: $0.name, value: $0.value) })
  }
}
