import ConnectData
import EventRouting
import PgOutput
import Primitives

/// Records that are no change of a table: transaction metadata, logical messages, heartbeats. They are few, so they are made
/// as trees; they carry no context headers, and event routers let them pass.
extension EventPipeline {
  mutating func emitTransactionRecord(
    _ status: String, _ context: TransactionContext, _ lsn: LSN, count: Int64?,
    collections: [(table: TableID, count: Int64)]?
  ) throws(PipelineError) {
    let id = ConnectValue.text("\(context.id):\(lsn.rawValue)")
    let list = collections.map { collections in
      var counts = collections.map { ConnectValue.structure([.text($0.table.description), .int64($0.count)]) }
      if context.messages > 0 {
        counts.append(.structure([.text(TransactionContext.messagesName), .int64(context.messages)]))
      }
      return ConnectValue.array(counts)
    }
    let value = ConnectValue.structure([
      .text(status), id, count.map(ConnectValue.int64) ?? .null, list ?? .null,
      .int64(floorDivide(context.committedAt.unixMicroseconds, 1_000)),
    ])
    try emitTree(
      "transaction record", topic: transactionTopic, key: .structure([id]), EnvelopeSchema.transactionKey, value: value,
      EnvelopeSchema.transactionValue, lsn)
  }

  mutating func emitMessage(
    _ logical: LogicalMessage, _ message: RawSpan, _ lsn: LSN, _ now: Int64
  ) throws(PipelineError) {
    let content = message.extracting(logical.content)
    // No COMMIT follows a message outside a transaction: Debezium takes the message itself for one.
    if !logical.isTransactional { lastCommit = logical.lsn }
    if !options.messageFilter.includes(logical.prefix) { return }
    let microseconds: Int64
    var transactionID: Int64?
    var nanoseconds: Int64
    var block = ConnectValue.null
    if logical.isTransactional, let transaction {
      if options.providesTransactionMetadata {
        self.transaction!.countMessage()
        block = .structure([
          .text("\(transaction.id):\(lsn.rawValue)"), .int64(transaction.totalOrder + 1), .int64(1),
        ])
      }
      microseconds = transaction.committedAt.unixMicroseconds
      nanoseconds = microseconds &* 1_000
      transactionID = Int64(transaction.id.rawValue)
    } else {
      microseconds = floorDivide(now, 1_000)
      nanoseconds = now
    }
    let lastCommitText = lastCommit.map { "\"\($0.rawValue)\"" } ?? "null"
    let sequence = "[\(lastCommitText),\"\(logical.lsn.rawValue)\"]"
    let source = ConnectValue.structure([
      .text(PipelineOptions.debeziumVersion), .text("postgresql"), .text(options.topics.prefix),
      .int64(floorDivide(microseconds, 1_000)), .null, .text(options.database), .text(sequence),
      .int64(microseconds), .int64(nanoseconds), .text(""), .text(""), transactionID.map(ConnectValue.int64) ?? .null,
      .int64(Int64(bitPattern: logical.lsn.rawValue)), .null, .null, .null,
    ])
    var bytes: [UInt8] = []
    bytes.reserveCapacity(content.byteCount)
    for offset in 0..<content.byteCount { bytes.append(content.byte(at: offset)) }
    let value = ConnectValue.structure([
      .text("m"), .int64(floorDivide(now, 1_000_000)), source, block,
      .structure([.text(logical.prefix), BinaryValue.value(bytes, ColumnTypes.binaryForm(options.values))]),
    ])
    try emitTree(
      "logical message", topic: topics.index(of: options.topics.message), key: .structure([.text(logical.prefix)]),
      EnvelopeSchema.messageKey, value: value,
      options.values.binary == .bytes ? EnvelopeSchema.messageValue : EnvelopeSchema.messageTextValue, lsn,
      of: message)
  }

  /// `heartbeat.interval.ms` has passed: one record, for partition 0.
  public mutating func heartbeat(now: Int64, at lsn: LSN) throws(PipelineError) {
    records.beginBetween(nil)
    defer { records.endBetween() }
    try emitTree(
      "heartbeat", topic: topics.index(of: options.heartbeatTopic), partition: 0,
      key: .structure([.text(options.topics.prefix)]), EnvelopeSchema.heartbeatKey,
      value: .structure([.int64(floorDivide(now, 1_000_000))]), EnvelopeSchema.heartbeatValue, lsn)
  }

  /// A record that is no change of a table: no context headers.
  /// - Parameter message: the stream's message that it is made of; of some there is none.
  mutating func emitTree(
    _ kind: String = "no change of a table", topic: Int, partition: Int32? = nil, key: ConnectValue,
    _ keySchema: SharedSchema,
    value: ConnectValue,
    _ valueSchema: SharedSchema, _ lsn: LSN, of message: RawSpan? = nil
  ) throws(PipelineError) {
    var slot = records.take(nil, at: lsn)
    let tree = ConnectRecord(
      topic: topics.names[topic], partition: partition, keySchema: keySchema, key: key, valueSchema: valueSchema,
      value: value)
    do throws(PipelineError) {
      if try finish(tree, from: 0, plan: nil, lsn, into: &slot.record) {
        try admit(slot, nil, nil, nil, RawSpan())
        records.append(slot)
      } else {
        records.putBack(slot)
      }
    } catch {
      records.putBack(slot)
      var error = error
      error.recordKind = kind
      var change: LetteredChange?
      if let message { change = letter(of: message, nil, .message, nil, part: 0, lsn) }
      try bury(error, nil, topic, change, keyNames: []) { (pipeline, record) throws(PipelineError) in
        try pipeline.writeDeadTree(tree, lsn, into: &record)
      }
    }
  }
}
