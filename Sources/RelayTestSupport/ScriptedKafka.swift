import Primitives
import RelayRuntime

/// One partition per key, kept for ever. What is in the log was acknowledged or will be; a producer's queue dies with it.
public final class ScriptedKafka {
  /// Rows in the order in which they were written.
  public private(set) var log: [ScriptedPostgres.Row] = []
  /// How often each row was acknowledged.
  public private(set) var acknowledged: [ScriptedPostgres.Row: Int] = [:]

  public init() {}

  func write(_ row: ScriptedPostgres.Row) { log.append(row) }
  func acknowledge(_ row: ScriptedPostgres.Row) { acknowledged[row, default: 0] += 1 }
}

/// An idempotent producer: writes in order, acknowledges later and out of step.
public struct ScriptedSink: EventSink, ~Copyable {
  private struct InFlight {
    let row: ScriptedPostgres.Row
    let ticket: UInt64
    var isWritten: Bool
    var isReported = false
  }

  private let kafka: ScriptedKafka
  private let wrongRule: WrongRule?
  private let queueMax: Int
  private var queue: [InFlight] = []
  /// Acknowledgements to give at the next `collect`.
  private var allowance = 0
  private var random: SeededRandom
  public private(set) var topicsAdded: [String] = []
  /// The partition of this key takes nothing.
  public var stuckKey: Int?
  /// Most records that were ever queued.
  public private(set) var peak = 0

  public init(_ kafka: ScriptedKafka, queueMax: Int, random: SeededRandom, wrongRule: WrongRule? = nil) {
    self.kafka = kafka
    self.wrongRule = wrongRule
    self.queueMax = queueMax
    self.random = random
  }

  /// The brokers write up to `count` more records, and the producer learns of up to `acknowledged` of those written.
  public mutating func progress(write count: Int, acknowledge: Int) {
    var left = count
    let order = wrongRule == .newerRecordsOvertake ? Array(queue.indices.reversed()) : Array(queue.indices)
    for index in order where left > 0 && !queue[index].isWritten && queue[index].row.key != stuckKey {
      kafka.write(queue[index].row)
      queue[index].isWritten = true
      left -= 1
    }
    allowance += acknowledge
  }

  /// What a kill leaves: the brokers may still write some of what was sent.
  public mutating func die(afterWriting count: Int) { progress(write: count, acknowledge: 0) }

  public mutating func addTopic(_ name: String) throws(SinkError) -> Int {
    topicsAdded.append(name)
    return topicsAdded.count - 1
  }

  public mutating func enqueue(_ record: borrowing EncodedRecord, ticket: UInt64) throws(SinkError) -> SinkEnqueued {
    guard queue.count < queueMax || wrongRule == .queueHasNoBound else { return .queueFull }
    guard let range = record.value else { throw SinkError("a record without a value") }
    let value = record.bytes.array[range]
    guard let row = ScriptedSink.row(value) else {
      throw SinkError("not a row of the script: \(String(decoding: value, as: UTF8.self))")
    }
    queue.append(InFlight(row: row, ticket: ticket, isWritten: false))
    peak = max(peak, queue.count)
    return .accepted
  }

  /// Takes `"after":{"key":K,"version":V}` out of an envelope.
  static func row(_ envelope: ArraySlice<UInt8>) -> ScriptedPostgres.Row? {
    guard let (key, keyEnd) = number(behind: afterKey, in: envelope),
      let (version, _) = number(behind: version, in: envelope[keyEnd...])
    else { return nil }
    return ScriptedPostgres.Row(key: key, version: version)
  }

  private static let afterKey = Array("\"after\":{\"key\":".utf8)
  private static let version = Array(",\"version\":".utf8)

  /// The number behind the first occurrence of a text, and where it ends.
  private static func number(behind text: [UInt8], in bytes: ArraySlice<UInt8>) -> (value: Int, end: Int)? {
    var index = bytes.startIndex
    while index + text.count < bytes.endIndex {
      guard bytes[index] == text[0], bytes[index..<index + text.count] == text[...] else {
        index += 1
        continue
      }
      let digits = bytes[(index + text.count)...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      return Int(String(decoding: digits, as: UTF8.self)).map { ($0, digits.endIndex) }
    }
    return nil
  }

  public mutating func collect(_ body: (UInt64, SinkDelivery) -> Void) throws(SinkError) {
    if let wrongRule { reportWrongly(wrongRule, body) }
    while allowance > 0 {
      let written = queue.indices.filter { queue[$0].isWritten }
      guard !written.isEmpty else { break }
      // Different partitions answer in any order; one key's records in theirs.
      let pick = written[Int.random(in: 0..<written.count, using: &random)]
      let key = queue[pick].row.key
      let oldest = queue.firstIndex { $0.row.key == key }!
      let record = queue.remove(at: oldest)
      allowance -= 1
      kafka.acknowledge(record.row)
      guard !record.isReported else { continue }
      body(record.ticket, .acknowledged)
      guard wrongRule == .oneRecordStandsForItsTransaction else { continue }
      for index in queue.indices
      where RecordTicket.areOfOneUnit(queue[index].ticket, record.ticket) && !queue[index].isReported {
        queue[index].isReported = true
        body(queue[index].ticket, .acknowledged)
      }
    }
    allowance = 0
  }

  /// Reports that Kafka has not given.
  private mutating func reportWrongly(_ wrongRule: WrongRule, _ body: (UInt64, SinkDelivery) -> Void) {
    switch wrongRule {
    case .handedOverIsAcknowledged:
      for index in queue.indices where !queue[index].isReported {
        queue[index].isReported = true
        body(queue[index].ticket, .acknowledged)
      }
    case .unwrittenIsAcknowledged:
      guard allowance > 0, let index = queue.firstIndex(where: { !$0.isWritten && !$0.isReported }) else { return }
      queue[index].isReported = true
      body(queue[index].ticket, .acknowledged)
    case .refusedIsAcknowledged:
      // Now and then the brokers do not take one, and never will.
      guard random.oneIn(50), let index = queue.firstIndex(where: { !$0.isWritten }) else { return }
      body(queue.remove(at: index).ticket, .acknowledged)
    default: return
    }
  }
}
