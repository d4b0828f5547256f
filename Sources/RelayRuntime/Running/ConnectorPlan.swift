import EventEncoding
import PostgresSource

/// Everything a connector's thread needs, made from its configuration. Plain values; what is not Sendable, such as compiled
/// patterns, is made on the thread.
public struct ConnectorPlan: Sendable {
  public enum PublicationMode: Sendable, Equatable {
    case allTables, disabled, filtered, noTables
  }

  public enum StateStorage: Sendable {
    case file(String)
    case topic(name: String, partitions: Int32, replicationFactor: Int32)
    case table
  }

  public var name: String
  public var database: ConnectionSettings
  public var databaseName: String
  public var slot: String
  /// `sluice.slot.shared`: the slot is read once for all connectors of the worker that have this.
  public var sharedSlot: SharedSlotPlan?
  /// `slot.drop.on.stop`
  public var dropsSlotOnStop = false
  /// `slot.stream.params`: further options of pgoutput.
  public var streamParameters: [(name: String, value: String)]
  /// Transactions that are sent before they have committed.
  public var streaming = StreamingPlan()
  public var publication: String
  public var publicationMode: PublicationMode
  /// Of a publication that is made: `publish.via.partition.root`, and what `skipped.operations` leaves.
  public var publicationOptions = Publication.Options()
  /// What `skipped.operations` leaves, as a publication calls it.
  public var relayedOperations = Publication.allOperations
  /// `replica.identity.autoset.values`
  public var replicaIdentities: [ReplicaIdentitySetup.Rule] = []
  /// `slot.failover`
  public var isFailoverSlot = false
  public var snapshot: SnapshotPlan
  /// `offset.mismatch.strategy`
  public var slotAhead = StartDecision.SlotAhead.isGap
  /// `guardrail.collections.max`; `nil` is no limit.
  public var capturedTablesMax: Int?
  /// `guardrail.collections.limit.action=fail`
  public var failsAboveTableLimit = false
  /// How often a standby looks whether the slot is free.
  public var slotPollMilliseconds: Int64
  /// How long the server may take for an answer that a living one gives at once.
  public var answerMilliseconds = 10_000
  /// `sluice.connection.timeout.ms`: either end of the stream gives the other up that has not been heard of for so long; `nil`:
  /// by the server's `wal_sender_timeout`.
  public var silenceMaxMilliseconds: Int?
  /// `--no-wait`: a slot in use is an error.
  public var waitsForSlot: Bool
  /// `errors.max.retries`: attempts to reach PostgreSQL in a row; `nil` is without end.
  public var reconnectsMax: Int?
  /// `retriable.restart.connector.wait.ms`: longest wait between two attempts.
  public var reconnectWaitMaxMilliseconds: Int64
  public var producerProperties: [(name: String, value: String)]
  /// What a store of its own needs to reach the brokers.
  public var clientProperties: [(name: String, value: String)]
  public var topicCreation: TopicCreationPlan?
  public var storage: StateStorage
  /// Exactly once; `nil` is at least once.
  public var transactions: TransactionPlan?
  public var limits: RelayLimits
  public var signals = SignalPlan()
  /// How long a stop waits for acknowledgements.
  public var drainMilliseconds: Int64
  /// Made on the connector's thread, with the run's id.
  public var makePipelineOptions: @Sendable (_ runID: String) throws -> PipelineOptions

  public init(
    name: String, database: ConnectionSettings, databaseName: String, slot: String, publication: String,
    publicationMode: PublicationMode, snapshot: SnapshotPlan, producerProperties: [(name: String, value: String)],
    clientProperties: [(name: String, value: String)], storage: StateStorage,
    makePipelineOptions: @escaping @Sendable (String) throws -> PipelineOptions
  ) {
    self.name = name
    self.database = database
    self.databaseName = databaseName
    self.slot = slot
    streamParameters = []
    self.publication = publication
    self.publicationMode = publicationMode
    self.snapshot = snapshot
    slotPollMilliseconds = 250
    waitsForSlot = true
    reconnectWaitMaxMilliseconds = 10_000
    self.producerProperties = producerProperties
    self.clientProperties = clientProperties
    self.storage = storage
    limits = RelayLimits()
    drainMilliseconds = 30_000
    self.makePipelineOptions = makePipelineOptions
  }
}
