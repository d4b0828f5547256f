import Acknowledgement
import EventEncoding
import KafkaSink
import Logging
import Primitives

/// The one producer of a connector. The loop's sink hands its records over here; exactly once, the state record goes the
/// same way, so that both are committed together. Belongs to the connector's thread.
final class ConnectorProducer {
  enum Transaction {
    case none, open, committing
  }

  /// Of a state record, which is nobody's unit. No unit's ticket reaches it (`RecordTicket`).
  private static let stateTicket = UInt.max
  /// The thread waits so long for a commit at a time, and serves PostgreSQL in between. Not shorter: with 2 ms, where most
  /// commits time out and resume, a process was seen to abort on librdkafka 2.0.2's own thread.
  static let commitTurnMilliseconds = 500
  /// A connector that ends waits so long for the brokers to take its abort; else they abort by `transaction.timeout.ms`.
  private static let abortMilliseconds: Int64 = 3_000

  var producer: KafkaProducer
  private(set) var transaction = Transaction.none
  private let plan: TransactionPlan?
  private let batching: RecordBatching
  private let logger: Logger
  private let stateTopic: Int
  private var openedAt: Int64 = 0
  private var isStateAcknowledged = false
  private var failure: SinkError?
  /// librdkafka repeats its connection errors; each text is logged once until it changes.
  private var lastEvent = ""

  /// - Parameters:
  ///   - plan: `nil` is at least once.
  ///   - properties: librdkafka's names, `transactional.id` among them if there is a plan.
  init(
    properties: [(name: String, value: String)], transactions plan: TransactionPlan?,
    batching: RecordBatching? = nil, logger: Logger
  ) throws(SinkError) {
    let batching = batching ?? RecordBatching(properties: properties)
    self.batching = batching
    do throws(KafkaError) {
      var producer = try KafkaProducer(properties: properties + batching.properties)
      stateTopic = try plan.map { plan throws(KafkaError) in try producer.topicIndex(plan.stateTopic) } ?? -1
      self.producer = producer
    } catch {
      throw SinkError("the Kafka producer cannot be made: \(error)")
    }
    self.plan = plan
    self.logger = logger
  }

  // MARK: Records

  func enqueue(_ record: borrowing EncodedRecord, ticket: UInt) throws(SinkError) -> SinkEnqueued {
    do throws(KafkaError) {
      return try producer.enqueue(record, ticket: ticket) == .accepted ? .accepted : .queueFull
    } catch {
      if let refusal = error.refusal, ticket != ConnectorProducer.stateTicket { return .refused(refusal) }
      throw sinkError(error)
    }
  }

  func collect(waitMilliseconds: Int = 0, _ body: (UInt64, SinkDelivery) -> Void) throws(SinkError) {
    var failed: KafkaError?
    let isTransactional = plan != nil
    var hasState = false
    var hasFailedRecord = false
    let events = producer.collectDeliveries(timeoutMilliseconds: waitMilliseconds) { ticket, result in
      if let error = result.error {
        if ticket != ConnectorProducer.stateTicket, let refusal = error.refusal {
          let bytes = error.recordBytes ?? 0
          let isCertain = bytes >= batching.bytesMax || batching.sendsSingly
          body(UInt64(ticket), .refused(refusal, bytes: bytes, isCertain: isCertain))
        } else if isTransactional {
          failed = failed ?? error
        } else {
          hasFailedRecord = true
          body(UInt64(ticket), .failed("\(error)"))
        }
      } else if ticket == ConnectorProducer.stateTicket {
        hasState = true
      } else {
        body(UInt64(ticket), .acknowledged)
      }
    }
    if hasState { isStateAcknowledged = true }
    for event in events { note(event) }
    if let failed { failure = failure ?? sinkError(failed) }
    // It fails every record, and its own report of it may come after theirs.
    if hasFailedRecord, let fatal = producer.fatalError { failure = failure ?? sinkError(fatal) }
    if let failure { throw failure }
  }

  private func note(_ event: ClientEvent) {
    switch event {
    case .error(let error):
      if error.isFatal { failure = sinkError(error) }
      let text = "\(error)"
      if text != lastEvent { logger.warning("Kafka: \(text)") }
      lastEvent = text
    case .log(let level, let facility, let text):
      if level <= 3 { logger.debug("librdkafka \(facility): \(text)") }
    }
  }

  /// What an error calls for. A producer that has failed for good, such as one whose sequence numbers a broker no longer knows
  /// after its restart, is replaced, and what is not stored is sent again; not where only the operator can help. Exactly once
  /// the same goes for every error but fencing.
  private func sinkError(_ error: KafkaError) -> SinkError {
    guard let plan else {
      if !error.isFatal { return SinkError("\(error)") }
      return SinkError(
        "the Kafka producer has failed for good: \(error)", remedy: error.isForOperator ? .stop : .startOver)
    }
    if error.refusal != nil { return SinkError("\(error)") }
    // The brokers fence the producer of a transaction that ran out of time like one whose place was taken.
    let hasExpired =
      transaction != .none
      && RelayClock.now().monotonicMilliseconds - openedAt >= plan.bounds.timeoutMilliseconds
    if (error.kind == .fenced || producer.fatalError?.kind == .fenced), !hasExpired {
      return SinkError(
        "another producer with transactional.id \(plan.id) has taken over, and this one can publish nothing more: \(error). Only connectors of one slot may share a name and group.id",
        remedy: .standAside)
    }
    if error.isForOperator { return SinkError("\(error)") }
    return SinkError(
      "the Kafka transaction is aborted and sent again from the last committed position: \(error)", remedy: .startOver)
  }

  // MARK: Transactions

  /// Fences earlier producers of the connector and ends what they left open. Waits for the brokers; `isStopped` ends that.
  func initialize(timeoutMilliseconds: Int64, isStopped: () -> Bool) throws(SinkError) {
    let until = RelayClock.now().monotonicMilliseconds + timeoutMilliseconds
    while try !initTurn() {
      try collect { _, _ in }
      if isStopped() || RelayClock.now().monotonicMilliseconds >= until {
        throw SinkError("the brokers have not answered within \(timeoutMilliseconds) ms", remedy: .startOver)
      }
    }
  }

  private func initTurn() throws(SinkError) -> Bool {
    do throws(KafkaError) {
      return try producer.initTransactions(timeoutMilliseconds: 1_000)
    } catch {
      throw sinkError(error)
    }
  }

  func beginTransaction() throws(SinkError) {
    precondition(transaction == .none, "a transaction is open")
    do throws(KafkaError) {
      try producer.beginTransaction()
    } catch {
      throw sinkError(error)
    }
    transaction = .open
    openedAt = RelayClock.now().monotonicMilliseconds
  }

  func beginCommit(_ state: inout EncodedRecord) throws(SinkError) -> SinkEnqueued {
    precondition(transaction == .open, "no transaction is open")
    state.topic = stateTopic
    guard try enqueue(state, ticket: ConnectorProducer.stateTicket) == .accepted else { return .queueFull }
    transaction = .committing
    isStateAcknowledged = false
    return .accepted
  }

  func pollCommit(timeoutMilliseconds: Int) throws(SinkError) -> Bool {
    precondition(transaction == .committing, "nothing is being committed")
    // The call would wait for the report, which only this thread collects.
    guard isStateAcknowledged else { return false }
    do throws(KafkaError) {
      guard try producer.commitTransaction(timeoutMilliseconds: timeoutMilliseconds) else { return false }
    } catch {
      throw sinkError(error)
    }
    transaction = .none
    return true
  }

  /// Commits a transaction that holds consumer offsets instead of a state record. `false`: not yet.
  func commitWithOffsets(timeoutMilliseconds: Int) throws(KafkaError) -> Bool {
    guard try producer.commitTransaction(timeoutMilliseconds: timeoutMilliseconds) else { return false }
    transaction = .none
    return true
  }

  func abandon() {
    producer.purge()
    guard plan != nil, transaction != .none, producer.fatalError == nil else { return }
    let until = RelayClock.now().monotonicMilliseconds + ConnectorProducer.abortMilliseconds
    do throws(KafkaError) {
      while try !producer.abortTransaction(timeoutMilliseconds: 200) {
        producer.collectDeliveries { _, _ in }
        if RelayClock.now().monotonicMilliseconds >= until { break }
      }
    } catch {
      // A commit that is under way cannot be taken back; the next producer waits for its outcome.
      logger.debug("the Kafka transaction could not be aborted: \(error)")
    }
    transaction = .none
  }
}

/// Exactly once, for one connector.
public struct TransactionPlan: Sendable {
  /// `transactional.id`
  public var id: String
  /// `offset.storage.topic`
  public var stateTopic: String
  public var bounds: TransactionBatch.Bounds

  public init(id: String, stateTopic: String, bounds: TransactionBatch.Bounds) {
    self.id = id
    self.stateTopic = stateTopic
    self.bounds = bounds
  }
}

extension KafkaError {
  fileprivate var isForOperator: Bool { kind == .notAuthorized || kind == .authentication || kind == .unsupported }

  /// The record itself cannot be delivered, now or later; `nil` for other errors.
  fileprivate var refusal: RecordRefusal? {
    if isFatal { return nil }
    switch kind {
    case .recordTooLarge: return RecordRefusal(.tooLarge, "\(self)")
    case .invalidRecord: return RecordRefusal(.invalid, "\(self)")
    case .notAuthorized: return RecordRefusal(.notAuthorized, "\(self)")
    case .unknownTopic: return RecordRefusal(isOfPartition ? .unknownPartition : .unknownTopic, "\(self)")
    default: return nil
    }
  }
}
