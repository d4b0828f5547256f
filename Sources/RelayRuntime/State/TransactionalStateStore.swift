import KafkaSink
import Primitives

/// State records in `offset.storage.topic`, written by the connector's own producer: a relay that was fenced cannot write
/// one, and what the producer has sent since the last record becomes visible with this one. For the time before the stream;
/// then the loop writes them itself.
struct TransactionalStateStore: StateStore {
  private let producer: ConnectorProducer
  private var topic: TopicStateStore
  private let timeoutMilliseconds: Int64

  init(_ producer: ConnectorProducer, _ topic: TopicStateStore, timeoutMilliseconds: Int64) {
    self.producer = producer
    self.topic = topic
    self.timeoutMilliseconds = timeoutMilliseconds
  }

  /// Only after earlier producers have been fenced: nothing that they had begun can appear afterwards.
  mutating func load(connector: String) throws(StateStoreError) -> StateRecord? {
    try topic.load(connector: connector, waitsForOpenTransactions: true)
  }

  /// Every record sent so far must have been acknowledged.
  mutating func store(_ record: StateRecord) throws(StateStoreError) {
    do throws(SinkError) {
      if producer.transaction == .none { try producer.beginTransaction() }
      var state = EncodedRecord(minimumCapacity: 0)
      record.encode(into: &state)
      let until = RelayClock.now().monotonicMilliseconds + timeoutMilliseconds
      while try producer.beginCommit(&state) == .queueFull { try wait(until) }
      while try !producer.pollCommit(timeoutMilliseconds: ConnectorProducer.commitTurnMilliseconds) { try wait(until) }
    } catch {
      throw StateStoreError(error.description, isTransient: error.remedy != .stop)
    }
  }

  private func wait(_ until: Int64) throws(SinkError) {
    try producer.collect(waitMilliseconds: 10) { _, _ in
      preconditionFailure("a record that was not acknowledged before its position")
    }
    if RelayClock.now().monotonicMilliseconds >= until {
      throw SinkError("the commit has not ended within \(timeoutMilliseconds) ms", remedy: .startOver)
    }
  }
}
