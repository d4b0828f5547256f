import ConnectData
import EventRouting
import PgOutput
import Primitives

/// Records as trees: where a transform takes one apart, or a converter cannot write an envelope from bytes.
extension EventPipeline {
  /// Sends the tree through the transforms from `start` on and writes what comes out. Returns `false` where one of them
  /// dropped it.
  mutating func finish(
    _ tree: ConnectRecord, from start: Int, plan: RelationPlan?, _ lsn: LSN, into record: inout EncodedRecord
  ) throws(PipelineError) -> Bool {
    var tree = tree
    defer { lastHeaders = tree.sharedHeaders ?? tree.headers }
    for index in start..<chain.steps.count {
      guard chain.applies(index, to: tree, topics: &topics) else { continue }
      if chain.actions[index] == .regexRouter {
        // Two steps, since the route may add the name that is then read.
        let topic = try route(index, topics.index(of: tree.topic), plan, lsn)
        if tree.topic != topics.names[topic] { tree.copyHeaders() }
        tree.topic = topics.names[topic]
        continue
      }
      do throws(TransformFailure) {
        guard try chain.apply(index, to: &tree) else { return false }
      } catch {
        throw failure(index, error, plan, lsn)
      }
    }
    do throws(ConverterError) {
      try trees.write(tree, into: &record)
    } catch {
      throw PipelineError(.converter("\(error)"), table: plan?.id, keyColumns: plan?.keyColumnNames ?? [], lsn: lsn)
    }
    record.topic = topics.index(of: tree.topic)
    return true
  }

  /// A row's change, as Debezium hands it to the transforms.
  mutating func tree(
    _ operation: Operation, _ plan: RelationPlan, old: TupleLayout?, new: TupleLayout?, fallback: TupleLayout?,
    _ keyChange: KeyChange, _ message: RawSpan, _ lsn: LSN, _ now: Int64, collectionOrder: Int64, topic: Int
  ) throws(PipelineError) -> ConnectRecord {
    var before = ConnectValue.null
    var after = ConnectValue.null
    if let old { before = try rows.treeRow(plan, old, old: nil, message, lsn: lsn) }
    if let new { after = try rows.treeRow(plan, completed ?? new, old: fallback, message, lsn: lsn) }
    var block = ConnectValue.null
    if collectionOrder > 0, let transaction {
      block = .structure([
        .text("\(transaction.id.rawValue):\(lsn.rawValue)"), .int64(transaction.totalOrder), .int64(collectionOrder),
      ])
    }
    let value = ConnectValue.structure([
      before, after, source.tree(lsn: lsn, table: plan.id), block, .text([operation.rawValue]),
      .int64(floorDivide(now, 1_000_000)), .int64(floorDivide(now, 1_000)), .int64(now),
    ])
    return try tree(
      plan, key: new ?? old, fallback, value: value, plan.schemas.envelope, keyChange, message, lsn, topic: topic)
  }

  /// A record of the table with the row's key; without a row the key is null.
  mutating func tree(
    _ plan: RelationPlan, key row: TupleLayout?, _ fallback: TupleLayout?, value: ConnectValue,
    _ valueSchema: SharedSchema?, _ keyChange: KeyChange, _ message: RawSpan, _ lsn: LSN, topic: Int
  ) throws(PipelineError) -> ConnectRecord {
    var tree = ConnectRecord(
      topic: topics.names[topic], keySchema: nil, key: .null, valueSchema: valueSchema, value: value)
    switch keyChange {
    case .none: break
    case .newKey(let tuple, let old):
      let key = try rows.treeKey(plan, tuple, old: old, message, lsn: lsn)
      tree.headers.append(ConnectHeader("__debezium.newkey", key, plan.keySchema))
    case .oldKey(let tuple):
      let key = try rows.treeKey(plan, tuple, old: nil, message, lsn: lsn)
      tree.headers.append(ConnectHeader("__debezium.oldkey", key, plan.keySchema))
    }
    tree.headers += contextHeaders.trees
    // A router before has made a new record.
    if topic != plan.topic { tree.copyHeaders() }
    if plan.hasKey, let row {
      tree.key = try rows.treeKey(plan, row, old: fallback, message, lsn: lsn)
      tree.keySchema = plan.schemas.key
    }
    return tree
  }

  mutating func route(
    _ index: Int, _ topic: Int, _ plan: RelationPlan?, _ lsn: LSN
  ) throws(PipelineError) -> Int {
    do throws(JavaReplacement.Refusal) {
      return try chain.route(index, topic, topics: &topics)
    } catch {
      throw failure(index, TransformFailure(error.reason), plan, lsn)
    }
  }

  func failure(_ index: Int, _ failure: TransformFailure, _ plan: RelationPlan?, _ lsn: LSN) -> PipelineError {
    PipelineError(
      .transform(alias: chain.steps[index].alias, failure), table: plan?.id, keyColumns: plan?.keyColumnNames ?? [],
      lsn: lsn)
  }
}
