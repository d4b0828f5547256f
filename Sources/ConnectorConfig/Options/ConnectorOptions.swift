/// Everything a connector file says, with defaults filled in: plain values, no JSON, no property names to look up.
/// Defaults are Debezium's. Source: `PostgresConnectorConfig`, Debezium 3.6.3.Final.
public struct ConnectorOptions: Sendable, Hashable {
  // MARK: Connector
  public var name: String
  public var file: String
  public var database: DatabaseOptions
  public var topicPrefix: String

  // MARK: Slot and publication
  public var slotName = "debezium"
  public var slotDropOnStop = false
  /// PostgreSQL 17 and later: the slot is kept in step on standbys.
  public var slotFailover = false
  public var offsetMismatchStrategy = OffsetMismatchStrategy.noValidation
  /// 0: `source.xmin` stays null.
  public var xminFetchIntervalMilliseconds: Int64 = 0
  /// Options of `START_REPLICATION` beyond our own, in the order written (`name=value;…`).
  public var slotStreamParams: [SlotStreamParam] = []
  /// `sluice.streaming`
  public var streaming = StreamingWord.parallel
  /// `sluice.spill.directory`
  public var spillDirectory: String?
  /// `sluice.spill.memory.bytes`
  public var spillMemoryBytes = 8 << 20
  public var publicationName = "dbz_publication"
  public var publicationAutocreateMode = PublicationAutocreateMode.allTables
  public var publishViaPartitionRoot = false
  /// `skipped.operations` is written out: a publication that is made publishes nothing else.
  public var publishesUnskippedOnly = false
  public var replicaIdentities: [ReplicaIdentityRule] = []
  public var statusUpdateIntervalMilliseconds = 10_000
  /// False: no position is ever confirmed to PostgreSQL; somebody else advances the slot.
  public var flushLSNSource = true

  public var snapshot = SnapshotOptions()

  // MARK: What is captured. Java regular expressions as written; empty: not set.
  public var schemaIncludeList: [String] = []
  public var schemaExcludeList: [String] = []
  public var tableIncludeList: [String] = []
  public var tableExcludeList: [String] = []
  public var columnIncludeList: [String] = []
  public var columnExcludeList: [String] = []
  /// `post.processors`
  public var reselection: ReselectionOptions?
  /// In the file's order.
  public var columnMasks: [ColumnMaskOptions] = []
  /// `table.ignore.builtin`
  public var tableIgnoreBuiltin = true
  public var messagePrefixIncludeList: [String] = []
  public var messagePrefixExcludeList: [String] = []
  /// `message.key.columns`: one entry per column, each a list of alternative patterns of `schema.table.column`.
  public var messageKeyRules: [[String]] = []
  public var skippedOperations: Set<SkippedOperation> = [.truncate]
  /// Updates that change nothing of what is captured are left out.
  public var skipMessagesWithoutChange = false

  // MARK: Values
  public var decimalHandlingMode = DecimalHandlingMode.precise
  public var timePrecisionMode = TimePrecisionMode.adaptive
  public var binaryHandlingMode = BinaryHandlingMode.bytes
  public var hstoreHandlingMode = HstoreHandlingMode.json
  public var intervalHandlingMode = IntervalHandlingMode.numeric
  public var includeUnknownDatatypes = false
  public var moneyFractionDigits: Int16 = 2
  public var conversionFailureHandlingMode = ConversionFailureHandlingMode.warn
  public var processingFailureHandlingMode = ProcessingFailureHandlingMode.fail
  public var schemaNameAdjustmentMode = NameAdjustmentMode.none
  public var fieldNameAdjustmentMode = NameAdjustmentMode.none
  /// Java regular expressions as written; empty: not set.
  public var columnPropagateSourceType: [String] = []
  public var datatypePropagateSourceType: [String] = []
  /// The octets that stand for an unchanged TOAST value (`hex:…` in the file is decoded).
  public var unavailableValuePlaceholder = Array("__debezium_unavailable_value".utf8)

  // MARK: Events
  public var tombstonesOnDelete = true
  public var provideTransactionMetadata = false
  public var extendedHeadersEnabled = true
  public var topicNamingStrategy = TopicNamingStrategy.schema
  /// Only with a strategy by regular expression.
  public var topicMerging: TopicMergingOptions?
  public var topicDelimiter = "."
  /// Last part of the transaction topic's name, after prefix and delimiter.
  public var topicTransaction = "transaction"
  /// 0: no heartbeats.
  public var heartbeatIntervalMilliseconds = 0
  public var heartbeatTopicPrefix = "__debezium-heartbeat"
  /// The whole name of the heartbeat topic, instead of prefix, delimiter and `topicPrefix`.
  public var heartbeatTopicName: String?
  /// SQL that is run at every heartbeat.
  public var heartbeatActionQuery: String?

  // MARK: Limits
  /// 0: no limit.
  public var guardrailCollectionsMax = 0
  /// More tables than that stop the start, instead of making a log line.
  public var guardrailCollectionsFails = false

  /// `sluice.outbox.json=exact`
  public var outboxJSONIsExact = false
  // MARK: Signals and notifications
  public var signals = SignalOptions()

  // MARK: Exactly once
  /// `transaction.boundary=interval`: `transaction.boundary.interval.ms`; `nil` is `poll`.
  public var transactionIntervalMilliseconds: Int64?
  /// `sluice.transaction.records.max`
  public var transactionRecordsMax = 1_000_000

  // MARK: Failures
  /// -1: without end; 0: never.
  public var errorsMaxRetries = -1
  public var retriableRestartConnectorWaitMilliseconds: Int64 = 10_000
  public var errorsTolerance = ErrorsTolerance.none
  /// Set where `errorsTolerance` is `all`.
  public var deadLetterTopic: String?
  public var deadLetterReplicationFactor: Int16 = 3
  public var deadLetterContextHeaders = false
  /// `sluice.errors.hold.key`
  public var deadLetterHoldsKeys = false

  // MARK: Kafka Connect
  public var keyConverter = ConverterOptions.json(JSONConverterOptions())
  public var valueConverter = ConverterOptions.json(JSONConverterOptions())
  public var headerConverter = HeaderConverterOptions.simple
  public var transforms: [TransformOptions] = []
  public var predicates: [PredicateOptions] = []
  /// Nil: topics are left to the broker's own creation.
  public var topicCreation: TopicCreationOptions?
  /// `producer.override.*` without the prefix, over the worker's producer properties.
  public var producerOverrides: [String: ConfigText] = [:]

  /// Every property in force, in the catalogue's order, then the free ones in the file's.
  public var properties: [EffectiveProperty] = []

  public init(name: String, file: String = "connector", database: DatabaseOptions, topicPrefix: String) {
    self.name = name
    self.file = file
    self.database = database
    self.topicPrefix = topicPrefix
  }
}

/// One `name=value` of `slot.stream.params`.
public struct SlotStreamParam: Sendable, Hashable {
  public let name: String
  public let value: String
}

extension ConnectorOptions: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The properties that the file sets, secrets masked.
  public var description: String {
    let set = properties.filter { $0.origin != .defaultValue }
    return "\(name): " + set.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
  }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
