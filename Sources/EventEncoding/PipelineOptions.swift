import ConnectData
import EventRouting

/// What to do with a column's value that cannot be converted (`event.converting.failure.handling.mode`).
public enum ConversionFailureMode: String, Sendable {
  case warn, skip, fail
}

/// `event.processing.failure.handling.mode`: what becomes of a change of which no record can be made.
public enum ProcessingFailureMode: String, Sendable {
  /// The connector stops.
  case fail
  /// The change is left out and told; of `skip` and `ignore` Debezium tells only in its debug log.
  case warn, skip, ignore
}

/// Everything a pipeline needs to know of its connector. Fixed for the life of the connector.
public struct PipelineOptions {
  /// `source.version`: consumers see the Debezium release whose behaviour this is.
  public static let debeziumVersion = "3.6.3.Final"

  public var topics: TopicName
  public var database: String
  public var values: ValueOptions
  public var keyConverter: RecordConverter
  public var valueConverter: RecordConverter
  public var headerConverter = HeaderConverter.simple
  public var filter: TableFilter
  public var columnFilter: ColumnFilter
  public var transforms: [TransformStep]
  /// `schema.name.adjustment.mode`
  public var schemaNames = NameAdjustment.none
  /// `field.name.adjustment.mode`
  public var fieldNames = NameAdjustment.none
  /// `column.propagate.source.type` and `datatype.propagate.source.type`; `nil` without both.
  public var typePropagation: SourceTypePropagation?
  public var sendsTombstones = true
  /// `skipped.operations`, by their letters in `op`.
  public var skippedOperations: Set<Operation> = [.truncate]
  /// `skip.messages.without.change`: an update whose old and new row are alike in the captured columns makes no record.
  public var skipsUnchangedRows = false
  /// `column.mask.…` and `column.truncate.…`; `nil` without any.
  public var columnMasks: ColumnMasks?
  /// `post.processors`
  public var reselection: RowReselection?
  /// `message.key.columns`
  public var messageKeys: MessageKeyColumns?
  public var messageFilter = MessagePrefixFilter()
  public var providesTransactionMetadata = false
  /// Whole name of the heartbeat topic.
  public var heartbeatTopic = ""
  /// `extended.headers.enabled`.
  public var addsContextHeaders = true
  public var taskID = "0"
  /// A UUID, new at each start.
  public var runID: String
  public var conversionFailureMode = ConversionFailureMode.warn
  public var processingFailureMode = ProcessingFailureMode.fail
  /// Tables whose rows are signals; `nil` without the source channel.
  public var signals: SignalTables?
  /// `notification.sink.topic.name`; `nil` without the sink channel.
  public var notificationTopic: String?
  /// `nil` with `errors.tolerance=none`: the first record that cannot be made stops the connector.
  public var deadLetter: DeadLetterOptions?

  public init(
    topics: TopicName, database: String, values: ValueOptions, keyConverter: RecordConverter,
    valueConverter: RecordConverter, filter: TableFilter, columnFilter: ColumnFilter, transforms: [TransformStep],
    runID: String
  ) {
    self.topics = topics
    self.database = database
    self.values = values
    self.keyConverter = keyConverter
    self.valueConverter = valueConverter
    self.filter = filter
    self.columnFilter = columnFilter
    self.transforms = transforms
    self.runID = runID
  }
}

/// Operations as bits, since looking them up in a `Set` hashes.
struct OperationMask {
  private let bits: UInt64

  init(_ operations: Set<Operation>) { bits = operations.reduce(0) { $0 | OperationMask.bit($1) } }

  func contains(_ operation: Operation) -> Bool { bits & OperationMask.bit(operation) != 0 }

  /// The letters differ in their lowest six bits.
  private static func bit(_ operation: Operation) -> UInt64 { 1 << UInt64(operation.rawValue & 63) }
}

/// `op` of an envelope.
public enum Operation: UInt8, Sendable {
  case create = 0x63
  case update = 0x75
  case delete = 0x64
  case read = 0x72
  case truncate = 0x74
  case message = 0x6D
}

/// `source.snapshot`.
public enum SnapshotMarker: String, Sendable {
  case streaming = "false"
  case first
  case firstInDataCollection = "first_in_data_collection"
  case `true`
  case lastInDataCollection = "last_in_data_collection"
  case last
  case incremental
}
