/// What `snapshot.mode` comes to: when table data is read, whether a stream follows, and what a gap means.
/// Source: the `Snapshotter` of each mode in Debezium 3.6.
public struct SnapshotPolicy: Sendable, Equatable {
  public enum Data: Sendable, Equatable {
    case never
    /// Until a snapshot has been finished.
    case once
    /// At every start.
    case always
  }

  public var data: Data
  /// `false`: the connector ends after the snapshot, and has neither slot nor publication.
  public var streams: Bool
  /// Where the log no longer has what is missing, a new snapshot takes its place.
  public var fillsGaps: Bool

  public init(data: Data, streams: Bool = true, fillsGaps: Bool = false) {
    self.data = data
    self.streams = streams
    self.fillsGaps = fillsGaps
  }

  public static let initial = SnapshotPolicy(data: .once)
  public static let always = SnapshotPolicy(data: .always)
  public static let initialOnly = SnapshotPolicy(data: .once, streams: false)
  public static let noData = SnapshotPolicy(data: .never)
  public static let whenNeeded = SnapshotPolicy(data: .once, fillsGaps: true)

  /// Of a start at which no snapshot has been finished.
  var wantsFirstData: Bool { data != .never }
}
