import EventEncoding
import KafkaSink
import Logging
import Primitives

/// What a connector does about records that Kafka refuses.
extension ConnectorRunner {
  /// The keys that wait behind letters of earlier lives; `nil` where keys do not wait.
  func loadHeldKeys(_ options: PipelineOptions) throws(ConnectorFailure) -> HeldKeys? {
    guard let deadLetter = options.deadLetter, deadLetter.holdsKeys else { return nil }
    let letters = OutstandingLetters(connector: plan.name, topic: deadLetter.topic, properties: plan.clientProperties)
    let held: HeldKeys
    do throws(KafkaError) {
      held = try letters.heldKeys { stop.level > .run }
    } catch {
      throw ConnectorFailure(
        error.kind == .notAuthorized ? .configuration : .unreachable,
        "sluice.errors.hold.key: reading the dead letters of \(deadLetter.topic), and what group \(letters.group) has committed: \(error)"
      )
    }
    if !held.isEmpty {
      logger.notice("\(held.count) names of keys wait behind dead letters until sluice replay has redelivered them")
    }
    return held
  }

  /// What a failure is at its root: a transaction that has failed may have failed by a refused record.
  func root(of error: RelayFailure, _ loop: inout ProductionLoop) -> RelayFailure {
    guard plan.transactions != nil, case .sink = error else { return error }
    loop.collectRefusals()
    return loop.refusedRecords.isEmpty ? error : .refused(loop.refusedRecords)
  }

  func failure(
    _ error: RelayFailure, of loop: borrowing ProductionLoop, isInSnapshot: Bool = false
  ) -> ConnectorFailure {
    guard case .refused = error else { return ConnectorFailure(error) }
    var refused = loop.refusedRecords
    // A snapshot that is taken again has other places: nothing could be learned of a row, and the connector stops.
    if isInSnapshot {
      for index in refused.indices { refused[index].place = nil }
    }
    return ConnectorFailure(
      .refused(refused, stored: loop.storedPosition, handedOver: loop.handedOver), error.description)
  }

  /// Takes in what Kafka refuses, so that the next life does better. Throws where none could.
  func learn(
    _ lessons: inout DeliveryLessons, _ records: [RefusedRecord], stored: LSN, handedOver: LSN
  ) throws(ConnectorFailure) {
    if let reason = lessons.learn(records, stored: stored, handedOver: handedOver) {
      throw ConnectorFailure(.delivery, reason)
    }
    // The records of one transaction and topic have the same text.
    var told: Set<String> = []
    for record in records where told.count < 10 {
      let text = record.description
      if told.insert(text).inserted { logger.warning("refused: \(text)") }
    }
    logger.notice(
      "starting over from LSN \(stored): \(records.isEmpty ? "what was refused is passed" : "\(records.count) records were refused")"
    )
  }
}
