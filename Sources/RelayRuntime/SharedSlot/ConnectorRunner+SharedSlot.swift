import Logging
import PostgresSource
import Primitives

/// What a connector does otherwise where it shares its slot: its reader has the right to it, and each first snapshot comes
/// from a temporary slot, since the shared one can show only the moment at which it was made.
extension ConnectorRunner {
  /// Waits a moment for the reader to know. `false`: another relay has the slot.
  func hasRight(_ seat: SharedSeat) throws(ConnectorFailure) -> Bool {
    let end = RelayClock.now().monotonicMilliseconds + Int64(plan.answerMilliseconds)
    while true {
      switch seat.slot.right(for: seat.member) {
      case .held: return true
      case .taken: return false
      case .unknown(let reason):
        if stop.level > .run || RelayClock.now().monotonicMilliseconds >= end {
          throw ConnectorFailure(.unreachable, "slot \(plan.slot): \(reason)")
        }
        stop.wakeUp.wait(timeoutMilliseconds: 5)
      }
    }
  }

  /// The slot holds all since the record's position, so that an interrupted snapshot can go on.
  func keepsSlot(_ record: StateRecord) -> Bool { record.ownsSlot || seat != nil }

  /// The first connector makes the slot, the others find it.
  func makeSharedSlot(
    _ replication: borrowing ReplicationConnection, _ connection: borrowing PostgresConnection,
    _ beginning: inout Beginning, _ store: inout any StateStore
  ) throws(ConnectorFailure) {
    guard let slot = seat?.slot else { return }
    // Written first, as for a slot of its own.
    beginning.record.snapshot = .running
    beginning.record.ownsSlot = false
    beginning.record.position = beginning.record.position.moved(to: .invalid)
    try save(beginning.record, &store)
    let position = try slot.makingSlot { () throws(ConnectorFailure) in
      // The slot shows this session while it is being made, to connectors that begin just then.
      slot.sessions.began(replication.session)
      if let made = try findSlot(on: connection) { return made.confirmedFlush ?? .invalid }
      try notePublications(on: connection)
      let created = try createSlot(replication, exportsSnapshot: false)
      logger.info("created the shared slot \(plan.slot) at LSN \(created.consistentPoint)")
      return created.consistentPoint
    }
    beginning.record.position.acknowledged = position
    beginning.record.publications = seat?.standing(at: position)
  }

  /// Before a slot is made: all that this shows is then before the place in the log where that begins.
  private func notePublications(on connection: borrowing PostgresConnection) throws(ConnectorFailure) {
    guard let slot = seat?.slot else { return }
    do throws(PostgresError) {
      slot.note(try PublicationsStanding.read(slot.publications, on: connection))
    } catch {
      throw ConnectorFailure(postgres: error, doing: "reading the catalogue")
    }
  }

  /// A snapshot and the exact place in the log that it shows, beside the shared slot, which holds all that comes after: the
  /// reader confirms nothing before this connector has said where it stands.
  func exportForShared(
    _ connection: borrowing PostgresConnection, _ beginning: inout Beginning, _ store: inout any StateStore
  ) throws(ConnectorFailure) {
    try notePublications(on: connection)
    let beside = try connectReplication()
    let name = snapshotSlotName(beside.session.process)
    let slot: SnapshotSlot
    do throws(PostgresError) {
      slot = try SnapshotSlot(beside, name: name)
    } catch {
      let hint =
        error.sqlState == "53400" ? ". A slot must be free while a snapshot is taken: raise max_replication_slots" : ""
      throw ConnectorFailure(
        error.sqlState == "53400" ? .configuration : ConnectorFailure(postgres: error, doing: "").kind,
        "making a temporary slot for the snapshot: \(error)\(hint)")
    }
    let point = slot.created.consistentPoint
    beginning.snapshotSlot = slot
    beginning.view = slot.created.snapshotName.map { .exported(name: $0, at: point) }
    beginning.record.snapshot = .running
    beginning.record.ownsSlot = false
    beginning.record.position = beginning.record.position.moved(to: point)
    beginning.record.publications = seat?.standing(at: point)
    try save(beginning.record, &store)
    seat?.settle(at: point)
    logger.info("the snapshot for the shared slot \(plan.slot) shows LSN \(point), where the stream will go on")
  }

  /// At most 63 bytes, of the characters that a slot's name may have.
  func snapshotSlotName(_ process: Int32) -> String { "\(plan.slot.prefix(40))_snapshot_\(process)" }
}
