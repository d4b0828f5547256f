import EventEncoding
import KafkaSink
import Primitives

/// Kafka's side: each record that was read, by what it is known by.
struct ReadBack {
  let subject: ProofSubject
  /// Ends of the partitions before the database was read; a partition that is not in it came later.
  let before: [TopicPartition: Int64]
  let deadLetterTopic: String?
  let sinceMilliseconds: Int64?
  private(set) var truncations: [Int: UInt64] = [:]
  private(set) var failure: ProofSpill.Failure?

  init(
    subject: ProofSubject, before: [TopicPartition: Int64], deadLetterTopic: String?, sinceMilliseconds: Int64?
  ) {
    self.subject = subject
    self.before = before
    self.deadLetterTopic = deadLetterTopic
    self.sinceMilliseconds = sinceMilliseconds
  }

  mutating func take(
    _ record: borrowing ConsumedRecord, _ place: TopicPartition, _ spill: inout ProofSpill,
    _ reader: inout RecordContentReader, _ report: inout ProofReport
  ) {
    if failure != nil { return }
    if let since = sinceMilliseconds, let time = record.timestampMilliseconds, time < since { return }
    let letterTopic = place.topic == deadLetterTopic ? Self.header(DeadLetterHeader.topic, of: record) : nil
    if place.topic == deadLetterTopic, letterTopic == nil { return }
    let name = letterTopic.map { String(decoding: $0, as: UTF8.self) } ?? place.topic
    guard let topic = subject.index(ofTopic: name) else { return }
    var content = reader.read(record.value)
    if letterTopic == nil, content.kind == .truncation {
      truncations[topic] = max(truncations[topic] ?? 0, content.lsn)
      report.topics[topic].records += 1
      return
    }
    let table = subject.table(ofTopic: topic)
    let id = table.map(\.isOutbox) ?? (content.operation == 0) ? Self.header("id", of: record) : nil
    let identity: [UInt8]
    if let id {
      identity = unsafe ProofIdentity.event(id.span.bytes)
      if let key = record.key {
        content.fields.append(.init(name: ContentHash.of(RecordContent.keyName), value: ContentHash.of(key)))
      }
    } else if let key = record.key {
      identity = ProofIdentity.key(key)
    } else {
      identity = ProofIdentity.content(content.hash(without: table?.volatile ?? []))
    }
    let isSettled = record.offset < before[place] ?? 0
    let entry = ProofEntry(
      side: letterTopic != nil ? .letter : isSettled ? .settled : .tail, topic: UInt32(topic), identity: identity,
      number: UInt64(clamping: record.offset), partition: place.partition, content: content)
    do throws(ProofSpill.Failure) {
      try spill.add(entry)
    } catch {
      failure = error
    }
  }

  private static func header(_ name: String, of record: borrowing ConsumedRecord) -> [UInt8]? {
    var found: [UInt8]?
    record.forEachHeader { header, value in
      guard header == name, let value else { return }
      found = unsafe value.withUnsafeBytes { unsafe [UInt8]($0) }
    }
    return found
  }
}
