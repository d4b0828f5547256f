import Acknowledgement
import ConnectorConfig

extension PlanBuilder {
  /// Where `transaction.timeout.ms` is not set: the default of librdkafka and of Kafka's Java client.
  private static let timeoutMilliseconds: Int64 = 60_000

  /// The plan of exactly-once delivery, and the producer's properties for it; `nil` where the worker asks for none.
  func transactions(
    _ options: ConnectorOptions, _ properties: inout [(name: String, value: String)]
  ) throws(Failure) -> TransactionPlan? {
    if properties.contains(where: { $0.name == "transactional.id" }) {
      throw Failure(
        description:
          "\(worker.file): transactional.id of \(options.name) is set by this program, with exactly.once.source.support=enabled"
      )
    }
    guard worker.isExactlyOnce, case .topic(let topic, _, _) = worker.offsetStorage else { return nil }
    // As Kafka Connect names that of a source task. Source: Kafka 4, `Worker.taskTransactionalId`.
    let id = "\(worker.groupID)-\(options.name)-0"
    properties.append((name: "transactional.id", value: id))
    var bounds = TransactionBatch.Bounds()
    bounds.intervalMilliseconds = options.transactionIntervalMilliseconds
    bounds.dividedRecordsMin = options.transactionRecordsMax
    bounds.timeoutMilliseconds =
      properties.last { $0.name == "transaction.timeout.ms" }.flatMap { Int64($0.value) }
      ?? PlanBuilder.timeoutMilliseconds
    return TransactionPlan(id: id, stateTopic: topic, bounds: bounds)
  }
}
