import KafkaSink
import Logging

/// Exactly once: what a connector does before its first record.
extension ConnectorRunner {
  /// The brokers' answer is waited for no longer at a time; then the connector begins again.
  private static let initMilliseconds: Int64 = 30_000

  /// The producer. Exactly once, every earlier one of this connector is fenced now: the state that is read afterwards is
  /// the last that any of them has written. Called with the slot's lock, so a standby never fences the active relay.
  func makeProducer(_ transactions: TransactionPlan?, _ batching: RecordBatching) throws(ConnectorFailure)
    -> ConnectorProducer
  {
    let producer: ConnectorProducer
    do throws(SinkError) {
      producer = try ConnectorProducer(
        properties: plan.producerProperties, transactions: transactions, batching: batching, logger: logger)
    } catch {
      throw ConnectorFailure(.configuration, error.description)
    }
    guard let transactions else { return producer }
    do throws(SinkError) {
      let stop = stop
      try producer.initialize(timeoutMilliseconds: ConnectorRunner.initMilliseconds) { stop.level > .run }
    } catch {
      throw ConnectorFailure(
        error.remedy == .stop ? .configuration : .unreachable,
        "transactional.id \(transactions.id): \(error.description)")
    }
    logger.info("exactly once: transactional.id \(transactions.id), earlier producers are fenced")
    return producer
  }

  func makeStore(_ producer: ConnectorProducer) -> any StateStore {
    if plan.transactions != nil, case .topic(let name, let partitions, let replicationFactor) = plan.storage {
      return TransactionalStateStore(
        producer,
        TopicStateStore(
          name: name, properties: plan.clientProperties, partitions: partitions, replicationFactor: replicationFactor),
        timeoutMilliseconds: ConnectorRunner.initMilliseconds)
    }
    return ConnectorRunner.makeStore(plan.storage, plan)
  }

  /// Exactly once, a snapshot that was interrupted must not give again what is committed.
  var resumesSnapshot: Bool { plan.snapshot.resumes || plan.transactions != nil }
}
