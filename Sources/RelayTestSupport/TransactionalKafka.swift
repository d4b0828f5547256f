import Primitives
import RelayRuntime

/// One topic and the position's record, under transactions of one `transactional.id`: a newer producer fences the older, and
/// what was not committed is gone. Source: Kafka's protocol guide, InitProducerId, AddPartitionsToTxn, EndTxn.
public final class TransactionalKafka {
  /// What a reader of committed records sees, in order.
  public private(set) var committed: [ScriptedPostgres.Row] = []
  /// Of each of them, which part of its database transaction its header says it is of, and in which commit it came.
  public private(set) var parts: [(part: Int, commit: Int)] = []
  public private(set) var position: StreamPosition
  public private(set) var commits = 0
  private var open: [(row: ScriptedPostgres.Row, part: Int)] = []
  private var epoch = 0
  /// A commit that an older producer sent and that is on its way still.
  private var onItsWay: StreamPosition?
  /// What `TransactionalStore` has encoded for the producer.
  fileprivate var encoded: StreamPosition?

  public init(_ position: StreamPosition) { self.position = position }

  /// A new producer: what is on its way from the old one arrives, and then it is fenced.
  func initialize() -> Int {
    if let onItsWay { commit(onItsWay, epoch) }
    onItsWay = nil
    open = []
    epoch += 1
    return epoch
  }

  /// The coordinator aborts what has taken too long, and fences its producer.
  public func expire() {
    open = []
    epoch += 1
  }

  func isFenced(_ epoch: Int) -> Bool { epoch != self.epoch }

  func write(_ row: ScriptedPostgres.Row, part: Int, _ epoch: Int) {
    if epoch == self.epoch { open.append((row, part)) }
  }

  func abort(_ epoch: Int) { if epoch == self.epoch { open = [] } }

  func leave(_ commit: StreamPosition, _ epoch: Int) { if epoch == self.epoch { onItsWay = commit } }

  func commit(_ position: StreamPosition, _ epoch: Int) {
    guard epoch == self.epoch else { return }
    committed += open.map(\.row)
    parts += open.map { ($0.part, commits) }
    open = []
    self.position = position
    commits += 1
  }
}

/// A transactional producer on a script.
public struct TransactionalSink: EventSink, ~Copyable {
  /// What becomes of a commit at the next poll.
  public enum CommitOutcome {
    case pending, succeeds
    /// Aborted: nothing has happened.
    case fails
    /// It took effect, and the producer never learns of it.
    case isUnknown
  }

  private struct InFlight {
    let row: ScriptedPostgres.Row
    let part: Int
    let ticket: UInt64
    var isWritten = false
  }

  private let kafka: TransactionalKafka
  private let epoch: Int
  private let queueMax: Int
  private var queue: [InFlight] = []
  private var allowance = 0
  private var committing: StreamPosition?
  private var topics = 0
  public private(set) var isInTransaction = false
  public var commitOutcome = CommitOutcome.pending
  /// The next acknowledgement is a failure that aborts the transaction.
  public var failsNext = false

  public init(_ kafka: TransactionalKafka, queueMax: Int) {
    self.kafka = kafka
    self.queueMax = queueMax
    epoch = kafka.initialize()
  }

  public mutating func progress(write count: Int, acknowledge: Int) {
    var left = count
    for index in queue.indices where left > 0 && !queue[index].isWritten {
      kafka.write(queue[index].row, part: queue[index].part, epoch)
      queue[index].isWritten = true
      left -= 1
    }
    allowance += acknowledge
  }

  /// A kill: the brokers may write some more, and a commit that was sent may arrive yet.
  public mutating func die(afterWriting count: Int, sendsCommit: Bool) {
    // A commit follows the acknowledgement of all its records.
    if let committing, sendsCommit { return kafka.leave(committing, epoch) }
    progress(write: count, acknowledge: 0)
  }

  public mutating func addTopic(_ name: String) throws(SinkError) -> Int {
    topics += 1
    return topics - 1
  }

  public mutating func enqueue(_ record: borrowing EncodedRecord, ticket: UInt64) throws(SinkError) -> SinkEnqueued {
    guard isInTransaction, committing == nil else { throw SinkError("a record outside a transaction") }
    guard queue.count < queueMax else { return .queueFull }
    guard let range = record.value,
      let row = ScriptedSink.row(record.bytes.array[range])
    else { throw SinkError("not a row of the script") }
    queue.append(InFlight(row: row, part: TransactionalSink.part(record), ticket: ticket))
    return .accepted
  }

  private static func part(_ record: borrowing EncodedRecord) -> Int {
    func text(_ range: Range<Int>?) -> String {
      range.map { String(decoding: record.bytes.array[$0], as: UTF8.self) } ?? ""
    }
    return record.headers.first { text($0.name) == "sluice.transaction.part" }.flatMap { Int(text($0.value)) } ?? 1
  }

  public mutating func collect(_ body: (UInt64, SinkDelivery) -> Void) throws(SinkError) {
    if failsNext, isInTransaction {
      kafka.abort(epoch)
      throw SinkError("the script aborts", remedy: .startOver)
    }
    failsNext = false
    while allowance > 0, let first = queue.first, first.isWritten {
      if kafka.isFenced(epoch) { throw SinkError("fenced") }
      allowance -= 1
      queue.removeFirst()
      body(first.ticket, .acknowledged)
    }
    allowance = 0
  }

  public mutating func beginTransaction() throws(SinkError) {
    guard !isInTransaction else { throw SinkError("a transaction is open") }
    isInTransaction = true
  }

  public mutating func beginCommit(_ position: inout EncodedRecord) throws(SinkError) -> SinkEnqueued {
    guard isInTransaction, committing == nil else { throw SinkError("no transaction is open") }
    guard queue.isEmpty else { throw SinkError("a commit before all is acknowledged") }
    guard let encoded = kafka.encoded else { throw SinkError("no position was encoded") }
    kafka.encoded = nil
    committing = encoded
    return .accepted
  }

  public mutating func pollCommit() throws(SinkError) -> Bool {
    guard let position = committing else { throw SinkError("nothing is being committed") }
    if kafka.isFenced(epoch), commitOutcome != .pending { throw SinkError("fenced") }
    defer { commitOutcome = .pending }
    switch commitOutcome {
    case .pending: return false
    case .succeeds: kafka.commit(position, epoch)
    case .fails:
      kafka.abort(epoch)
      throw SinkError("the commit failed", remedy: .startOver)
    case .isUnknown:
      kafka.commit(position, epoch)
      throw SinkError("no answer to the commit", remedy: .startOver)
    }
    committing = nil
    isInTransaction = false
    return true
  }
}

/// Gives the position to the sink, which commits it.
public struct TransactionalStore: PositionStore, ~Copyable {
  private let kafka: TransactionalKafka
  public init(_ kafka: TransactionalKafka) { self.kafka = kafka }

  public mutating func begin(_ position: StreamPosition) { preconditionFailure("the position goes with the records") }
  public mutating func poll() -> PositionStoreOutcome { .pending }
  public mutating func encode(_ position: StreamPosition, into record: inout EncodedRecord) {
    record.clear()
    kafka.encoded = position
  }
}
