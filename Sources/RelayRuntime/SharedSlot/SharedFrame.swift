import PgOutput
import Primitives

/// What decides, of a frame of a shared stream, which connectors are to have it. Protocol version 1: transactions come whole.
public enum SharedFrame: Equatable, Sendable {
  case keepalive(PrimaryKeepalive)
  /// Where the COMMIT record starts: what the server compares with the position that a stream is asked for.
  case begin(commitLSN: LSN)
  case commit(endLSN: LSN)
  case origin
  case type
  case relation(RelationOID)
  case row(RelationOID, PublishedOperations)
  case truncate([RelationOID])
  case message(isTransactional: Bool, lsn: LSN)
  /// Not understood here: for all to have, and to refuse as they would by themselves.
  case other

  /// Reads no more of the frame than it needs.
  public init(_ frame: RawSpan) {
    do throws(DecodeError) {
      self = try SharedFrame.decode(frame)
    } catch {
      self = .other
    }
  }

  private static func decode(_ frame: RawSpan) throws(DecodeError) -> SharedFrame {
    var reader = ByteReader(frame)
    if try reader.readByte() == UInt8(ascii: "k") {
      guard case .keepalive(let keepalive) = try StreamFrame.decode(frame) else { return .other }
      return .keepalive(keepalive)
    }
    guard frame.byte(at: 0) == UInt8(ascii: "w") else { return .other }
    _ = try reader.skip(XLogDataHeader.byteCount - 1)
    switch try reader.readByte() {
    case UInt8(ascii: "I"): return .row(RelationOID(rawValue: try reader.readInteger()), .insert)
    case UInt8(ascii: "U"): return .row(RelationOID(rawValue: try reader.readInteger()), .update)
    case UInt8(ascii: "D"): return .row(RelationOID(rawValue: try reader.readInteger()), .delete)
    case UInt8(ascii: "B"): return .begin(commitLSN: try reader.readLSN())
    case UInt8(ascii: "C"):
      // Flags, and where the COMMIT record starts.
      _ = try reader.skip(9)
      return .commit(endLSN: try reader.readLSN())
    case UInt8(ascii: "R"): return .relation(RelationOID(rawValue: try reader.readInteger()))
    case UInt8(ascii: "Y"): return .type
    case UInt8(ascii: "O"): return .origin
    case UInt8(ascii: "T"):
      let message = frame.extracting(XLogDataHeader.byteCount..<frame.byteCount)
      var decoder = PgOutputDecoder()
      guard case .truncate(let truncate) = try decoder.decode(message) else { return .other }
      return .truncate(truncate.relations)
    case UInt8(ascii: "M"):
      let isTransactional = try reader.readByte() & 1 != 0
      return .message(isTransactional: isTransactional, lsn: try reader.readLSN())
    default: return .other
    }
  }

  /// The truncation in `frame` with these relations only.
  static func truncate(_ frame: RawSpan, only relations: [RelationOID]) -> [UInt8] {
    // Tag, count, options: then the relations.
    let head = XLogDataHeader.byteCount
    var out = ByteWriter(minimumCapacity: head + 6 + relations.count * 4)
    out.append(frame.extracting(0..<(head + 1)))
    out.append(bigEndian: UInt32(relations.count))
    out.append(frame.extracting((head + 5)..<(head + 6)))
    for relation in relations { out.append(bigEndian: relation.rawValue) }
    return out.array
  }
}

/// The `publish` list of a publication, as far as a table is in it.
public struct PublishedOperations: OptionSet, Sendable, Hashable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let insert = PublishedOperations(rawValue: 1)
  public static let update = PublishedOperations(rawValue: 2)
  public static let delete = PublishedOperations(rawValue: 4)
  public static let truncate = PublishedOperations(rawValue: 8)
  public static let all: PublishedOperations = [.insert, .update, .delete, .truncate]
}

extension SharedFrame {
  /// Where the frame stands in the log; `nil` where it does not say, as those that another follows at the same place.
  /// Source: PostgreSQL source, `src/backend/replication/walsender.c`, `WalSndPrepareWrite`.
  static func place(of frame: RawSpan) -> LSN? {
    guard case .xLogData(let header)? = try? StreamFrame.decode(frame) else { return nil }
    return header.walStart == .invalid ? nil : header.walStart
  }

  /// Up to where the log is behind whoever has had this frame; `nil`: that has not moved.
  func passed(isInTransaction: Bool) -> LSN? {
    switch self {
    case .commit(let end): end
    case .keepalive(let keepalive): isInTransaction ? nil : keepalive.walEnd
    case .message(false, let lsn): isInTransaction ? nil : lsn
    default: nil
    }
  }
}
