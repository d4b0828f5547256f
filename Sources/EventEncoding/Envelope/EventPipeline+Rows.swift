import ConnectData
import EventRouting
import PgOutput
import Primitives

/// Rows to records: by bytes, until a transform of the chain needs a tree.
extension EventPipeline {
  mutating func emitTombstone(
    _ plan: RelationPlan, _ tuple: TupleLayout, _ keyChange: KeyChange, _ message: RawSpan, _ lsn: LSN
  ) throws(PipelineError) {
    let headers = lastHeaders
    let part = self.part
    self.part += 1
    if let wantedPart, part != wantedPart { return }
    var slot = records.take(plan, at: lsn, beginningWith: keyChange.isNone ? contextHeaders.block : nil)
    do throws(PipelineError) {
      let isKept = try fillTombstone(
        plan, tuple, headers, keyChange, message, lsn, into: &slot.record)
      if isKept {
        try admit(slot, plan, tuple, nil, message)
        records.append(slot)
      } else {
        records.putBack(slot)
      }
    } catch {
      records.putBack(slot)
      let change = letter(of: message, plan, .delete, tuple, part: part, lsn)
      try bury(error, plan, plan.topic, change, keyNames: keyNames(plan, tuple, nil, message)) {
        (pipeline, record) throws(PipelineError) in
        try pipeline.writeDeadKey(plan, tuple, nil, message, lsn, into: &record)
      }
    }
  }

  /// Returns `false` where a transform dropped the record.
  /// - Parameter headers: those of the row's own record, where that went through the transforms as a tree.
  private mutating func fillTombstone(
    _ plan: RelationPlan, _ tuple: TupleLayout, _ headers: [ConnectHeader]?, _ keyChange: KeyChange, _ message: RawSpan,
    _ lsn: LSN, into record: inout EncodedRecord
  ) throws(PipelineError) -> Bool {
    if let headers {
      var tree = try tree(plan, key: tuple, nil, value: .null, nil, keyChange, message, lsn, topic: plan.topic)
      tree.headers = headers
      return try finish(tree, from: 0, plan: plan, lsn, into: &record)
    }
    try writeHeaders(plan, keyChange, message, lsn, into: &record)
    var subject = TransformChain.Subject(topic: plan.topic, isTombstone: true)
    for index in chain.steps.indices {
      guard chain.applies(index, to: subject, topics: topics, hasHeader: { record.hasHeader($0) }) else { continue }
      switch chain.actions[index] {
      case .regexRouter: subject.topic = try route(index, subject.topic, plan, lsn)
      case .eventRouter: return false
      case .record:
        let tree = try tree(plan, key: tuple, nil, value: .null, nil, keyChange, message, lsn, topic: subject.topic)
        return try finish(tree, from: index, plan: plan, lsn, into: &record)
      }
    }
    record.topic = subject.topic
    try rows.writeKey(plan, tuple, old: nil, message, lsn: lsn, into: &record)
    return true
  }

  /// Returns `false` where no record can be made of the change and it is left out: then nothing more of it is sent.
  @discardableResult mutating func emitRow(
    _ operation: Operation, _ plan: RelationPlan, old: TupleLayout?, new: TupleLayout?, fallback: TupleLayout?,
    _ keyChange: KeyChange, _ message: RawSpan, _ lsn: LSN, _ now: Int64
  ) throws(PipelineError) -> Bool {
    if window != nil, operation != .read { deduplicate(operation, plan, old: old, new: new, fallback, message) }
    lastHeaders = nil
    let part = self.part
    self.part += 1
    if let wantedPart, part != wantedPart { return true }
    let skips = options.processingFailureMode != .fail
    let transactionBefore = skips ? transaction : nil
    var slot = records.take(plan, at: lsn, beginningWith: keyChange.isNone ? contextHeaders.block : nil)
    do throws(PipelineError) {
      let isKept = try fillRow(
        operation, plan, old: old, new: new, fallback: fallback, keyChange, message, lsn, now, into: &slot.record)
      if isKept {
        if !isHarmless(slot.record) { try admit(slot, plan, new ?? old, fallback, message) }
        records.append(slot)
      } else {
        records.putBack(slot)
      }
    } catch {
      records.putBack(slot)
      if skips, options.deadLetter == nil, case .conversion = error.cause {
        skippedChanges.add(error)
        // Nor does it count as one of its transaction.
        transaction = transactionBefore
        return false
      }
      let change = letter(of: message, plan, operation, new ?? old, part: part, lsn)
      let names = (new ?? old).map { keyNames(plan, $0, fallback, message) } ?? []
      try bury(error, plan, plan.topic, change, keyNames: names) { (pipeline, record) throws(PipelineError) in
        try pipeline.writeDeadRow(
          operation, plan, old: old, new: new, fallback: fallback, message, lsn, now, into: &record)
      }
    }
    return true
  }

  /// Returns `false` where a transform dropped the record.
  mutating func fillRow(
    _ operation: Operation, _ plan: RelationPlan, old: TupleLayout?, new: TupleLayout?, fallback: TupleLayout?,
    _ keyChange: KeyChange, _ message: RawSpan, _ lsn: LSN, _ now: Int64, into record: inout EncodedRecord
  ) throws(PipelineError) -> Bool {
    try writeHeaders(plan, keyChange, message, lsn, into: &record)
    var subject = TransformChain.Subject(topic: plan.topic, isTombstone: false)
    var isEnvelope = true
    // Counted here, since a row that a transform drops later is an event of its transaction all the same.
    var collectionOrder: Int64 = 0
    // Rows that an incremental snapshot sends in between are none of its events.
    if options.providesTransactionMetadata, transaction != nil, operation != .read {
      collectionOrder = transaction!.count(plan.id)
    }
    for index in stepIndices {
      let isTombstone = !isEnvelope && record.value == nil
      subject.isTombstone = isTombstone
      let applies = chain.applies(index, to: subject, topics: topics, hasHeader: { record.hasHeader($0) })
      guard applies else { continue }
      if isEnvelope, chain.takesTree[index] {
        let tree = try tree(
          operation, plan, old: old, new: new, fallback: fallback, keyChange, message, lsn, now,
          collectionOrder: collectionOrder, topic: subject.topic)
        return try finish(tree, from: index, plan: plan, lsn, into: &record)
      }
      switch chain.actions[index] {
      case .regexRouter: subject.topic = try route(index, subject.topic, plan, lsn)
      case .record: preconditionFailure("a record that is no envelope any more became a tree before")
      case .eventRouter:
        if isTombstone { return false }
        guard isEnvelope else { continue }
        let router = outbox.router(index)
        if !router.options.isExact {
          // Debezium makes the whole row before its router sees it, so a column that nobody asked for fails it too.
          if let old { try rows.check(plan, old, old: nil, message, lsn: lsn) }
          if let new { try rows.check(plan, completed ?? new, old: fallback, message, lsn: lsn) }
        }
        switch operation {
        case .delete: return false
        case .update:
          guard router.options.invalidOperationBehavior == .fatal else { return false }
          throw failure(
            index, TransformFailure("an update of the outbox table, with table.op.invalid.behavior=fatal"), plan, lsn)
        case .truncate, .message:
          throw failure(index, TransformFailure("a truncate of the outbox table has no event"), plan, lsn)
        case .create, .read: break
        }
        do throws(TransformFailure) {
          guard let columns = try plan.outbox[index].found() else { continue }
          subject.topic = try outbox.write(
            router, columns, plan, completed ?? new!, old: fallback, message, lsn: lsn, now: now, rows: &rows,
            topics: &topics, into: &record)
        } catch {
          throw failure(index, error, plan, lsn)
        }
        isEnvelope = false
      }
    }
    record.topic = subject.topic
    guard isEnvelope else { return true }
    if !writesJSON {
      let tree = try tree(
        operation, plan, old: old, new: new, fallback: fallback, keyChange, message, lsn, now,
        collectionOrder: collectionOrder, topic: subject.topic)
      return try finish(tree, from: chain.steps.count, plan: plan, lsn, into: &record)
    }
    if operation != .truncate {
      // No copy of either, which would be counted.
      if let new {
        try rows.writeKey(plan, new, old: fallback, message, lsn: lsn, into: &record)
      } else if let old {
        try rows.writeKey(plan, old, old: fallback, message, lsn: lsn, into: &record)
      }
    }
    try writeEnvelope(
      operation, plan, prefix: plan.valuePrefix, old: old, new: new, fallback: fallback, message, lsn, now,
      collectionOrder: collectionOrder, into: &record)
    return true
  }

  /// Of a record that begins with the context headers, unless it is one of a change of the key: there they come second.
  mutating func writeHeaders(
    _ plan: RelationPlan, _ keyChange: KeyChange, _ message: RawSpan, _ lsn: LSN, into record: inout EncodedRecord
  ) throws(PipelineError) {
    switch keyChange {
    case .none: return
    case .newKey(let tuple, let old):
      try writeKeyHeader("__debezium.newkey", plan, tuple, fallback: old, message, lsn, into: &record)
    case .oldKey(let tuple):
      try writeKeyHeader("__debezium.oldkey", plan, tuple, fallback: nil, message, lsn, into: &record)
    }
    if let block = contextHeaders.block { record.append(block) }
  }

  mutating func writeKeyHeader(
    _ name: String, _ plan: RelationPlan, _ tuple: TupleLayout, fallback: TupleLayout?, _ message: RawSpan,
    _ lsn: LSN, into record: inout EncodedRecord
  ) throws(PipelineError) {
    let key = try rows.keyValue(plan, tuple, old: fallback, message, lsn: lsn)
    do throws(ConverterError) {
      try record.appendHeader(Array(name.utf8)) { out throws(ConverterError) in
        try options.headerConverter.write(key, plan.keySchema, into: &out)
      }
    } catch {
      throw PipelineError(.converter("\(error)"), table: plan.id, keyColumns: plan.keyColumnNames, lsn: lsn)
    }
  }

  /// - Parameter prefix: the schema's part of the value, if any.
  mutating func writeEnvelope(
    _ operation: Operation, _ plan: RelationPlan, prefix: [UInt8], old: TupleLayout?, new: TupleLayout?,
    fallback: TupleLayout?,
    _ message: RawSpan, _ lsn: LSN, _ now: Int64, collectionOrder: Int64, into record: inout EncodedRecord
  ) throws(PipelineError) {
    let start = record.bytes.count
    record.bytes.append(prefix)
    record.bytes.append("{\"before\":")
    if let old {
      try rows.writeRow(plan, old, old: nil, message, lsn: lsn, into: &record.bytes)
    } else {
      record.bytes.append("null")
    }
    record.bytes.append(",\"after\":")
    if let completed, new != nil {
      try rows.writeRow(plan, completed, old: fallback, message, lsn: lsn, into: &record.bytes)
    } else if let new {
      try rows.writeRow(plan, new, old: fallback, message, lsn: lsn, into: &record.bytes)
    } else {
      record.bytes.append("null")
    }
    record.bytes.append(UInt8(ascii: ","))
    source.write(lsn: lsn, table: plan.sourceTableJSON, into: &record.bytes)
    if collectionOrder > 0, let transaction {
      record.bytes.append(",\"transaction\":{\"id\":\"")
      record.bytes.append(decimal: UInt64(transaction.id.rawValue))
      record.bytes.append(UInt8(ascii: ":"))
      record.bytes.append(decimal: lsn.rawValue)
      record.bytes.append("\",\"total_order\":")
      record.bytes.append(decimal: transaction.totalOrder)
      record.bytes.append(",\"data_collection_order\":")
      record.bytes.append(decimal: collectionOrder)
      record.bytes.append("},\"op\":\"")
    } else {
      record.bytes.append(",\"transaction\":null,\"op\":\"")
    }
    record.bytes.append(operation.rawValue)
    record.bytes.append(UInt8(ascii: "\""))
    readTime.write(now, into: &record.bytes)
    record.bytes.append(UInt8(ascii: "}"))
    if !prefix.isEmpty { record.bytes.append(UInt8(ascii: "}")) }
    record.value = start..<record.bytes.count
  }
}
