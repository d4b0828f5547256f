/// News of a snapshot for `notification.enabled.channels`. Source: Debezium 3.6, `Notification`,
/// `IncrementalSnapshotNotificationService`, `InitialSnapshotNotificationService`.
public struct SnapshotNotification: Sendable, Equatable {
  public enum Aggregate: String, Sendable {
    case initial = "Initial Snapshot"
    case incremental = "Incremental Snapshot"
  }

  public enum Kind: String, Sendable {
    case started = "STARTED"
    case paused = "PAUSED"
    case resumed = "RESUMED"
    case aborted = "ABORTED"
    case skipped = "SKIPPED"
    case inProgress = "IN_PROGRESS"
    case tableScanCompleted = "TABLE_SCAN_COMPLETED"
    case completed = "COMPLETED"
  }

  public let aggregate: Aggregate
  public let kind: Kind
  /// Of the signal that asked; `nil` asks for a new UUID.
  public let id: String?
  /// Without `connector_name`, which every notification has.
  public let data: [String: String]

  public init(_ aggregate: Aggregate, _ kind: Kind, id: String? = nil, _ data: [String: String] = [:]) {
    self.aggregate = aggregate
    self.kind = kind
    self.id = id
    self.data = data
  }
}
