import PgOutput
import Primitives

/// What one connector has of a shared stream: exactly the frames that the server would send it alone, from its own position
/// on and by its own publication. Pure: frames in, frames out.
struct StreamShare: Sendable {
  private enum Place {
    case outside
    /// In a transaction that the connector has already.
    case passing
    /// In one of which nothing was for the connector so far: it has not heard of it.
    case unopened
    case open
  }

  /// Transactions that commit before it, and messages that stand before it, are left out, as START_REPLICATION does.
  /// Source: PostgreSQL source, `src/backend/replication/logical/snapbuild.c`, `SnapBuildXactNeedsSkip`.
  let from: LSN
  /// The server tells of transactions without changes, as before PostgreSQL 15.
  private let hasEmptyTransactions: Bool
  private var place = Place.outside
  /// What the connector is to see of the relations that were described since the stream began.
  private var published: [RelationOID: PublishedOperations] = [:]
  private var lastRelation: (oid: RelationOID, operations: PublishedOperations)?
  /// The end of a transaction that was kept from the connector, which may take it for the log's end.
  private var passedEnd: LSN?

  init(from position: LSN, hasEmptyTransactions: Bool) {
    from = position
    self.hasEmptyTransactions = hasEmptyTransactions
  }

  mutating func describe(_ relation: RelationOID, _ operations: PublishedOperations) {
    published[relation] = operations
    lastRelation = nil
  }

  /// - Parameter opening: BEGIN, and what followed it, of the transaction that the stream is in.
  mutating func take(_ frame: SharedFrame, _ bytes: RawSpan, opening: FrameBatch, into out: inout FrameBatch) {
    switch frame {
    case .row(let relation, let operation):
      if operations(relation).contains(operation) { give(bytes, opening, &out) }
    case .begin(let commitLSN):
      place = commitLSN < from ? .passing : .unopened
      if hasEmptyTransactions, place == .unopened {
        out.append(opening)
        place = .open
      }
    case .origin:
      // Otherwise it is in `opening`.
      if place == .open { out.append(bytes) }
    case .commit(let end):
      if place == .open {
        out.append(bytes)
        passedEnd = nil
      } else if end > from {
        passedEnd = end
      }
      place = .outside
    case .relation(let relation):
      // Outside transactions as well, and those that the connector has already: the server describes a table once.
      if !(published[relation] ?? .all).isEmpty { out.append(bytes) }
    case .type: out.append(bytes)
    case .truncate(let relations):
      let mine = relations.filter { operations($0).contains(.truncate) }
      if mine.count == relations.count {
        give(bytes, opening, &out)
      } else if !mine.isEmpty {
        let cut = SharedFrame.truncate(bytes, only: mine)
        unsafe give(cut.span.bytes, opening, &out)
      }
    case .message(let isTransactional, let lsn):
      if isTransactional {
        give(bytes, opening, &out)
      } else if lsn > from {
        out.append(bytes)
      }
    case .keepalive: out.append(bytes)
    case .other: give(bytes, opening, &out)
    }
  }

  /// Tells the connector how far the log has been read without anything for it.
  mutating func tellPassedEnd(into out: inout FrameBatch) {
    guard let end = passedEnd else { return }
    passedEnd = nil
    out.appendKeepalive(at: end)
  }

  private mutating func operations(_ relation: RelationOID) -> PublishedOperations {
    if let lastRelation, lastRelation.oid == relation { return lastRelation.operations }
    let operations = published[relation] ?? .all
    lastRelation = (relation, operations)
    return operations
  }

  private mutating func give(_ bytes: RawSpan, _ opening: FrameBatch, _ out: inout FrameBatch) {
    switch place {
    case .passing: return
    case .unopened:
      // BEGIN is sent with the first change that is published, and stands there: for each connector at its own.
      // Source: PostgreSQL source, `src/backend/replication/pgoutput/pgoutput.c`, `pgoutput_send_begin`.
      out.append(opening, standingAt: bytes)
      place = .open
    case .open, .outside: break
    }
    out.append(bytes)
  }
}
