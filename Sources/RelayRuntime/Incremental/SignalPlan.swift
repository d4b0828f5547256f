import EventRouting

/// What a connector's thread needs for signals and incremental snapshots.
public struct SignalPlan: Sendable {
  /// `nil`: incremental snapshots cannot be had.
  public var watermarks: IncrementalSnapshot.Watermarks?
  public var reader: ChunkReader.Settings?
  /// Channels other than the stream; `nil` without any.
  var poller: SignalPoller.Settings?
  /// `signal.data.collection`: their rows are no part of a snapshot.
  public var tables: [TableID] = []

  public init() {}
}
