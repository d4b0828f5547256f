import KafkaSink

/// State records in the compacted topic `offset.storage.topic`, keyed by connector.
public struct TopicStateStore: StateStore {
  /// The store holds a producer, which cannot be copied.
  private final class Box {
    var topic: OffsetsTopic
    init(_ topic: consuming OffsetsTopic) { self.topic = topic }
  }

  let name: String
  let properties: [(name: String, value: String)]
  let partitions: Int32
  let replicationFactor: Int32
  private var box: Box?

  public init(
    name: String, properties: [(name: String, value: String)], partitions: Int32, replicationFactor: Int32
  ) {
    self.name = name
    self.properties = properties
    self.partitions = partitions
    self.replicationFactor = replicationFactor
  }

  private mutating func opened() throws(KafkaError) -> Box {
    if let box { return box }
    let fresh = Box(
      try OffsetsTopic(
        name: name, properties: properties, partitions: partitions, replicationFactor: replicationFactor))
    box = fresh
    return fresh
  }

  public mutating func load(connector: String) throws(StateStoreError) -> StateRecord? {
    try load(connector: connector, waitsForOpenTransactions: false)
  }

  mutating func load(
    connector: String, waitsForOpenTransactions: Bool
  ) throws(StateStoreError) -> StateRecord? {
    let value: [UInt8]?
    do throws(KafkaError) {
      value = try opened().topic.load(
        key: Array(connector.utf8), waitsForOpenTransactions: waitsForOpenTransactions,
        inForce: StateRecord.inForce)
    } catch {
      throw failure(error)
    }
    guard let value else { return nil }
    // A record that cannot be read must never pass for "no record", which would mean a first start.
    do throws(StateStoreError) {
      return try StateRecord(json: value)
    } catch {
      throw StateStoreError(
        "topic \(name), key \(connector): \(error). Write a tombstone to start from the slot's position")
    }
  }

  public mutating func store(_ record: StateRecord) throws(StateStoreError) {
    try store(record.json, record.connector)
  }

  private mutating func store(_ value: [UInt8], _ connector: String) throws(StateStoreError) {
    do throws(KafkaError) {
      try opened().topic.store(key: Array(connector.utf8), value: value)
    } catch {
      throw failure(error)
    }
  }

  public mutating func claim(_ record: StateRecord) throws(StateStoreError) {
    try store(record.claimJSON, record.connector)
    guard try load(connector: record.connector) == record else { throw .overtaken(record.connector) }
  }

  private func failure(_ error: KafkaError) -> StateStoreError {
    switch error.kind {
    case .configuration:
      StateStoreError("topic \(name): \(error). See offset.storage.replication.factor and offset.storage.partitions")
    case .authentication, .notAuthorized, .unsupported, .recordTooLarge, .invalidRecord:
      StateStoreError("topic \(name): \(error)")
    // A producer that has failed for good is replaced.
    default: StateStoreError("topic \(name): \(error)", isTransient: true)
    }
  }
}
