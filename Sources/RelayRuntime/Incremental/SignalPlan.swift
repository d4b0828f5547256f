/// What a connector's thread needs for signals and incremental snapshots.
public struct SignalPlan: Sendable {
  /// `nil`: incremental snapshots cannot be had.
  public var watermarks: IncrementalSnapshot.Watermarks?
  public var reader: ChunkReader.Settings?

  public init() {}
}
