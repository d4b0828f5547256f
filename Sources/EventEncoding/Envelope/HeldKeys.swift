import EventRouting
import Primitives

/// Where a change stands among all changes: transactions by their commit, changes of one by their own position.
public struct ChangePosition: Comparable, Sendable {
  /// Where the COMMIT record starts; of what is in no transaction, its own position.
  public let commit: LSN
  public let lsn: LSN

  public init(commit: LSN, lsn: LSN) {
    self.commit = commit
    self.lsn = lsn
  }

  public static func < (left: Self, right: Self) -> Bool { (left.commit, left.lsn) < (right.commit, right.lsn) }
}

/// `sluice.errors.hold.key`: keys of which a record became a dead letter. Later records of these keys become letters too,
/// behind it, so that their order survives until `sluice replay`.
///
/// A key has several names, since a letter may be made before the record's own key is known: `t`, table and key columns
/// (of an outbox table the event's key; nothing where that is not known: the whole table), and `r`, topic and record key.
public struct HeldKeys: Sendable {
  /// More would not be remembered in bounded memory: then the connector stops.
  public static let countMax = 100_000

  private var since: [[UInt8]: ChangePosition] = [:]

  public init() {}

  public var isEmpty: Bool { since.isEmpty }
  public var count: Int { since.count }

  /// Changes of the key from this one on are held. Returns `false` when there are too many keys already.
  public mutating func hold(_ names: [[UInt8]], since position: ChangePosition) -> Bool {
    for name in names {
      if let known = since[name] {
        since[name] = min(known, position)
      } else {
        guard since.count < HeldKeys.countMax else { return false }
        since[name] = position
      }
    }
    return true
  }

  /// Since when the key is held, if this change is not from before.
  func position(of name: [UInt8], at position: ChangePosition) -> ChangePosition? {
    guard let held = since[name], held <= position else { return nil }
    return held
  }

  /// Since when the key of this name is held.
  public func since(_ name: [UInt8]) -> ChangePosition? { since[name] }

  /// Nothing waits for the key of this name any more.
  public mutating func release(_ name: [UInt8]) { since[name] = nil }

  static func recordName(topic: String, key: [UInt8]) -> [UInt8] { Array("r\(topic)".utf8) + [0] + key }

  static func tableName(_ table: TableID) -> [UInt8] { Array("t\(table)".utf8) + [0] }

  /// The name of the whole table of which this is a key; `nil` for the name of a record's key.
  public static func tableName(of name: [UInt8]) -> [UInt8]? {
    guard name.first == UInt8(ascii: "t"), let end = name.firstIndex(of: 0) else { return nil }
    return Array(name[...end])
  }
}

/// The value of the header `sluice.errors.hold`: position and names of the key of a letter.
public struct LetterHold: Sendable, Equatable {
  public let position: ChangePosition
  public let names: [[UInt8]]

  public init(position: ChangePosition, names: [[UInt8]]) {
    self.position = position
    self.names = names
  }

  public func encode() -> [UInt8] {
    var out = ByteWriter()
    out.append(bigEndian: position.commit.rawValue)
    out.append(bigEndian: position.lsn.rawValue)
    for name in names {
      out.append(bigEndian: UInt32(name.count))
      out.append(name)
    }
    return out.array
  }

  /// Throws where the bytes are not what `encode` writes.
  public init(_ bytes: RawSpan) throws(DecodeError) {
    var reader = ByteReader(bytes)
    position = ChangePosition(commit: try reader.readLSN(), lsn: try reader.readLSN())
    var names: [[UInt8]] = []
    while !reader.isAtEnd {
      let length = try reader.readInteger(as: UInt32.self)
      names.append(Array(bytes, try reader.skip(Int(length))))
    }
    self.names = names
  }
}

extension Array where Element == UInt8 {
  init(_ bytes: RawSpan, _ range: Range<Int>) {
    self = []
    reserveCapacity(range.count)
    for offset in range { append(bytes.byte(at: offset)) }
  }
}
