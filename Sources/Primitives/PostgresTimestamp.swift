/// An instant as PostgreSQL's protocols carry it: microseconds since 2000-01-01 00:00:00 UTC, without leap seconds.
/// Source: PostgreSQL manual, "Streaming Replication Protocol" and "Logical Replication Message Formats".
public struct PostgresTimestamp: Hashable, Comparable, Sendable {
  public let microsecondsSince2000: Int64

  /// Microseconds from 1970-01-01 to 2000-01-01.
  public static let unixEpochOffsetMicroseconds: Int64 = 946_684_800_000_000

  @inlinable
  public init(microsecondsSince2000: Int64) { self.microsecondsSince2000 = microsecondsSince2000 }

  /// From Unix time; saturates at the ends of the range rather than trapping.
  public init(unixMicroseconds: Int64) {
    let (value, overflow) = unixMicroseconds.subtractingReportingOverflow(Self.unixEpochOffsetMicroseconds)
    microsecondsSince2000 = overflow ? .min : value
  }

  /// Microseconds since 1970; saturates, since the value may be any eight bytes from the wire.
  public var unixMicroseconds: Int64 {
    let (value, overflow) = microsecondsSince2000.addingReportingOverflow(Self.unixEpochOffsetMicroseconds)
    return overflow ? .max : value
  }

  @inlinable
  public static func < (left: Self, right: Self) -> Bool { left.microsecondsSince2000 < right.microsecondsSince2000 }
}
