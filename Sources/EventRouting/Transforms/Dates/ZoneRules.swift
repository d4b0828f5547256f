/// The offsets of a time zone through time, as `java.time.zone.ZoneRules` answers for them.
public struct ZoneRules: Sendable, Equatable {
  struct Transition: Sendable, Equatable {
    /// Seconds since 1970.
    var at: Int64
    var before: Int64
    var after: Int64

    /// From which local time on the new offset holds: in a gap and in an overlap the old one does.
    var localStart: Int64 { at + max(before, after) }
  }

  /// In order.
  let transitions: [Transition]
  /// Before the first.
  let initialOffset: Int64
  /// After the last.
  let yearly: YearlyZoneRule?

  /// A zone of one offset, in seconds east of Greenwich.
  public init(fixedOffsetSeconds: Int64) {
    transitions = []
    initialOffset = fixedOffsetSeconds
    yearly = nil
  }

  init(transitions: [Transition], initialOffset: Int64, yearly: YearlyZoneRule?) {
    self.transitions = transitions
    self.initialOffset = initialOffset
    self.yearly = yearly
  }

  /// Of an offset as `converted.timezone` takes it: `+08:00` or `-03:30:15`; `nil` for another text, or one beyond 18
  /// hours, which Java does not take.
  public init?(offset text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 6 || bytes.count == 9, bytes[0] == UInt8(ascii: "+") || bytes[0] == UInt8(ascii: "-") else {
      return nil
    }
    var parts: [Int64] = []
    for start in stride(from: 1, to: bytes.count, by: 3) {
      let (tens, ones) = (bytes[start] &- UInt8(ascii: "0"), bytes[start + 1] &- UInt8(ascii: "0"))
      guard tens < 10, ones < 10, start == 1 || bytes[start - 1] == UInt8(ascii: ":") else { return nil }
      parts.append(Int64(tens) * 10 + Int64(ones))
    }
    let seconds = parts[0] * 3600 + parts[1] * 60 + (parts.count > 2 ? parts[2] : 0)
    guard parts[1] < 60, parts.count < 3 || parts[2] < 60, seconds <= 18 * 3600 else { return nil }
    self.init(fixedOffsetSeconds: bytes[0] == UInt8(ascii: "-") ? -seconds : seconds)
  }

  /// Seconds east of Greenwich at an instant, in seconds since 1970.
  public func offset(at instant: Int64) -> Int64 {
    offset(initial: initialOffset, around: instant) { $0.at <= instant }
  }

  /// Seconds east of Greenwich when clocks of the zone show a time, which is given as if it were UTC's.
  public func offset(atLocal local: Int64) -> Int64 {
    offset(initial: initialOffset, around: local) { $0.localStart <= local }
  }

  private func offset(initial: Int64, around seconds: Int64, _ hasPassed: (Transition) -> Bool) -> Int64 {
    // All that have passed stand before those that have not.
    var low = 0
    var high = transitions.count
    while low < high {
      let middle = (low + high) / 2
      if hasPassed(transitions[middle]) { low = middle + 1 } else { high = middle }
    }
    guard low == transitions.count, let yearly else { return low == 0 ? initial : transitions[low - 1].after }
    var offset = transitions.last?.after ?? initial
    for transition in yearly.transitions(around: seconds) where transition.at > transitions.last?.at ?? .min {
      if hasPassed(transition) { offset = transition.after }
    }
    return offset
  }
}
