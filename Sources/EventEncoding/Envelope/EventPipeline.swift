import ConnectData
import EventRouting
import PgOutput
import Primitives

/// The row path: frames of the stream in, Kafka records out. A plain state machine without I/O and without a clock; what
/// it needs from outside it asks for through its result.
public struct EventPipeline: ~Copyable {
  /// What the caller does next. Records, if any, wait in `records`.
  public enum Step: Equatable, Sendable {
    /// Nothing but the records.
    case rows
    case began
    /// The transaction is complete once its records are sent.
    case committed(endLSN: LSN, at: PostgresTimestamp)
    /// A message outside transactions: its records are a unit of their own unless a transaction is open.
    case message(isTransactional: Bool)
    /// A relation has come that needs the catalogue: look it up, then call `install`.
    case needsTable(Relation)
    /// A row of the signalling table, whose record is among the others.
    case signal(SignalMessage)
    /// A change lacks a part of its row: read it from the table, then call `supply`.
    case needsRow(RowLookup)
  }

  /// Records that wait for the producer, oldest first.
  public var records = RecordQueue()
  public internal(set) var topics = TopicTable()
  /// Rows of captured tables seen since the start, by the plan's table; for metrics.
  public internal(set) var capturedChanges: UInt64 = 0
  /// `source.xmin` of what streams; the runtime asks the server for it.
  public var slotXmin: UInt64?

  public internal(set) var deadLetters = ToleratedErrors()
  /// Changes left out by `event.processing.failure.handling.mode`.
  public internal(set) var skippedChanges = ToleratedErrors()

  /// What Kafka is known to refuse.
  public var refusals: RecordRefusals
  /// Keys that wait behind a dead letter; `nil` without `sluice.errors.hold.key`.
  public var heldKeys: HeldKeys?
  /// Names of the key of a record that was made and is not sent.
  var nameOfRefused: [UInt8]?
  /// Records of the change in hand so far, sent or not.
  var part = 0
  /// Replay: the only one of them that is wanted.
  var wantedPart: Int?
  /// Bytes of the message in hand; behind it may stand values that complete its row.
  var messageBytes = 0
  /// Where the row in hand comes from, if it is not in the log.
  var snapshotPlace: (origin: SnapshotOrigin, marker: SnapshotMarker)?

  public let options: PipelineOptions
  let skippedOperations: OperationMask
  let chain: TransformChain
  /// Of its steps: most connectors have none, and then it is not looked at.
  let stepIndices: Range<Int>
  let contextHeaders: ContextHeaders
  /// Values are written as JSON, and so by bytes.
  let writesJSON: Bool
  var trees: RecordTreeWriter
  private var decoder = PgOutputDecoder()
  var rows: RowEncoder
  var outbox: OutboxEncoder
  var source: SourceFragments
  var readTime = ReadTimeText()
  private var plans: [RelationOID: RelationPlan] = [:]
  /// Plans made since the pipeline was, those made anew counted again.
  public private(set) var relationsDescribed = 0
  var planParts = PlanParts()
  private var lastRelation: RelationOID?
  private var lastPlan: RelationPlan?
  var transaction: TransactionContext?
  /// A change that waits for `supply`.
  var held: HeldChange?
  /// The row of the change in hand as `supply` completed it, in the place of `after`.
  var completed: TupleLayout?
  /// The change in hand is to go on as it is.
  var isCompleting = false
  var reselectionWarning: ReselectionWarning?
  var signalWarning: SignalWarning?
  /// End of the last transaction or non-transactional message seen in this connector's life: first part of
  /// `source.sequence`. Source: Debezium 3.6, `PostgresStreamingChangeEventSource.commitMessage`.
  public internal(set) var lastCommit: LSN?
  let transactionTopic: Int
  /// Where the last message stood, or the end of the last commit: second part of `source.sequence` of rows that are not
  /// in the log. Source: Debezium 3.6, `SourceInfo.lsn`.
  public internal(set) var lastLSN: LSN?
  /// The last transaction begun.
  public internal(set) var lastTransactionID: TransactionID?
  /// Where the transaction that is being read committed.
  public var openCommitLSN: LSN? { transaction?.commitLSN }
  /// A chunk of an incremental snapshot that waits for the stream.
  var window: ChunkWindow?
  /// Of the last row, where it went through the transforms as a tree: what its tombstone has.
  var lastHeaders: [ConnectHeader]?
  /// Topic that `window` goes to is known by its plan; made anew with each chunk whose table has changed.
  var snapshotPlan: (relation: Relation, table: TableDescription, plan: RelationPlan)?
  var signal: SignalMessage?
  var plansAside: [RelationOID: RelationPlan]?

  /// - Parameter lastCommit: end of the last transaction of an earlier life, from the state record.
  public init(
    _ options: PipelineOptions, lastCommit: LSN?, refusals: RecordRefusals = RecordRefusals(),
    heldKeys: HeldKeys? = nil
  ) {
    self.options = options
    self.refusals = refusals
    self.heldKeys = heldKeys
    self.lastCommit = lastCommit
    skippedOperations = OperationMask(options.skippedOperations)
    chain = TransformChain(options.transforms)
    stepIndices = options.transforms.indices
    contextHeaders = ContextHeaders(options: options)
    writesJSON = options.valueConverter.json != nil
    trees = RecordTreeWriter(options: options)
    rows = RowEncoder(options: options)
    outbox = OutboxEncoder(options: options)
    source = SourceFragments(
      prefix: options.topics.prefix, database: options.database,
      json: options.valueConverter.json?.options ?? JSONOptions())
    transactionTopic = topics.index(of: options.topics.transaction)
  }

  /// The stream starts anew: an open transaction is forgotten, relations will be described again.
  public mutating func streamRestarted() {
    transaction = nil
    held = nil
    plans.removeAll()
    planParts = PlanParts()
    lastRelation = nil
    lastPlan = nil
    window = nil
    plansAside = nil
    records.removeAll()
  }

  /// A snapshot that interrupts the stream describes tables as the catalogue shows them; the stream's own descriptions, which
  /// the server does not repeat, wait meanwhile.
  public mutating func setPlansAside() {
    plansAside = plans
    lastRelation = nil
    lastPlan = nil
  }

  public mutating func takePlansBack() {
    guard let plansAside else { return }
    plans = plansAside
    self.plansAside = nil
    lastRelation = nil
    lastPlan = nil
  }

  public var tableFilter: TableFilter { options.filter }

  /// A column that could not be converted since the last call.
  public mutating func takeConversionWarning() -> ConversionWarning? { rows.takeWarning() }

  /// What has gone to the dead-letter topic since the last call, and how many more there were.
  public mutating func takeDeadLetters() -> (errors: [PipelineError], more: UInt64) { deadLetters.take() }

  /// What `event.processing.failure.handling.mode` has left out since the last call, and how many more there were.
  public mutating func takeSkippedChanges() -> (errors: [PipelineError], more: UInt64) { skippedChanges.take() }

  /// A row that was published without what was to be read again since the last call.
  public mutating func takeReselectionWarning() -> ReselectionWarning? {
    defer { reselectionWarning = nil }
    return reselectionWarning
  }

  /// Takes one message of the stream.
  /// - Parameter now: wall clock in nanoseconds since 1970, for the envelope's `ts_*`.
  public mutating func receive(
    _ message: RawSpan, _ header: XLogDataHeader, now: Int64
  ) throws(PipelineError) -> Step {
    try receive(message, messageBytes: message.byteCount, header, now: now)
  }

  /// `bytes` begin with the message; behind it may stand values that complete its row.
  mutating func receive(
    _ bytes: RawSpan, messageBytes: Int, _ header: XLogDataHeader, now: Int64
  ) throws(PipelineError) -> Step {
    let message = bytes
    self.messageBytes = messageBytes
    part = 0
    let decoded = try decode(bytes.extracting(0..<messageBytes), header)
    switch decoded {
    case .insert(let relation):
      let plan = try plan(relation, header.walStart)
      try check(decoder.newTuple, plan, header.walStart)
      if plan.reselection != nil, !isCompleting,
        let lookup = holds(.create, plan, old: nil, new: decoder.newTuple, message, header, now)
      {
        return .needsRow(lookup)
      }
      try change(.create, plan, old: nil, new: decoder.newTuple, message, header.walStart, now)
      return rowStep()
    case .update(let relation, let old):
      let plan = try plan(relation, header.walStart)
      try check(decoder.newTuple, plan, header.walStart)
      if old != .none { try check(decoder.oldTuple, plan, header.walStart) }
      if plan.reselection != nil, !isCompleting {
        let oldTuple = old == .none ? nil : decoder.oldTuple
        if let lookup = holds(.update, plan, old: oldTuple, new: decoder.newTuple, message, header, now) {
          return .needsRow(lookup)
        }
      }
      try change(
        .update, plan, old: old == .none ? nil : decoder.oldTuple, new: decoder.newTuple, message, header.walStart, now)
      return rowStep()
    case .delete(let relation, _):
      let plan = try plan(relation, header.walStart)
      try check(decoder.oldTuple, plan, header.walStart)
      try change(.delete, plan, old: decoder.oldTuple, new: nil, message, header.walStart, now)
      return rowStep()
    case .begin(let begin):
      return try self.begin(begin, header.walStart)
    case .commit(let commit):
      return try self.commit(commit, header.walStart)
    case .origin(let origin):
      transaction?.origin = origin
      if let transaction { prepareSource(transaction) }
      return .rows
    case .relation(let relation):
      return .needsTable(relation)
    case .type:
      // Types that are not built in are looked up with the table that uses them.
      return .rows
    case .truncate(let truncate):
      lastLSN = header.walStart
      for relation in truncate.relations {
        guard let plan = plans[relation] else { continue }
        part = 0
        try self.truncate(plan, header.walStart, now)
      }
      return .rows
    case .logicalMessage(let logical):
      guard transaction != nil || !logical.isTransactional else {
        throw PipelineError(.unexpectedMessage("a message of a transaction outside of one"), lsn: header.walStart)
      }
      // No COMMIT follows a message outside transactions: Debezium takes it for one itself, and so do the sequences of what
      // comes after.
      if !logical.isTransactional { lastCommit = logical.lsn }
      lastLSN = logical.lsn
      if transaction == nil { records.beginUnit(at: header.walStart) }
      try emitMessage(logical, message, header.walStart, now)
      return .message(isTransactional: logical.isTransactional)
    }
  }

  private mutating func rowStep() -> Step {
    guard let signal else { return .rows }
    self.signal = nil
    return .signal(signal)
  }

  private mutating func decode(
    _ message: RawSpan, _ header: XLogDataHeader
  ) throws(PipelineError) -> PgOutputMessage {
    do throws(DecodeError) {
      return try decoder.decode(message)
    } catch {
      throw PipelineError(.decode(error), lsn: header.walStart)
    }
  }

  /// The rows of a change that was held.
  mutating func decodeAgain(
    _ change: HeldChange
  ) throws(PipelineError) -> (plan: RelationPlan, old: TupleLayout?, new: TupleLayout) {
    switch try unsafe decode(change.message.span.bytes, change.header) {
    case .insert(let relation): return (try plan(relation, change.header.walStart), nil, decoder.newTuple)
    case .update(let relation, let old):
      return (
        try plan(relation, change.header.walStart), old == .none ? nil : decoder.oldTuple, decoder.newTuple
      )
    default: preconditionFailure("only inserts and updates are held")
    }
  }

  /// Answers `needsTable`.
  public mutating func install(_ relation: Relation, _ table: TableDescription, origin: RowOrigin = .stream) {
    let topic = topics.index(of: options.topics.data(TableID(schema: relation.schema, name: relation.name)))
    plans[relation.oid] = RelationPlan(
      relation: relation, table: table, topic: topic, topicName: topics.names[topic], origin: origin, options: options,
      parts: &planParts)
    lastRelation = nil
    lastPlan = nil
    relationsDescribed += 1
  }

  mutating func plan(_ relation: RelationOID, _ lsn: LSN) throws(PipelineError) -> RelationPlan {
    if relation == lastRelation, let lastPlan { return lastPlan }
    guard let plan = plans[relation] else {
      throw PipelineError(.unexpectedMessage("a change of relation \(relation), which was never described"), lsn: lsn)
    }
    lastRelation = relation
    lastPlan = plan
    return plan
  }

  func check(_ tuple: TupleLayout, _ plan: RelationPlan, _ lsn: LSN) throws(PipelineError) {
    guard tuple.count == plan.tupleCount else {
      throw PipelineError(
        .unexpectedMessage("a row of \(tuple.count) columns, where the relation has \(plan.tupleCount)"),
        table: plan.id, lsn: lsn)
    }
  }

  // MARK: Transactions

  private mutating func begin(_ begin: Begin, _ lsn: LSN) throws(PipelineError) -> Step {
    guard transaction == nil else {
      throw PipelineError(.unexpectedMessage("BEGIN inside a transaction"), lsn: lsn)
    }
    let context = TransactionContext(begin)
    transaction = context
    lastTransactionID = begin.transaction
    lastLSN = lsn
    records.beginUnit(at: lsn)
    prepareSource(context)
    if options.providesTransactionMetadata {
      try emitTransactionRecord("BEGIN", context, lsn, count: nil, collections: nil)
    }
    return .began
  }

  private mutating func commit(_ commit: Commit, _ lsn: LSN) throws(PipelineError) -> Step {
    guard let context = transaction else {
      throw PipelineError(.unexpectedMessage("COMMIT outside a transaction"), lsn: lsn)
    }
    if options.providesTransactionMetadata {
      try emitTransactionRecord(
        "END", context, commit.endLSN, count: context.totalOrder, collections: context.collectionsInJavaOrder)
    }
    transaction = nil
    lastCommit = commit.endLSN
    lastLSN = commit.endLSN
    return .committed(endLSN: commit.endLSN, at: commit.committedAt)
  }

  mutating func prepareSource(_ context: TransactionContext) {
    source.prepare(
      unixMicroseconds: context.committedAt.unixMicroseconds, marker: .streaming, lastCommit: lastCommit,
      transactionID: UInt64(context.id.rawValue), xmin: slotXmin, origin: context.origin)
  }
}
