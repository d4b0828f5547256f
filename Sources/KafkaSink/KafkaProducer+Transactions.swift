import CRdkafka
import Glibc

extension KafkaProducer {
  /// Of a producer with a `transactional.id`. Usable while the producer lives, whose owner sees to that.
  public var transactions: ProducerTransactions { unsafe ProducerTransactions(client: client) }
}

/// librdkafka's transactional calls. All but `begin` wait for the brokers: call them on a thread that can wait, one at a
/// time, while another collects the producer's events, without which a flush does not end.
///
/// A call whose time is over could be resumed, says `rdkafka.h`; all but `initialize` never are, and their producer is to be
/// closed. The results of a call's steps go through one mailbox, so that a step that was queued when the time was over answers
/// for the next one; the call then ends early, and the broker's answer to EndTxn meets no commit and aborts the process
/// (`rdkafka_txnmgr.c`: "Invalid transaction state transition", seen with 2.0.2). A process that was stopped for a moment is
/// enough.
@safe
public struct ProducerTransactions: @unchecked Sendable {
  let client: OpaquePointer
  private static let pauseMicroseconds: UInt32 = 20_000
  /// A coordinator takes about as long to end a transaction.
  private static let firstTurnMilliseconds = 25
  private static let lastTurnMilliseconds = 400
  /// librdkafka 2.0.0. An earlier one asks while a request is under way, and the answers to the two fence each other.
  private static let resumableVersion: Int32 = 0x0200_0000
  /// With less time left, a call is not made again: it could end in the middle of a step.
  private static let againMilliseconds = 1_000

  /// Once, before the first transaction: fences every earlier producer of the same `transactional.id`, and waits until
  /// what they left open is aborted or committed.
  ///
  /// While a coordinator still ends what an earlier producer left open it answers `CONCURRENT_TRANSACTIONS`, and librdkafka
  /// asks again after half a second; a resumed call asks at once, unless a request is under way
  /// (`rdkafka_idempotence.c`, `rd_kafka_idemp_start`). To resume this call is safe: its step runs twice without harm, and its
  /// one late result is the one that is waited for.
  public func initialize(timeoutMilliseconds: Int) throws(KafkaError) {
    let deadline = ContinuousClock.now + .milliseconds(timeoutMilliseconds)
    var turnMilliseconds =
      rd_kafka_version() >= ProducerTransactions.resumableVersion
      ? ProducerTransactions.firstTurnMilliseconds : timeoutMilliseconds
    // What a coordinator has said, rather than that the last turn was too short.
    var cause: KafkaError?
    while true {
      let left = ContinuousClock.now.duration(to: deadline).milliseconds
      let turn = max(min(turnMilliseconds, left), 1)
      guard let error = unsafe rd_kafka_init_transactions(client, Int32(clamping: turn)) else { return }
      let failure = unsafe KafkaError(consuming: error)
      if failure.kind != .timedOut { cause = failure }
      guard failure.isRetriable, !failure.isFatal, left > turn else { throw cause ?? failure }
      turnMilliseconds = min(turnMilliseconds * 2, ProducerTransactions.lastTurnMilliseconds)
    }
  }

  /// A local step. The records from here on belong to the transaction.
  public func begin() throws(KafkaError) {
    if let error = unsafe rd_kafka_begin_transaction(client) { throw unsafe KafkaError(consuming: error) }
  }

  /// Waits for the acknowledgement of the transaction's records, too.
  public func commit(timeoutMilliseconds: Int) throws(KafkaError) {
    try unsafe call(timeoutMilliseconds) { unsafe rd_kafka_commit_transaction(client, $0) }
  }

  /// Gives up what is queued or in flight; each record is reported as `purged`.
  public func abort(timeoutMilliseconds: Int) throws(KafkaError) {
    try unsafe call(timeoutMilliseconds) { unsafe rd_kafka_abort_transaction(client, $0) }
  }

  /// A call that the brokers could not take for the moment has ended, and is made again; one that they have not answered
  /// has not.
  private func call(_ timeoutMilliseconds: Int, _ body: (Int32) -> OpaquePointer?) throws(KafkaError) {
    let deadline = ContinuousClock.now + .milliseconds(timeoutMilliseconds)
    var left = timeoutMilliseconds
    while let error = unsafe body(Int32(clamping: left)) {
      let failure = unsafe KafkaError(consuming: error)
      left = ContinuousClock.now.duration(to: deadline).milliseconds
      guard failure.isRetriable, !failure.requiresAbort, !failure.isFatal, failure.kind != .timedOut,
        left >= ProducerTransactions.againMilliseconds
      else { throw failure }
      usleep(ProducerTransactions.pauseMicroseconds)
    }
  }
}
