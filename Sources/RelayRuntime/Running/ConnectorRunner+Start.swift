import EventEncoding
import Logging
import PostgresSource
import Primitives

/// What the start's decision comes to: the state record in force, the slot, and the snapshot to take.
extension ConnectorRunner {
  /// What a connector goes on with.
  struct Beginning {
    var record: StateRecord
    /// The snapshot to take first.
    var view: SnapshotView?
    /// Exports `view`; needed until the snapshot is over.
    var snapshotSlot: SnapshotSlot?
    /// There is nothing to do.
    var isOver = false

    init(_ record: StateRecord) { self.record = record }
  }

  /// A temporary slot, which goes with its connection. Only a slot's making gives a snapshot together with the exact place
  /// in the log that it shows: a position that is read beside a snapshot can be after a commit that the snapshot lacks.
  final class SnapshotSlot {
    private let connection: ReplicationConnection
    let created: ReplicationConnection.CreatedSlot

    init(_ connection: consuming ReplicationConnection, name: String) throws(PostgresError) {
      created = try connection.createSlot(name, exportsSnapshot: true, isTemporary: true)
      self.connection = connection
    }
  }

  func begin(
    _ decision: StartDecision, _ record: StateRecord, _ store: inout any StateStore,
    _ replication: borrowing ReplicationConnection, _ connection: borrowing PostgresConnection
  ) throws(ConnectorFailure) -> Beginning {
    var beginning = Beginning(record)
    if case .resumeSnapshot = decision { resume(&beginning.record) }
    beginning.record.resumable = nil
    switch decision {
    case .refuse(let refusal):
      throw ConnectorFailure(.configuration, refusal.description)
    case .stream(let position):
      logger.info("going on at LSN \(position) of slot \(plan.slot)")
    case .resumeSnapshot: break
    case .followSlot(let position, let unsent):
      beginning.record.position.acknowledged = position
      logger.warning(
        "slot \(plan.slot) is at LSN \(position), beyond the stored position \(unsent): the changes in between (\(position.bytes(since: unsent)) bytes of WAL) are given up, as offset.mismatch.strategy asks"
      )
    case .newSlot(let withSnapshot, _) where seat != nil:
      try makeSharedSlot(replication, connection, &beginning, &store)
      if withSnapshot { try exportForShared(connection, &beginning, &store) }
    case .existingSlot(withSnapshot: true, _) where seat != nil: try exportForShared(connection, &beginning, &store)
    case .existingSlot(let withSnapshot, let position):
      beginning.record.position = beginning.record.position.moved(to: position)
      beginning.record.ownsSlot = false
      if withSnapshot { beginning.view = .own(.repeatableRead) }
      logger.info("slot \(plan.slot) was there before; streaming will begin at its position \(position)")
    case .newSlot(let withSnapshot, let replacesSlot):
      if replacesSlot {
        logger.notice("an earlier snapshot was not finished, or the slot is lost: starting again on a new slot")
        try dropSlot(on: connection)
      }
      try makeSlot(replication, withSnapshot: withSnapshot, &beginning, &store)
    case .snapshotAgain(let position):
      seat?.settle(at: position)
      try exportBeside(after: position, &beginning)
    case .snapshotOnly:
      // A position of an earlier stream stays: its slot may be there still, and holds what came since.
      if beginning.record.position.acknowledged == .invalid { beginning.record.snapshot = .running }
      try save(beginning.record, &store)
      beginning.view = .own(plan.snapshot.isolation)
    case .nothingToDo:
      logger.notice("nothing to do: no stream is asked for, and no snapshot is wanted or it was finished before")
      beginning.isOver = true
    }
    return beginning
  }

  private func makeSlot(
    _ replication: borrowing ReplicationConnection, withSnapshot: Bool, _ beginning: inout Beginning,
    _ store: inout any StateStore
  ) throws(ConnectorFailure) {
    // Written first: should we die between here and the slot's making, a next start finds "running" and no slot. It is
    // ours only once it is made: should we die before that is written, it counts as one that was there before.
    beginning.record.snapshot = .running
    beginning.record.ownsSlot = false
    beginning.record.position = beginning.record.position.moved(to: .invalid)
    try save(beginning.record, &store)
    let created = try createSlot(replication, exportsSnapshot: withSnapshot)
    beginning.record.ownsSlot = true
    beginning.record.position = beginning.record.position.moved(to: created.consistentPoint)
    try save(beginning.record, &store)
    if withSnapshot, let name = created.snapshotName {
      beginning.view = .exported(name: name, at: created.consistentPoint)
    }
    logger.info("created slot \(plan.slot) at LSN \(created.consistentPoint)")
  }

  /// `snapshot.mode=always` on a slot that goes on: the snapshot comes from a temporary slot, and the stream follows from
  /// that one's consistent point. Until it is over the state record stays as it is, so that a start after a failure finds
  /// the same.
  private func exportBeside(after position: LSN, _ beginning: inout Beginning) throws(ConnectorFailure) {
    let beside = try connectReplication()
    do throws(PostgresError) {
      let name = snapshotSlotName(beside.session.process)
      let slot = try SnapshotSlot(beside, name: name)
      beginning.snapshotSlot = slot
      let point = slot.created.consistentPoint
      beginning.view = slot.created.snapshotName.map { .exported(name: $0, at: point) }
      beginning.record.position = beginning.record.position.moved(to: point)
      logger.notice(
        "snapshot.mode=always: what was committed from LSN \(position) to \(point) is told by the snapshot, not change by change; rows deleted in between leave no record"
      )
    } catch {
      // No slot is free: what is between the two positions then comes after the snapshot, change by change.
      guard error.sqlState == "53400" else {
        throw ConnectorFailure(postgres: error, doing: "making a temporary slot for the snapshot")
      }
      beginning.view = .own(.repeatableRead)
      logger.warning(
        "\(error): no slot is free for the snapshot. The stream will go on at LSN \(position), so changes that the snapshot holds come again after it. Raise max_replication_slots"
      )
    }
  }
}
