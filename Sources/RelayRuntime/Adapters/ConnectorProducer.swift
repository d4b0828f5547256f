import Acknowledgement
import EventEncoding
import Glibc
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
  /// The connector's thread waits so long for a commit at a time, and serves PostgreSQL in between.
  static let commitTurnMilliseconds: Int32 = 500
  private static let stopCheckMilliseconds: Int32 = 100
  /// Gathered records wait so long: in it some hundred come under load, and an acknowledgement takes about as long.
  static let gatheringMilliseconds: Int64 = 2
  private static let earlierCheckMilliseconds: Int32 = 20
  /// A connector that ends waits so long for the brokers to take its abort; else they abort by `transaction.timeout.ms`.
  private static let abortMilliseconds: Int64 = 3_000

  var producer: KafkaProducer
  private(set) var transaction = Transaction.none
  private let plan: TransactionPlan?
  /// `nil` is at least once.
  private let waitingCall: WaitingCall?
  private let batching: RecordBatching
  private let logger: Logger
  private let stateTopic: Int
  /// `transactional.id`, and whose it is.
  private let identity: ProducersBeginning.Identity
  private var openedAt: Int64 = 0
  private var isStateAcknowledged = false
  private var isCommitUnderWay = false
  private var failure: SinkError?
  /// librdkafka repeats its connection errors; each text is logged once until it changes.
  private var lastEvent = ""
  /// Since when gathered records wait.
  private var gatheredAt: Int64?
  /// librdkafka had no room for them: only reports make some.
  private var isFull = false

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
    waitingCall = plan == nil ? nil : WaitingCall()
    if plan != nil, waitingCall == nil { throw SinkError("no file descriptor left for the Kafka producer") }
    self.plan = plan
    self.logger = logger
    let brokers = properties.last { $0.name == "bootstrap.servers" || $0.name == "metadata.broker.list" }?.value
    identity = .init(brokers: brokers ?? "", transactionalID: plan?.id ?? "")
  }

  deinit { waitingCall?.stop() }

  // MARK: Records

  func enqueue(_ record: borrowing EncodedRecord, ticket: UInt) throws(SinkError) -> SinkEnqueued {
    do throws(KafkaError) {
      guard try producer.enqueue(record, ticket: ticket) == .accepted else { return .queueFull }
      if gatheredAt == nil, producer.gatheredCount > 0 { gatheredAt = RelayClock.now().monotonicMilliseconds }
      return .accepted
    } catch {
      if let refusal = error.refusal, ticket != ConnectorProducer.stateTicket { return .refused(refusal) }
      throw sinkError(error)
    }
  }

  /// Whether records are gathered; not where the reason of a refusal is sought one by one.
  func gather(_ gathers: Bool) {
    producer.gathers = gathers && !batching.sendsSingly
    if !producer.gathers { handOverGathered() }
  }

  /// Before what may take a while.
  func handOverGathered() {
    isFull = !producer.handOverGathered()
    gatheredAt = nil
  }

  private func handOverDue() {
    guard producer.gatheredCount > 0, !isFull else { return }
    let now = RelayClock.now().monotonicMilliseconds
    if now - (gatheredAt ?? now) >= ConnectorProducer.gatheringMilliseconds { handOverGathered() }
  }

  /// `collect` must be called within so many milliseconds, since gathered records wait; `nil` where none do, or where reports
  /// have to come first.
  var waitMilliseconds: Int64? {
    producer.gatheredCount > 0 && !isFull ? ConnectorProducer.gatheringMilliseconds : nil
  }

  /// Hands over gathered records that have waited long enough, too.
  func collect(waitMilliseconds: Int = 0, _ body: (UInt64, SinkDelivery) -> Void) throws(SinkError) {
    handOverDue()
    var failed: KafkaError?
    let isTransactional = plan != nil
    var hasState = false
    var hasFailedRecord = false
    let events = producer.collectDeliveries(timeoutMilliseconds: waitMilliseconds) { ticket, result in
      if let error = result.error {
        if ticket != ConnectorProducer.stateTicket, let refusal = error.refusal {
          let bytes = error.recordBytes ?? 0
          let isCertain = error.isOfOneRecord || bytes >= batching.bytesMax || batching.sendsSingly
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
    if isFull { handOverGathered() }
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
    try waitForEarlier(timeoutMilliseconds: timeoutMilliseconds, isStopped: isStopped)
    let identity = identity
    begin { transactions throws(KafkaError) in
      defer { ProducersBeginning.ofProcess.leave(identity) }
      try transactions.initialize(timeoutMilliseconds: Int(timeoutMilliseconds))
    }
    while try !hasEnded(within: ConnectorProducer.stopCheckMilliseconds) {
      try collect { _, _ in }
      if isStopped() { throw SinkError("stopped while the brokers were asked", remedy: .startOver) }
    }
  }

  /// A connector that was stopped meanwhile leaves its call behind, for as long as the brokers may take.
  private func waitForEarlier(timeoutMilliseconds: Int64, isStopped: () -> Bool) throws(SinkError) {
    let until = RelayClock.now().monotonicMilliseconds + timeoutMilliseconds
    var isTold = false
    while !ProducersBeginning.ofProcess.enter(identity) {
      if !isTold { logger.info("an earlier call of this connector still asks the brokers: waiting for its end") }
      isTold = true
      if isStopped() { throw SinkError("stopped while an earlier producer asked the brokers", remedy: .startOver) }
      if RelayClock.now().monotonicMilliseconds >= until {
        throw SinkError("an earlier producer has no answer of the brokers yet", remedy: .startOver)
      }
      _ = poll(nil, 0, ConnectorProducer.earlierCheckMilliseconds)
    }
  }

  func beginTransaction() throws(SinkError) {
    precondition(transaction == .none, "a transaction is open")
    do throws(KafkaError) {
      try producer.transactions.begin()
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
    handOverGathered()
    transaction = .committing
    isStateAcknowledged = false
    return .accepted
  }

  /// Waits until the commit has ended, the time is over or the producer has something to collect. `false`: not yet.
  func pollCommit(timeoutMilliseconds: Int32) throws(SinkError) -> Bool {
    precondition(transaction == .committing, "nothing is being committed")
    guard isStateAcknowledged else { return false }
    if !isCommitUnderWay { beginCommitCall() }
    guard try hasEnded(within: timeoutMilliseconds) else { return false }
    isCommitUnderWay = false
    transaction = .none
    return true
  }

  /// Commits a transaction that holds consumer offsets instead of a state record, and waits for that.
  func commitWithOffsets() throws(SinkError) {
    beginCommitCall()
    while try !hasEnded(within: ConnectorProducer.commitTurnMilliseconds) { try collect { _, _ in } }
    isCommitUnderWay = false
    transaction = .none
  }

  private func beginCommitCall() {
    let timeoutMilliseconds = Int(clamping: plan?.bounds.timeoutMilliseconds ?? 0)
    begin { transactions throws(KafkaError) in try transactions.commit(timeoutMilliseconds: timeoutMilliseconds) }
    isCommitUnderWay = true
  }

  /// Gives up what is queued; an open transaction is aborted. What the brokers have not answered goes on without the
  /// connector, and ends the producer: a commit that is under way cannot be taken back, and the next producer's
  /// `initialize` waits for its outcome.
  func abandon() {
    producer.purge()
    guard let waitingCall, transaction != .none, !isCommitUnderWay, !waitingCall.isUnderWay, producer.fatalError == nil
    else { return }
    _ = try? waitingCall.take()
    begin { transactions throws(KafkaError) in
      try transactions.abort(timeoutMilliseconds: Int(ConnectorProducer.abortMilliseconds))
    }
    let until = RelayClock.now().monotonicMilliseconds + ConnectorProducer.abortMilliseconds
    do throws(SinkError) {
      while try !hasEnded(within: ConnectorProducer.stopCheckMilliseconds) {
        producer.collectDeliveries { _, _ in }
        if RelayClock.now().monotonicMilliseconds >= until { break }
      }
    } catch {
      logger.debug("the Kafka transaction could not be aborted: \(error)")
    }
    transaction = .none
  }

  // MARK: Calls that wait

  private func begin(_ call: @escaping @Sendable (ProducerTransactions) throws(KafkaError) -> Void) {
    guard let waitingCall else { preconditionFailure("a producer without transactions") }
    let transactions = producer.transactions
    // Held, not used, until the call has ended: the client must live as long.
    nonisolated(unsafe) let owner = self
    waitingCall.begin { () throws(KafkaError) in
      try unsafe withExtendedLifetime(owner) { () throws(KafkaError) in try call(transactions) }
    }
  }

  private func hasEnded(within timeoutMilliseconds: Int32) throws(SinkError) -> Bool {
    guard let waitingCall else { preconditionFailure("a producer without transactions") }
    var entries = [waitingCall.ended.descriptor, producer.eventDescriptor].map { descriptor in
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    }
    _ = unsafe poll(&entries, nfds_t(entries.count), timeoutMilliseconds)
    do throws(KafkaError) {
      return try waitingCall.take()
    } catch {
      // librdkafka's text would have the call made again; and the brokers may take a commit yet.
      if error.kind == .timedOut, !error.isFatal {
        throw SinkError(
          "the brokers have not answered in time; the connector begins again at the last committed position",
          remedy: .startOver)
      }
      isCommitUnderWay = false
      throw sinkError(error)
    }
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
    case .unknownTopic where isOfPartition: return RecordRefusal(.unknownPartition, "\(self)", partition: partition)
    case .unknownTopic: return RecordRefusal(.unknownTopic, "\(self)")
    default: return nil
    }
  }
}
