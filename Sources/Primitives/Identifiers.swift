/// Object identifier of a relation, as in `pg_class.oid`.
public struct RelationOID: Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt32
  @inlinable
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public var description: String { String(rawValue) }
}

/// A transaction id as the log carries it: 32 bits, without the epoch.
public struct TransactionID: Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt32
  @inlinable
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public var description: String { String(rawValue) }

  /// Ids wrap around: of two that are both in use, the earlier is the one less than half the circle before the other.
  /// Source: PostgreSQL source, `src/backend/access/transam/transam.c`, `TransactionIdPrecedes`.
  @inlinable
  public func precedes(_ other: TransactionID) -> Bool { Int32(bitPattern: rawValue &- other.rawValue) < 0 }
}

/// Object identifier of a data type, as in `pg_type.oid`. Built-in ones never change between versions.
/// Source: PostgreSQL source, `src/include/catalog/pg_type.dat`.
public struct TypeOID: Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt32
  @inlinable
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public var description: String { String(rawValue) }

  public static let bool = TypeOID(rawValue: 16)
  public static let bytea = TypeOID(rawValue: 17)
  public static let char = TypeOID(rawValue: 18)
  public static let name = TypeOID(rawValue: 19)
  public static let int8 = TypeOID(rawValue: 20)
  public static let int2 = TypeOID(rawValue: 21)
  public static let int4 = TypeOID(rawValue: 23)
  public static let text = TypeOID(rawValue: 25)
  public static let oid = TypeOID(rawValue: 26)
  public static let json = TypeOID(rawValue: 114)
  public static let xml = TypeOID(rawValue: 142)
  public static let point = TypeOID(rawValue: 600)
  public static let cidr = TypeOID(rawValue: 650)
  public static let float4 = TypeOID(rawValue: 700)
  public static let float8 = TypeOID(rawValue: 701)
  public static let macaddr8 = TypeOID(rawValue: 774)
  public static let money = TypeOID(rawValue: 790)
  public static let macaddr = TypeOID(rawValue: 829)
  public static let inet = TypeOID(rawValue: 869)
  public static let bpchar = TypeOID(rawValue: 1042)
  public static let varchar = TypeOID(rawValue: 1043)
  public static let date = TypeOID(rawValue: 1082)
  public static let time = TypeOID(rawValue: 1083)
  public static let timestamp = TypeOID(rawValue: 1114)
  public static let timestamptz = TypeOID(rawValue: 1184)
  public static let interval = TypeOID(rawValue: 1186)
  public static let timetz = TypeOID(rawValue: 1266)
  public static let bit = TypeOID(rawValue: 1560)
  public static let varbit = TypeOID(rawValue: 1562)
  public static let numeric = TypeOID(rawValue: 1700)
  public static let uuid = TypeOID(rawValue: 2950)
  public static let jsonb = TypeOID(rawValue: 3802)
}
