/// When a stream's transactions happen: evenly spaced at a constant rate, else a Poisson process whose intensity follows
/// the hours.
struct ArrivalProcess: Sendable {
  let start: SimulatedTime
  /// Transactions a second of simulated time before shaping; positive.
  let ratePerSecond: Double
  /// Share of one interval by which a constant stream is shifted, so that streams take turns.
  let phase: Double
  let shape: RateShape
  private var arrivals: Int64 = 0

  init(start: SimulatedTime, ratePerSecond: Double, phase: Double, shape: RateShape) {
    precondition(ratePerSecond > 0)
    self.start = start
    self.ratePerSecond = ratePerSecond
    self.phase = phase
    self.shape = shape
  }

  /// The next arrival after `time`. At a constant rate it is counted from the start, so that rounding does not add up.
  mutating func next(after time: SimulatedTime, _ random: inout SeededRandom) -> SimulatedTime {
    if shape.isConstant {
      arrivals += 1
      return start.adding(seconds: (Double(arrivals - 1) + phase) / ratePerSecond)
    }
    // What is left of the exponential draw is used up at each hour's own intensity.
    var left = random.exponential() / ratePerSecond
    var now = time
    while true {
      let offset = shape.zone.offsetSeconds(at: now)
      let localHour = shape.zone.localHour(at: now)
      let factor = shape.factor(localHour: localHour)
      let hourEnd = SimulatedTime(unixMicroseconds: ((localHour + 1) * 3600 - offset) * 1_000_000)
      let secondsLeft = Double(hourEnd.unixMicroseconds - now.unixMicroseconds) / 1e6
      if left <= secondsLeft * factor {
        // At least a microsecond on, so that times within a stream differ.
        return max(now.adding(seconds: left / factor), time.adding(microseconds: 1))
      }
      left -= secondsLeft * factor
      now = hourEnd
    }
  }
}
