/// How the hour of the day multiplies the requested rate.
struct RateShape: Sendable {
  let seed: UInt64
  let zone: ZoneOffsets
  /// Shaping is off: the factor is always 1 and no customer's day is capped.
  let isConstant: Bool

  /// The range from which an hour's factor is drawn. Hours are inclusive: 9...17 ends at 17:59:59.
  static func range(hourOfDay: Int) -> (lower: Double, upper: Double) {
    switch hourOfDay {
    case 9...17: (1.5, 2.0)
    case 18...22: (1.2, 1.8)
    case 6...8: (0.8, 1.2)
    default: (0.2, 0.5)
    }
  }

  /// Drawn once an hour from the seed and the hour alone, so that all streams share it.
  func factor(localHour: Int64) -> Double {
    if isConstant { return 1 }
    let range = RateShape.range(hourOfDay: ZoneOffsets.hourOfDay(localHour))
    var random = SeededRandom(seed: seed, sequence: 0x5241_5445_0000_0000 ^ UInt64(bitPattern: localHour))
    return random.real(range.lower, range.upper)
  }

  func factor(at time: SimulatedTime) -> Double { factor(localHour: zone.localHour(at: time)) }
}
