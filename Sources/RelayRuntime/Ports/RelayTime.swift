/// The two clocks, read once per turn. Order and time-outs use only the monotonic one (PRODUCT.md §5, "clock jumps").
public struct RelayTime: Sendable, Equatable {
  public let monotonicMilliseconds: Int64
  /// Since 1970; goes into records.
  public let wallNanoseconds: Int64

  public init(monotonicMilliseconds: Int64, wallNanoseconds: Int64) {
    self.monotonicMilliseconds = monotonicMilliseconds
    self.wallNanoseconds = wallNanoseconds
  }
}
