import ConnectData
import ConnectorConfig
import EventEncoding
import EventRouting
import KafkaSink
import PostgresSource

/// From configuration to plans: the only place where names of properties' options meet names of stages.
public struct PlanBuilder: Sendable {
  /// What the command line adds to the files.
  public struct Overrides: Sendable {
    /// `--no-wait`
    public var waitsForSlot = true
    /// For demo and tests: another database than the file's.
    public var database: ConnectionSettings?
    public init() {}
  }

  /// All that is wrong with the Kafka client properties of a worker or connector.
  public struct Failure: Error, Sendable, CustomStringConvertible {
    public let description: String
  }

  public let worker: WorkerConfig
  public let overrides: Overrides

  public init(worker: WorkerConfig, overrides: Overrides = Overrides()) {
    self.worker = worker
    self.overrides = overrides
  }

  private static let queuedRecordsMax = 100_000
  /// librdkafka copies smaller values into a request: a place of its own there costs as much.
  private static let copiedBytesMax = 512

  /// The plans of a worker's connectors, which must fit one another.
  public func plans(_ options: [ConnectorOptions]) throws(Failure) -> [ConnectorPlan] {
    var plans: [ConnectorPlan] = []
    for options in options { plans.append(try plan(options)) }
    if let conflict = SharedSlotPlan.conflict(plans) { throw Failure(description: "\(worker.file): \(conflict)") }
    return plans
  }

  public func plan(_ options: ConnectorOptions) throws(Failure) -> ConnectorPlan {
    let settings = overrides.database ?? PlanBuilder.settings(options.database)
    // `source.db` names the database that is read, also where the command line gave another one than the file.
    let databaseName = overrides.database?["dbname"] ?? options.database.dbname
    var plan = ConnectorPlan(
      name: options.name, database: settings, databaseName: databaseName, slot: options.slotName,
      publication: options.publicationName,
      publicationMode: PlanBuilder.publicationMode(options.publicationAutocreateMode),
      snapshot: PlanBuilder.snapshot(options.snapshot), producerProperties: try producerProperties(options),
      clientProperties: try clientProperties(), storage: PlanBuilder.storage(worker.offsetStorage),
      makePipelineOptions: { runID in
        var pipeline = try PlanBuilder.pipelineOptions(options, runID: runID)
        pipeline.database = databaseName
        return pipeline
      })
    plan.reconnectsMax = options.errorsMaxRetries < 0 ? nil : options.errorsMaxRetries
    plan.reconnectWaitMaxMilliseconds = options.retriableRestartConnectorWaitMilliseconds
    plan.capturedTablesMax = options.guardrailCollectionsMax > 0 ? options.guardrailCollectionsMax : nil
    plan.failsAboveTableLimit = options.guardrailCollectionsFails
    PlanBuilder.readSlot(options, into: &plan)
    if let shared = worker.sharedSlot, plan.snapshot.policy.streams {
      plan.slot = shared.name
      plan.sharedSlot = SharedSlotPlan(waitMilliseconds: shared.waitMilliseconds)
    }
    plan.waitsForSlot = overrides.waitsForSlot
    plan.limits.heartbeatIntervalMilliseconds = Int64(options.heartbeatIntervalMilliseconds)
    plan.limits.heartbeatQuery = options.heartbeatActionQuery
    plan.limits.logsNotifications = options.signals.logsNotifications
    plan.signals = try signalPlan(options, settings)
    plan.transactions = try transactions(options, &plan.producerProperties)
    plan.drainMilliseconds = max(worker.taskShutdownGracefulTimeoutMilliseconds, 1_000)
    plan.limits.statusIntervalMilliseconds = Int64(options.statusUpdateIntervalMilliseconds)
    switch worker.offsetStorage {
    case .file: break
    case .topic:
      plan.limits.storeIntervalMilliseconds = 500
      plan.limits.restateIntervalMilliseconds = 60_000
      plan.limits.idleAdvanceIntervalMilliseconds = 5_000
    case .table:
      // Each record is WAL of its own: an idle database must not keep itself awake by it.
      plan.limits.storeIntervalMilliseconds = 1_000
      plan.limits.idleAdvanceIntervalMilliseconds = 10_000
    }
    if worker.topicCreationEnable, let creation = options.topicCreation {
      plan.topicCreation = try PlanBuilder.topicCreation(creation)
    }
    if options.errorsTolerance == .all, let topic = options.deadLetterTopic {
      // Made by Connect whether topics are created or not.
      let group = TopicCreationPlan.Group(
        name: "dead letters", includes: { $0 == topic }, partitions: 1,
        replicationFactor: Int32(options.deadLetterReplicationFactor), configuration: [:])
      plan.topicCreation = TopicCreationPlan(
        groups: [group] + (plan.topicCreation?.groups ?? []), createsOthers: plan.topicCreation != nil)
    }
    // Patterns are checked here, so that a start fails before anything is touched.
    do {
      _ = try PlanBuilder.pipelineOptions(options, runID: "")
    } catch {
      throw Failure(description: "\(options.file): \(error)")
    }
    return plan
  }

  // MARK: Servers

  static func settings(_ database: DatabaseOptions) -> ConnectionSettings {
    var settings = ConnectionSettings(database.libpqKeywords)
    settings.initialStatements = database.initialStatements
    return settings
  }

  private static func storage(_ storage: OffsetStorage) -> ConnectorPlan.StateStorage {
    switch storage {
    case .file(let path): .file(path)
    case .topic(let name, let partitions, let replicationFactor):
      .topic(name: name, partitions: partitions, replicationFactor: Int32(replicationFactor))
    case .table: .table
    }
  }

  private static func publicationMode(_ mode: PublicationAutocreateMode) -> ConnectorPlan.PublicationMode {
    switch mode {
    case .allTables: .allTables
    case .disabled: .disabled
    case .filtered: .filtered
    case .noTables: .noTables
    }
  }

  /// The worker's `producer.*`, over it the connector's `producer.override.*`, under our bound.
  private func producerProperties(
    _ options: ConnectorOptions
  ) throws(Failure) -> [(name: String, value: String)] {
    var java = worker.producerProperties.mapValues(\.text)
    java.merge(options.producerOverrides.mapValues(\.text)) { _, override in override }
    java["bootstrap.servers"] = java["bootstrap.servers"] ?? worker.bootstrapServers.joined(separator: ",")
    let hasLinger = java["linger.ms"] != nil
    var properties = try translated(java, .producer, what: "producer of \(options.name)")
    properties.append((name: "queue.buffering.max.messages", value: String(PlanBuilder.queuedRecordsMax)))
    // Half a millisecond lets a burst become one request; more would only be delay.
    if !hasLinger { properties.append((name: "linger.ms", value: "0.5")) }
    if PlanBuilder.sendsPlainly(properties) {
      properties.insert((name: "message.copy.max.bytes", value: String(PlanBuilder.copiedBytesMax)), at: 0)
    }
    return properties
  }

  /// Values go to the socket from where they lie. Encrypted, each would become a TLS record of its own; compressed, they are
  /// read once and copied by that.
  static func sendsPlainly(_ properties: [(name: String, value: String)]) -> Bool {
    let value = { (name: String) in properties.last { $0.name == name }?.value.lowercased() }
    return ["plaintext", "sasl_plaintext", nil].contains(value("security.protocol"))
      && ["none", nil].contains(value("compression.type") ?? value("compression.codec"))
  }

  private func clientProperties() throws(Failure) -> [(name: String, value: String)] {
    var java = worker.clientProperties.mapValues(\.text)
    java.merge(worker.adminProperties.mapValues(\.text)) { _, admin in admin }
    java["bootstrap.servers"] = java["bootstrap.servers"] ?? worker.bootstrapServers.joined(separator: ",")
    return try translated(java, .admin, what: "client")
  }

  func translated(
    _ java: [String: String], _ role: ClientProperties.Role, what: String
  ) throws(Failure) -> [(name: String, value: String)] {
    switch ClientProperties.translate(java, for: role) {
    case .success(let translated): return translated.properties
    case .failure(let problems): throw Failure(description: "\(worker.file): \(what): \(problems)")
    }
  }

  private static func topicCreation(_ options: TopicCreationOptions) throws(Failure) -> TopicCreationPlan {
    var groups: [TopicCreationPlan.Group] = []
    for group in options.groups + [options.defaultGroup] {
      for pattern in group.include + group.exclude {
        do throws(JavaPattern.Refusal) {
          _ = try JavaPattern(pattern)
        } catch {
          throw Failure(description: "topic.creation group \(group.name): \(error.pattern): \(error.reason)")
        }
      }
      let isDefault = group == options.defaultGroup
      groups.append(
        TopicCreationPlan.Group(
          name: group.name,
          includes: { topic in
            // Both lists were compiled above; a topic is asked about once.
            func matches(_ pattern: String) -> Bool { (try? JavaPattern(pattern))?.matches(topic) ?? false }
            return (isDefault || group.include.contains(where: matches)) && !group.exclude.contains(where: matches)
          }, partitions: group.partitions, replicationFactor: Int32(group.replicationFactor),
          configuration: group.topicConfig))
    }
    return TopicCreationPlan(groups: groups)
  }
}
