import EventEncoding

/// Copies what the loop has seen to where others may read it.
enum StatusPublisher {
  static func publish(_ loop: inout ProductionLoop, to status: ConnectorStatus) {
    loop.publishLatencies(to: status)
    let observations = loop.observations
    let inFlight = loop.recordsInFlight
    let deadLetters = loop.pipeline.deadLetters.count
    let skippedChanges = loop.pipeline.skippedChanges.count
    let names = loop.pipeline.topics.names
    let repeated = loop.takeRepeatedRecords()
    let captured = loop.pipeline.capturedChanges
    status.update { report in
      report.recordsAccepted = observations.recordsAccepted
      report.recordsAcknowledged = observations.recordsAcknowledged
      report.transactions = observations.transactions
      report.capturedChanges = captured
      report.setAcknowledged(observations.acknowledgedByTopic, topics: names)
      report.serverEnd = observations.serverEnd
      report.confirmed = observations.confirmed
      report.recordsInFlight = inFlight
      report.deadLetters = deadLetters
      report.skippedChanges = skippedChanges
      report.recordsRepeated += repeated
      if let failure = observations.storeFailure { report.lastError = "state record: \(failure)" }
    }
  }
}
