import DequeModule
import Primitives

/// Which transactions Kafka still owes an answer for, in commit order. From its tail comes the only position that may be
/// confirmed to PostgreSQL: the end of the last transaction of which every record, and every record of all earlier
/// ones, is acknowledged.
///
/// A transaction without records joins the one before it. Of the others those are kept, too, that are acknowledged behind one
/// that is not: where one partition stands still and others take records, they are as many as its caller lets begin.
public struct InFlightLedger: Sendable {
  /// Given with each record to the producer and back with its acknowledgement.
  public struct Ticket: Hashable, Sendable {
    public let rawValue: UInt64
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }
  }

  private struct Entry {
    /// Where its first message stands in the log, for errors.
    let startLSN: LSN
    /// End of its commit; `nil` while open, and for a unit that moves no position.
    var endLSN: LSN?
    var committedAt: PostgresTimestamp?
    /// `endLSN` is that of a commit.
    var isCommit = false
    var outstanding: Int
    var isOpen: Bool
    /// Of the last record.
    var lastOrdinal: UInt64 = 0
    /// Of `mark`.
    var mark: UInt64?
  }

  private var entries: Deque<Entry> = []
  /// Sequence number of `entries.first`.
  private var first: UInt64 = 0
  /// Records handed to the producer and not acknowledged.
  public private(set) var recordsInFlight = 0
  /// End of the acknowledged prefix. Never goes back.
  public private(set) var acknowledged: LSN
  /// End of the last transaction in the acknowledged prefix; `nil` before the first.
  public private(set) var acknowledgedCommit: LSN?
  /// The last mark behind which everything before it is acknowledged; 0 before the first.
  public private(set) var acknowledgedMark: UInt64 = 0

  public init(startingAt position: LSN, lastCommit: LSN? = nil) {
    acknowledged = position
    acknowledgedCommit = lastCommit
  }

  /// Nothing is in flight and no transaction is open.
  public var isIdle: Bool { entries.isEmpty }

  /// Transactions and other units from the oldest that is not acknowledged on.
  public var unitCount: Int { entries.count }

  /// A transaction, or another unit such as a snapshot, has begun and not ended.
  public var hasOpenUnit: Bool { entries.last?.isOpen ?? false }

  /// A transaction begins, or another unit whose records belong together. Only one is open at a time.
  public mutating func begin(at startLSN: LSN) {
    precondition(!hasOpenUnit, "a unit is already open")
    entries.append(Entry(startLSN: startLSN, endLSN: nil, committedAt: nil, outstanding: 0, isOpen: true))
  }

  /// What the next record of the open unit takes along.
  @inlinable
  public var openTicket: Ticket { Ticket(rawValue: lastSequence) }

  @usableFromInline
  var lastSequence: UInt64 {
    precondition(hasOpenUnit, "no unit is open")
    return first + UInt64(entries.count - 1)
  }

  /// The producer took a record with the open unit's ticket.
  /// - Parameter ordinal: its place in the unit; never goes back.
  public mutating func recordAccepted(ordinal: UInt64 = 0) {
    precondition(hasOpenUnit, "no unit is open")
    entries[entries.count - 1].outstanding += 1
    entries[entries.count - 1].lastOrdinal = ordinal
    recordsInFlight += 1
  }

  /// The open transaction's commit has come: `endLSN` may be confirmed once all up to here is acknowledged.
  public mutating func commit(endLSN: LSN, committedAt: PostgresTimestamp) {
    close(endLSN: endLSN, committedAt: committedAt, isCommit: true)
  }

  /// The open unit ends without a position of its own: a snapshot's rows, or a message outside transactions.
  public mutating func endWithoutPosition() { close(endLSN: nil, committedAt: nil) }

  /// The open unit ends at a position of its own and is no transaction: a message outside transactions.
  public mutating func end(at position: LSN) { close(endLSN: position, committedAt: nil) }

  /// The stream broke inside a transaction. What was sent of it stays in flight and moves no position; the server will
  /// send the whole transaction again.
  public mutating func abandonOpenUnit() {
    if hasOpenUnit { close(endLSN: nil, committedAt: nil) }
  }

  /// Sets a mark behind what has been handed over so far: something else that must not be stored before it is
  /// acknowledged. Marks count up; none is set inside a unit, which may be given up.
  public mutating func mark(_ mark: UInt64) {
    precondition(!hasOpenUnit, "a unit is open")
    precondition(mark >= acknowledgedMark, "marks count up")
    if entries.isEmpty { acknowledgedMark = mark } else { entries[entries.count - 1].mark = mark }
  }

  private mutating func close(endLSN: LSN?, committedAt: PostgresTimestamp?, isCommit: Bool = false) {
    precondition(hasOpenUnit, "no unit is open")
    let last = entries.count - 1
    if entries[last].outstanding > 0 {
      entries[last].endLSN = endLSN
      entries[last].committedAt = committedAt
      entries[last].isCommit = isCommit
      entries[last].isOpen = false
      return
    }
    // Nothing of it was sent (or all of it is acknowledged): it only moves the position of the unit before it.
    if last > 0 {
      // A ticket of it may still be known to nobody, so its number can be given again.
      entries.removeLast()
      if let endLSN {
        entries[last - 1].endLSN = max(endLSN, entries[last - 1].endLSN ?? endLSN)
        entries[last - 1].isCommit = entries[last - 1].isCommit || isCommit
      }
    } else {
      entries.removeLast()
      first += 1
      if let endLSN { advance(to: endLSN, isCommit: isCommit) }
    }
  }

  /// Kafka has acknowledged one record. Returns `false` for a ticket that is not in flight, which is a fault of ours.
  public mutating func recordAcknowledged(_ ticket: Ticket) -> Bool {
    guard ticket.rawValue >= first, ticket.rawValue - first < UInt64(entries.count) else { return false }
    let index = Int(ticket.rawValue - first)
    guard entries[index].outstanding > 0 else { return false }
    entries[index].outstanding -= 1
    recordsInFlight -= 1
    return true
  }

  /// The ticket in flight, or to be, that ends with these bits.
  public func ticket(endingWith low: UInt64, mask: UInt64) -> Ticket {
    Ticket(rawValue: first &+ ((low &- first) & mask))
  }

  /// The last ordinal of the ticket's unit that ends with these bits; `nil` for a ticket that is not in flight.
  public func ordinal(of ticket: Ticket, endingWith low: UInt64, mask: UInt64) -> UInt64? {
    guard ticket.rawValue >= first, ticket.rawValue - first < UInt64(entries.count) else { return nil }
    let last = entries[Int(ticket.rawValue - first)].lastOrdinal
    let back = (last &- low) & mask
    return back <= last ? last - back : nil
  }

  /// Where the unit of a ticket begins; `nil` for a ticket that is not in flight.
  public func startLSN(of ticket: Ticket) -> LSN? {
    guard ticket.rawValue >= first, ticket.rawValue - first < UInt64(entries.count) else { return nil }
    return entries[Int(ticket.rawValue - first)].startLSN
  }

  /// Removes the acknowledged prefix, moves the position, and hands each finished transaction's commit time to `body`.
  /// Once per batch of acknowledgements.
  public mutating func settle(_ body: (PostgresTimestamp) -> Void = { _ in }) {
    while let entry = entries.first, !entry.isOpen, entry.outstanding == 0 {
      entries.removeFirst()
      first += 1
      if let endLSN = entry.endLSN { advance(to: endLSN, isCommit: entry.isCommit) }
      if let mark = entry.mark { acknowledgedMark = mark }
      if let committedAt = entry.committedAt { body(committedAt) }
    }
  }

  /// With nothing in flight and no transaction open, the server's WAL end holds nothing for us: it may be confirmed, so
  /// that an idle slot keeps no WAL. Returns whether the position moved.
  public mutating func advanceWhileIdle(to walEnd: LSN) -> Bool {
    guard isIdle, walEnd > acknowledged else { return false }
    acknowledged = walEnd
    return true
  }

  private mutating func advance(to position: LSN, isCommit: Bool) {
    acknowledged = max(acknowledged, position)
    if isCommit { acknowledgedCommit = position }
  }
}
