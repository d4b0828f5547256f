import Glibc

/// The machine's clocks, for pacing and for the default start; no rule reads them.
enum MachineClock {
  /// Nanoseconds that only go forward.
  static func monotonicNanoseconds() -> Int64 { read(CLOCK_MONOTONIC) }

  static func unixMicroseconds() -> Int64 { read(CLOCK_REALTIME) / 1000 }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
