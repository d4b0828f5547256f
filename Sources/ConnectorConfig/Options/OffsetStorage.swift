/// Where the relay's state record lives.
public enum OffsetStorage: Sendable, Hashable {
  /// `offset.storage.file.filename`
  case file(path: String)
  /// `offset.storage.topic`, compacted. -1 partitions or replicas: the broker's default.
  case topic(name: String, partitions: Int32, replicationFactor: Int16)
  /// Neither is set: the table `sluice.offsets` of the source database.
  case table
}
