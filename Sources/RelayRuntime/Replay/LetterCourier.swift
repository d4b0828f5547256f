import EventEncoding
import KafkaSink
import Logging
import PgOutput
import PostgresSource
import Primitives

/// Takes letters to the topics their records are for: each is made a record again, and what is acknowledged is committed to
/// the replay's consumer group; exactly once, in one Kafka transaction with the records. Belongs to one thread.
final class LetterCourier {
  /// Letters between two commits.
  private static let letterCountMax = 500
  private static let acknowledgementMilliseconds: Int64 = 60_000

  private var source: PostgresReplicationSource
  private var pipeline: EventPipeline
  private var sink: KafkaEventSink
  private let offsets: GroupOffsets
  private let producer: ConnectorProducer
  private let isTransactional: Bool
  private let letterTopic: String
  private let overtaken: OvertakenLetters
  private let isStopped: () -> Bool
  private var pairs: LetterPairs
  private var tables: [RelationOID: (relation: Relation, table: TableDescription)] = [:]
  /// Parts of a change that is not whole yet, by partition.
  private var parts: [TopicPartition: [UInt8]] = [:]
  /// Behind the last letter of each partition that is handed over whole, and is not committed.
  private var passed: [TopicPartition: Int64] = [:]
  private var passedCount = 0
  /// By ticket, what a record would be if Kafka refused it.
  private var inFlight: [UInt64: (topic: String, lsn: LSN, place: RecordPlace?)] = [:]
  private var nextTicket: UInt64 = 0
  private var sinkTopics: [Int?] = []
  private var failure: ConnectorFailure?
  private var refused: [RefusedRecord] = []
  private var uncommittedRecords = 0
  /// Committed.
  private(set) var records = 0
  var lettersAgain: Int { Int(pipeline.deadLetters.count) }

  init(
    _ source: consuming PostgresReplicationSource, _ pipeline: consuming EventPipeline, letterTopic: String,
    _ overtaken: OvertakenLetters, _ offsets: consuming GroupOffsets, _ producer: ConnectorProducer,
    _ plan: ConnectorPlan, _ logger: Logger,
    isStopped: @escaping () -> Bool
  ) {
    self.source = source
    self.pipeline = pipeline
    self.offsets = offsets
    self.producer = producer
    self.letterTopic = letterTopic
    self.overtaken = overtaken
    self.isStopped = isStopped
    isTransactional = plan.transactions != nil
    pairs = LetterPairs(supplies: plan.transactions == nil && self.pipeline.options.sendsTombstones)
    sink = KafkaEventSink(producer, creation: plan.topicCreation, logger: logger)
  }

  /// From what the group has committed to where the topic ends now.
  func deliver(_ letters: OutstandingLetters) throws(ConnectorFailure) {
    defer { sink.abandon() }
    do throws(KafkaError) {
      let isStopped = { self.failure != nil || self.isStopped() && !self.pairs.isOpen }
      try letters.read(try letters.range(), isStopped: isStopped) { record, place in
        if failure != nil { return }
        do throws(ConnectorFailure) {
          try take(record, place)
        } catch {
          failure = error
        }
      }
    } catch {
      throw ConnectorFailure(kafka: error, doing: "reading the dead letters of \(letters.topic)")
    }
    if let failure { throw failure }
    if let tombstone = pairs.end() { try replay(tombstone) }
    try commit()
  }

  // MARK: One letter

  private func take(_ record: KafkaRecord, _ place: TopicPartition) throws(ConnectorFailure) {
    var bytes = record.header(DeadLetterHeader.change) ?? []
    if let part = record.header(DeadLetterHeader.part).map({ String(decoding: $0, as: UTF8.self) }) {
      let numbers = part.split(separator: "/")
      // One that was begun and given up by a kill is followed by its repetition.
      if numbers.first == "1" { parts[place] = nil }
      parts[place, default: []] += bytes
      guard numbers.count == 2, numbers[0] == numbers[1] else { return }
      bytes = parts.removeValue(forKey: place) ?? []
    }
    if !bytes.isEmpty {
      let letter: LetteredChange
      do throws(DecodeError) {
        letter = unsafe try LetteredChange(bytes.span.bytes)
      } catch {
        throw ConnectorFailure(
          .delivery,
          "the letter at offset \(record.offset) of \(place.topic), partition \(place.partition), cannot be read: \(error). It may be of a newer version of sluice"
        )
      }
      let hold = record.letterHold
      let next = pairs.pass(letter, waits: hold != nil)
      if let tombstone = next.tombstoneBefore { try replay(tombstone) }
      if passedCount >= LetterCourier.letterCountMax, !next.belongsToLast { try commit() }
      if let hold, pipeline.heldKeys != nil {
        overtaken.release(hold, from: &pipeline.heldKeys!)
      }
      try replay(letter)
    }
    passed[place] = record.offset + 1
    passedCount += 1
  }

  private func replay(_ letter: LetteredChange) throws(ConnectorFailure) {
    var described: TableDescription?
    if let relation = letter.relation { described = try table(of: relation) }
    var lookup: RowLookup?
    do throws(PipelineError) {
      let step = try pipeline.replay(letter, described, now: RelayClock.now().wallNanoseconds)
      if case .needsRow(let wanted) = step { lookup = wanted }
    } catch {
      throw ConnectorFailure(.delivery, "a letter: \(error)")
    }
    try handOver()
    guard let lookup else { return }
    let answer = try answer(lookup)
    do throws(PipelineError) {
      try pipeline.supply(answer)
    } catch {
      throw ConnectorFailure(.delivery, "a letter: \(error)")
    }
    try handOver()
  }

  private func table(of relation: Relation) throws(ConnectorFailure) -> TableDescription {
    if let known = tables[relation.oid], known.relation == relation { return known.table }
    do throws(SourceError) {
      let table = try source.describe(relation)
      tables[relation.oid] = (relation, table)
      return table
    } catch {
      throw ConnectorFailure(source: error, doing: "describing \(relation.schema).\(relation.name)")
    }
  }

  private func answer(_ lookup: RowLookup) throws(ConnectorFailure) -> RowAnswer {
    do throws(SourceError) {
      return try source.lookUp(lookup)
    } catch {
      throw ConnectorFailure(source: error, doing: "reading a row again")
    }
  }

  // MARK: To Kafka

  private func handOver() throws(ConnectorFailure) {
    while !pipeline.records.isEmpty {
      let place = pipeline.records.first.place
      let recordPlace = pipeline.records.first.recordPlace
      let topic = place.pipelineTopic ?? pipeline.records.first.record.topic
      let name = pipeline.topics.names[topic]
      let ticket = nextTicket
      do throws(SinkError) {
        if isTransactional, !sink.isInTransaction { try sink.beginTransaction() }
        if place.pipelineTopic == nil {
          pipeline.records.first.place.pipelineTopic = topic
          pipeline.records.first.record.topic = try sinkTopic(topic, name)
        }
        switch try sink.enqueue(pipeline.records.first.record, ticket: ticket) {
        case .accepted:
          inFlight[ticket] = (name, place.lsn, recordPlace)
          nextTicket += 1
          if name != letterTopic { uncommittedRecords += 1 }
          pipeline.records.removeFirst()
        case .queueFull: try collect(waitMilliseconds: 10)
        case .refused(let refusal):
          let key = pipeline.records.first.record.key
          let value = pipeline.records.first.record.value
          let bytes = (key?.count ?? 0) + (value?.count ?? 0)
          refuse(refusal, (name, place.lsn, recordPlace), bytes, isCertain: true)
        }
      } catch {
        throw ConnectorFailure(RelayFailure.sink(error))
      }
      try throwRefused()
    }
  }

  private func sinkTopic(_ topic: Int, _ name: String) throws(SinkError) -> Int {
    while sinkTopics.count <= topic { sinkTopics.append(nil) }
    if let known = sinkTopics[topic] { return known }
    let added = try sink.addTopic(name)
    sinkTopics[topic] = added
    return added
  }

  private func refuse(
    _ refusal: RecordRefusal, _ record: (topic: String, lsn: LSN, place: RecordPlace?), _ bytes: Int, isCertain: Bool
  ) {
    refused.append(
      RefusedRecord(
        refusal: refusal, topic: record.topic, bytes: bytes, isCertain: isCertain,
        place: record.place, origin: "the letter of LSN \(record.lsn)"))
  }

  private func throwRefused() throws(ConnectorFailure) {
    guard let first = refused.first else { return }
    throw ConnectorFailure(.refused(refused, stored: .invalid, handedOver: .invalid), first.description)
  }

  private func collect(waitMilliseconds: Int) throws(SinkError) {
    var lost: String?
    do throws(SinkError) {
      try producer.collect(waitMilliseconds: waitMilliseconds) { ticket, delivery in
        guard let record = inFlight.removeValue(forKey: ticket) else { return }
        switch delivery {
        case .acknowledged: break
        case .refused(let refusal, let bytes, let isCertain): refuse(refusal, record, bytes, isCertain: isCertain)
        case .failed(let reason): lost = lost ?? "topic \(record.topic), the letter of LSN \(record.lsn): \(reason)"
        }
      }
    } catch {
      // In a transaction the refusal of one record fails the producer.
      if refused.isEmpty { throw error }
    }
    if let lost { throw SinkError(lost) }
  }

  /// Waits until all is acknowledged, and commits how far the letters are delivered.
  private func commit() throws(ConnectorFailure) {
    let until = RelayClock.now().monotonicMilliseconds + LetterCourier.acknowledgementMilliseconds
    do throws(SinkError) {
      while !inFlight.isEmpty, refused.isEmpty {
        guard RelayClock.now().monotonicMilliseconds < until else {
          throw SinkError(
            "Kafka has not acknowledged \(inFlight.count) records in time; the next replay sends them again")
        }
        try collect(waitMilliseconds: 100)
      }
    } catch {
      throw ConnectorFailure(RelayFailure.sink(error))
    }
    try throwRefused()
    do throws(KafkaError) {
      if sink.isInTransaction {
        try offsets.add(passed, to: producer.producer)
      } else {
        try offsets.commit(passed)
      }
    } catch {
      throw ConnectorFailure(kafka: error, doing: "committing how far the letters are redelivered")
    }
    if sink.isInTransaction {
      do throws(SinkError) {
        try producer.commitWithOffsets()
      } catch {
        throw ConnectorFailure(RelayFailure.sink(error))
      }
    }
    passed = [:]
    passedCount = 0
    records += uncommittedRecords
    uncommittedRecords = 0
  }
}
