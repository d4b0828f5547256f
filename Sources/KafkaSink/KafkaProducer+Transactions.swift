import CRdkafka

/// Transactions of a producer with a `transactional.id`.
///
/// librdkafka's calls wait for the brokers. Each of these waits no longer than told and returns `false` when there is more
/// to wait for: call it again, and nothing else of the four meanwhile (`rdkafka.h`, "Transactional producer API": a call
/// that timed out resumes). Delivery reports must be collected in between.
extension KafkaProducer {
  /// Once, before the first transaction: fences every earlier producer of the same `transactional.id`, and waits until
  /// what they left open is aborted or committed.
  public mutating func initTransactions(timeoutMilliseconds: Int) throws(KafkaError) -> Bool {
    unsafe try hasEnded(rd_kafka_init_transactions(client, Int32(clamping: timeoutMilliseconds)))
  }

  /// A local step. The records from here on belong to the transaction.
  public mutating func beginTransaction() throws(KafkaError) {
    if let error = unsafe rd_kafka_begin_transaction(client) { throw unsafe KafkaError(consuming: error) }
  }

  /// Waits for the acknowledgement of the transaction's records, too.
  public mutating func commitTransaction(timeoutMilliseconds: Int) throws(KafkaError) -> Bool {
    unsafe try hasEnded(rd_kafka_commit_transaction(client, Int32(clamping: timeoutMilliseconds)))
  }

  /// Gives up what is queued or in flight; each record is reported as `purged`.
  public mutating func abortTransaction(timeoutMilliseconds: Int) throws(KafkaError) -> Bool {
    unsafe try hasEnded(rd_kafka_abort_transaction(client, Int32(clamping: timeoutMilliseconds)))
  }

  private func hasEnded(_ error: OpaquePointer?) throws(KafkaError) -> Bool {
    guard let error = unsafe error else { return true }
    let failure = unsafe KafkaError(consuming: error)
    if failure.isRetriable, !failure.requiresAbort, !failure.isFatal { return false }
    throw failure
  }
}
