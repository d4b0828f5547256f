import Acknowledgement
import EventEncoding
import EventRouting
import Primitives

/// Records to the producer, and what Kafka says of them.
extension RelayLoop where Source: ~Copyable, Sink: ~Copyable, Store: ~Copyable {
  /// Gives the producer what is pending; leaves what it does not take for a later turn.
  mutating func handOverPending() throws(RelayFailure) {
    // Committed before the connection was lost, or the relay was.
    if isSkipping { pipeline.records.removeAll() }
    while !pipeline.records.isEmpty {
      guard try handOverFirst() else { return }
      pipeline.records.removeFirst()
    }
    guard let end = pendingEnd else { return }
    pendingEnd = nil
    batch?.unitEnded()
    switch end {
    case .commit(let endLSN, let committedAt):
      ledger.commit(endLSN: endLSN, committedAt: committedAt)
      handedOver = max(handedOver, endLSN)
      if divided?.transaction == pipeline.lastTransactionID { divided = nil }
      observations.transactions += 1
      repeats.transactionCommitted(accepted: observations.recordsAccepted)
      tellRepeats()
    case .message(let end):
      ledger.end(at: end)
      handedOver = max(handedOver, end)
    case .unit:
      ledger.endWithoutPosition()
    }
    markContext()
  }

  mutating func tellRepeats() {
    guard let records = repeats.passed(handedOver) else { return }
    notices.add(
      .info,
      "all that an earlier relay can have sent has been passed: \(records) records may have come twice")
  }

  /// Returns `false` when the producer's queue is full.
  mutating func handOverFirst() throws(RelayFailure) -> Bool {
    let place = pipeline.records.first.place
    let topic = place.pipelineTopic ?? pipeline.records.first.record.topic
    do throws(SinkError) {
      guard try admitsRecord() else { return false }
      if place.pipelineTopic == nil {
        pipeline.records.first.record.topic = try sinkTopic(topic)
        pipeline.records.first.place.pipelineTopic = topic
        if divided != nil, dividedPart > 1 {
          DividedHeader.append(part: dividedPart, to: &pipeline.records.first.record)
        }
      }
      let ticket = RecordTicket(unit: ledger.openTicket, ordinal: place.ordinal, topic: topic)
      switch try sink.enqueue(pipeline.records.first.record, ticket: ticket.rawValue) {
      case .accepted:
        ledger.recordAccepted(ordinal: place.ordinal)
        if place.isApart { placesApart.updateValue(pipeline.records.first.recordPlace, forKey: ticket.rawValue) }
        batch?.recordAccepted(at: monotonicNow)
        observations.recordsAccepted += 1
        return true
      case .queueFull:
        observations.fullTurns += 1
        return false
      case .refused(let refusal):
        refused.append(refusedFirst(topic, refusal))
      }
    } catch {
      if error.remedy != .stop { throw .sink(error) }
      throw .record(
        "\(origin(of: pipeline.records.first)), topic \(pipeline.topics.names[topic]): \(error.description)")
    }
    throw .refused(refused)
  }

  private func origin(of slot: borrowing RecordQueue.Slot) -> String {
    let keyColumns = slot.keyColumns.isEmpty ? "none" : slot.keyColumns.joined(separator: ", ")
    return (slot.table.map { "table \($0), key \(keyColumns), " } ?? "") + "LSN \(slot.lsn)"
  }

  private func refusedFirst(_ topic: Int, _ refusal: RecordRefusal) -> RefusedRecord {
    let key = pipeline.records.first.record.key
    let value = pipeline.records.first.record.value
    return RefusedRecord(
      refusal: refusal, topic: pipeline.topics.names[topic], bytes: (key?.count ?? 0) + (value?.count ?? 0),
      isCertain: true, place: pipeline.records.first.recordPlace, origin: origin(of: pipeline.records.first))
  }

  mutating func sinkTopic(_ topic: Int) throws(SinkError) -> Int {
    while sinkTopics.count <= topic { sinkTopics.append(-1) }
    if sinkTopics[topic] >= 0 { return Int(sinkTopics[topic]) }
    let added = try sink.addTopic(pipeline.topics.names[topic])
    sinkTopics[topic] = Int32(added)
    return added
  }

  mutating func collectDeliveries(_ time: RelayTime) throws(RelayFailure) {
    var failure: String?
    let acknowledgedBefore = observations.recordsAcknowledged
    do throws(SinkError) {
      try Self.collect(
        &sink, &ledger, &observations, &failure, &refused, &placesApart, topics: pipeline.topics)
    } catch {
      // In a transaction the refusal of one record fails the producer.
      throw refused.isEmpty ? .sink(error) : .refused(refused)
    }
    if let failure { throw .record(failure) }
    if !refused.isEmpty, !isSettling { throw .refused(refused) }
    if observations.recordsAcknowledged != acknowledgedBefore {
      batch?.recordsAcknowledged(at: time.monotonicMilliseconds, isDrained: ledger.recordsInFlight == 0)
    }
    let nowMicroseconds = time.wallNanoseconds / 1_000
    Self.settle(&ledger, &observations, nowMicroseconds: nowMicroseconds)
    position.acknowledge(ledger.acknowledged)
    contexts.acknowledge(ledger.acknowledgedMark)
    try pollCommit()
  }

  /// Exactly once, a refused record fails the transaction, which may show before its report is collected: takes in what
  /// reports there are.
  public mutating func collectRefusals() {
    var failure: String?
    try? Self.collect(&sink, &ledger, &observations, &failure, &refused, &placesApart, topics: pipeline.topics)
  }

  static func collect(
    _ sink: inout Sink, _ ledger: inout InFlightLedger, _ observations: inout LoopObservations,
    _ failure: inout String?, _ refused: inout [RefusedRecord], _ placesApart: inout [UInt64: RecordPlace?],
    topics: TopicTable
  ) throws(SinkError) {
    try sink.collect { rawTicket, delivery in
      let ticket = RecordTicket(rawValue: rawTicket)
      switch delivery {
      case .acknowledged:
        // A ticket that is not in flight would be an acknowledgement of nothing: never count it as progress.
        precondition(
          ledger.recordAcknowledged(ticket.unit(in: ledger)), "an acknowledgement for a record that is not in flight")
        observations.acknowledged(topic: ticket.topic)
        if !placesApart.isEmpty { placesApart.removeValue(forKey: rawTicket) }
      case .refused(let refusal, let bytes, let isCertain):
        let lsn = ledger.startLSN(of: ticket.unit(in: ledger))
        let place =
          placesApart[rawTicket]
          ?? lsn.flatMap { lsn in ticket.ordinal(in: ledger).map { .inUnit(lsn, ordinal: $0) } }
        refused.append(
          RefusedRecord(
            refusal: refusal, topic: topics.names[ticket.topic], bytes: bytes, isCertain: isCertain, place: place,
            origin: "transaction that begins at LSN \(lsn ?? .invalid)"))
      case .failed(let reason):
        let lsn = ledger.startLSN(of: ticket.unit(in: ledger)) ?? .invalid
        failure =
          failure
          ?? "topic \(topics.names[ticket.topic]), transaction that begins at LSN \(lsn): \(reason)"
      }
    }
  }

  static func settle(
    _ ledger: inout InFlightLedger, _ observations: inout LoopObservations, nowMicroseconds: Int64
  ) {
    ledger.settle { committedAt in
      // The commit time is any eight bytes that the server sent.
      let (latency, overflow) = nowMicroseconds.subtractingReportingOverflow(committedAt.unixMicroseconds)
      observations.latency(microseconds: overflow ? .max : latency)
    }
  }
}
