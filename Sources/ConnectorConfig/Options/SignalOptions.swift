/// Signals, incremental snapshots and notifications.
public struct SignalOptions: Sendable, Hashable {
  /// Those of `signal.enabled.channels` that have a meaning here.
  public enum Channel: String, Sendable, CaseIterable {
    case source
    case file
    case kafka
  }

  /// `signal.data.collection`, each `schema.table`. The first one takes the watermarks.
  public var tables: [String] = []
  public var channels: Set<Channel> = [.source]
  public var pollIntervalMilliseconds: Int64 = 5_000
  public var file = "file-signals.txt"
  /// `nil`: `topic.prefix` with `-signal`.
  public var kafkaTopic: String?
  /// `nil`: the worker's brokers.
  public var kafkaBootstrapServers: String?
  public var kafkaGroup = "kafka-signal"
  /// `signal.consumer.*`, by the Java client's names.
  public var consumer: [String: ConfigText] = [:]
  /// `read.only`: nothing is written to the database; chunks take the log's position as watermark.
  public var isReadOnly = false
  /// `incremental.snapshot.chunk.size`, in rows.
  public var chunkRows = 1024
  /// `incremental.snapshot.watermarking.strategy=INSERT_DELETE`
  public var closesByDeleting = false
  public var logsNotifications = false
  /// `notification.sink.topic.name`, where the sink channel is enabled.
  public var notificationTopic: String?

  public init() {}
}
