import Glibc

/// Reads both clocks; the only place of the relay that does.
public enum RelayClock {
  public static func now() -> RelayTime {
    RelayTime(
      monotonicMilliseconds: nanoseconds(CLOCK_MONOTONIC) / 1_000_000, wallNanoseconds: nanoseconds(CLOCK_REALTIME))
  }

  private static func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
