import EventEncoding
import EventRouting
import Logging
import PostgresSource
import Primitives

/// `sluice.snapshot.resume`: a first snapshot that was interrupted goes on as an incremental one. The slot stays, so each
/// change since the snapshot's moment comes by the stream, deletions among them; tables that were finished need no more, and
/// the others are read again in chunks that never overtake the stream.
extension ConnectorRunner {
  /// The decision in force: an interrupted snapshot of tables that cannot be read in chunks, or no longer are the same,
  /// starts again from zero.
  func checked(
    _ decision: StartDecision, _ state: StateRecord?, _ captured: [TableCatalog.Table], _ options: PipelineOptions,
    on connection: borrowing PostgresConnection
  ) throws(ConnectorFailure) -> StartDecision {
    guard case .resumeSnapshot = decision, let snapshot = state?.resumable else { return decision }
    let overrides = plan.snapshot.selectOverrides
    let tables = try included(captured).filter {
      let id = TableID(schema: $0.schema, name: $0.name)
      return !plan.signals.tables.contains(id) && overrides[id.description] != ""
    }
    let described: [SnapshotTable]
    do throws(PostgresError) {
      described = try SnapshotTable.read(tables, overrides: [:], on: connection)
    } catch {
      throw ConnectorFailure(postgres: error, doing: "reading the catalogue")
    }
    let obstacle = snapshot.obstacle(candidates(described, options))
    guard let obstacle else { return decision }
    if plan.transactions != nil, !snapshot.finished.isEmpty {
      throw ConnectorFailure(
        .configuration,
        "the interrupted snapshot cannot go on: \(obstacle). What is committed of it would come twice. Set the tables back as they were; or remove the connector's state record (a tombstone for key \(plan.name) in the offsets topic) and slot \(plan.slot) to take it again"
      )
    }
    logger.notice("the interrupted snapshot cannot go on: \(obstacle)")
    return .newSlot(withSnapshot: true, replacesSlot: true)
  }

  /// What is left of the snapshot, as the context of an incremental one. It takes effect once the record is stored.
  func resume(_ record: inout StateRecord) {
    let left = record.resumable?.unfinished ?? []
    // Behind what an earlier stream was asked for.
    var context = record.position.incremental ?? IncrementalContext()
    context.collections += left.map { .init(table: $0, isOfFirstSnapshot: true) }
    record.position.incremental = context.isEmpty ? nil : context
    let names = left.map(\.description).joined(separator: ", ")
    logger.notice(
      "the interrupted snapshot goes on at LSN \(record.position.acknowledged) of slot \(plan.slot): \(record.resumable?.finished.count ?? 0) tables are finished, \(left.isEmpty ? "none is left" : "left are \(names)")"
    )
  }

  /// What is needed to go on with a stored incremental snapshot, even where the configuration asks for none by signal.
  func signals(for record: StateRecord) -> SignalPlan {
    var signals = plan.signals
    if signals.watermarks == nil, record.position.incremental?.isRunning == true {
      signals.watermarks = .position
      signals.reader?.signalTable = nil
    }
    return signals
  }
}
