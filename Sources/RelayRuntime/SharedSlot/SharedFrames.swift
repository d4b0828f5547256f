import PgOutput
import Primitives

/// One connector's place at a shared slot.
struct SharedSeat: Sendable {
  let slot: SharedSlot
  let member: Int

  func arrive() { slot.arrive(member) }
  func settle(at position: LSN) { slot.settle(member, at: position) }
  func leave() { slot.leave(member) }
  func end() { slot.end(member) }
  func know(_ stored: PublicationsStanding?) { slot.know(member, stored) }
  func standing(at position: LSN) -> PublicationsStanding? { slot.standing(of: member, at: position) }
}

/// A connector's end of a shared stream: what `ReplicationConnection` is of a stream of its own.
struct SharedFrames {
  let seat: SharedSeat
  private var batch = FrameBatch()
  private var offset = 0

  init(_ seat: SharedSeat) { self.seat = seat }

  /// For poll(2).
  var descriptor: Int32 { seat.slot.wakeUp(seat.member).descriptor }

  mutating func start(at position: LSN) {
    batch = FrameBatch()
    offset = 0
    seat.slot.wait(seat.member, from: position)
  }

  mutating func receive(readingSocket: Bool, _ body: (RawSpan) -> Void) throws(SourceError) -> SourceReceived {
    if batch.lendNext(at: &offset, body) { return .frame }
    guard readingSocket else { return .nothing }
    var used = FrameBatch()
    swap(&used, &batch)
    offset = 0
    guard let next = try seat.slot.take(seat.member, returning: used) else { return .nothing }
    batch = next
    return batch.lendNext(at: &offset, body) ? .frame : .nothing
  }

  func send(_ update: StandbyStatusUpdate) throws(SourceError) { try seat.slot.tell(seat.member, update) }
}
