/// When a time zone's distance from UTC changes. Data, so that the rules ask no system.
public struct ZoneOffsets: Sendable, Equatable {
  public struct Change: Sendable, Equatable {
    public let fromUnixSecond: Int64
    /// East of UTC is positive.
    public let offsetSeconds: Int64

    public init(fromUnixSecond: Int64, offsetSeconds: Int64) {
      self.fromUnixSecond = fromUnixSecond
      self.offsetSeconds = offsetSeconds
    }
  }

  public static let utc = ZoneOffsets(changes: [])

  private let changes: [Change]

  /// `changes` in order of time; before the first one its offset holds too.
  public init(changes: [Change]) { self.changes = changes }

  public func offsetSeconds(at time: SimulatedTime) -> Int64 {
    let second = time.unixSeconds
    // A handful a decade; the last one that lies before.
    return (changes.last { $0.fromUnixSecond <= second } ?? changes.first)?.offsetSeconds ?? 0
  }

  /// Hours since 1970 by the zone's own clock; its remainder by 24 is the hour of the day.
  public func localHour(at time: SimulatedTime) -> Int64 {
    floorDivide(time.unixSeconds + offsetSeconds(at: time), 3600)
  }

  /// Days since 1970 by the zone's own clock.
  public func localDay(at time: SimulatedTime) -> Int64 {
    floorDivide(time.unixSeconds + offsetSeconds(at: time), 86_400)
  }

  static func hourOfDay(_ localHour: Int64) -> Int { Int(localHour - floorDivide(localHour, 24) * 24) }
}
