import PgOutput
import Primitives

/// What PostgreSQL sent of a change, as its dead letter carries it in the header `sluice.errors.change`: enough to make its
/// record again after a mend (`sluice replay`), under the configuration of then.
///
///     version 1, UInt8 kind, UInt8 part, UInt64 LSN, UInt64 last commit (0: none), what the kind asks for,
///     UInt32 length and RELATION message (0: none), UInt32 length and the change's message
public struct LetteredChange: Equatable, Sendable {
  public enum Origin: Equatable, Sendable {
    /// A change of a transaction, with the places that its record has there; `nil` for a message outside of any.
    case stream(Begin, Origin?, totalOrder: Int64, tableOrder: Int64)
    case outsideTransaction
    case snapshot(SnapshotOrigin, SnapshotMarker)

    public typealias Origin = PgOutput.Origin
  }

  public var origin: Origin
  /// Which of the change's records it is: a delete may be followed by its tombstone, and a key change is two changes.
  public var part: Int
  public var lsn: LSN
  /// End of the transaction before.
  public var lastCommit: LSN?
  public var relation: Relation?
  /// INSERT, UPDATE, DELETE, TRUNCATE of one table, or MESSAGE. A row of a snapshot is an INSERT.
  public var message: [UInt8]

  private static let version: UInt8 = 1

  public init(origin: Origin, part: Int, lsn: LSN, lastCommit: LSN?, relation: Relation?, message: [UInt8]) {
    self.origin = origin
    self.part = part
    self.lsn = lsn
    self.lastCommit = lastCommit
    self.relation = relation
    self.message = message
  }

  public func encode() -> [UInt8] {
    var out = ByteWriter(minimumCapacity: message.count + 256)
    out.append(LetteredChange.version)
    switch origin {
    case .stream: out.append(UInt8(ascii: "s"))
    case .outsideTransaction: out.append(UInt8(ascii: "m"))
    case .snapshot: out.append(UInt8(ascii: "r"))
    }
    out.append(UInt8(part))
    out.append(bigEndian: lsn.rawValue)
    out.append(bigEndian: lastCommit?.rawValue ?? 0)
    switch origin {
    case .stream(let begin, let origin, let totalOrder, let tableOrder):
      out.append(bigEndian: begin.commitLSN.rawValue)
      out.append(bigEndian: begin.committedAt.microsecondsSince2000)
      out.append(bigEndian: begin.transaction.rawValue)
      out.append(bigEndian: totalOrder)
      out.append(bigEndian: tableOrder)
      out.append(UInt8(origin == nil ? 0 : 1))
      if let origin {
        out.append(bigEndian: origin.commitLSN.rawValue)
        out.append(terminated: origin.name)
      }
    case .outsideTransaction: break
    case .snapshot(let snapshot, let marker):
      out.append(bigEndian: snapshot.unixMicroseconds)
      out.append(bigEndian: snapshot.transactionID)
      out.append(terminated: marker.rawValue)
    }
    var relationBytes = ByteWriter()
    relation?.encode(into: &relationBytes)
    out.append(bigEndian: UInt32(relationBytes.count))
    out.append(relationBytes.bytes)
    out.append(bigEndian: UInt32(message.count))
    out.append(message)
    return out.array
  }

  /// Throws where the bytes are not what `encode` writes.
  public init(_ bytes: RawSpan) throws(DecodeError) {
    var reader = ByteReader(bytes)
    let version = try reader.readByte()
    guard version == LetteredChange.version else { throw .unknownTag(version, at: 0) }
    let kind = try reader.readByte()
    part = Int(try reader.readByte())
    let lsn = try reader.readLSN()
    self.lsn = lsn
    let lastCommit = try reader.readLSN()
    self.lastCommit = lastCommit == .invalid ? nil : lastCommit
    switch kind {
    case UInt8(ascii: "s"):
      let begin = Begin(
        commitLSN: try reader.readLSN(), committedAt: try reader.readTimestamp(),
        transaction: TransactionID(rawValue: try reader.readInteger()))
      let totalOrder = try reader.readInteger(as: Int64.self)
      let tableOrder = try reader.readInteger(as: Int64.self)
      var first: Origin.Origin?
      if try reader.readByte() != 0 {
        first = Origin.Origin(commitLSN: try reader.readLSN(), name: try reader.readText())
      }
      origin = .stream(begin, first, totalOrder: totalOrder, tableOrder: tableOrder)
    case UInt8(ascii: "m"): origin = .outsideTransaction
    case UInt8(ascii: "r"):
      let microseconds = try reader.readInteger(as: Int64.self)
      let transaction = try reader.readInteger(as: UInt64.self)
      let markerAt = reader.offset
      guard let marker = SnapshotMarker(rawValue: try reader.readText()) else { throw .unknownTag(kind, at: markerAt) }
      origin = .snapshot(
        SnapshotOrigin(
          lsn: lsn, unixMicroseconds: microseconds, transactionID: transaction, lastCommit: self.lastCommit), marker)
    default: throw .unknownTag(kind, at: 1)
    }
    let relationLength = Int(try reader.readInteger(as: UInt32.self))
    if relationLength > 0 {
      let start = reader.offset
      var decoder = PgOutputDecoder()
      guard case .relation(let relation) = try decoder.decode(bytes.extracting(try reader.skip(relationLength))) else {
        throw .unknownTag(bytes.byte(at: start), at: start)
      }
      self.relation = relation
    }
    let messageLength = Int(try reader.readInteger(as: UInt32.self))
    message = Array(bytes, try reader.skip(messageLength))
    guard reader.isAtEnd else { throw .trailingBytes(count: reader.remaining, at: reader.offset) }
  }
}

extension ByteWriter {
  /// Text with a zero byte behind it, as pgoutput writes texts.
  fileprivate mutating func append(terminated text: String) {
    append(utf8: text)
    append(UInt8(0))
  }
}
