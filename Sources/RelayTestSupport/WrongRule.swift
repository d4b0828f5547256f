/// A wrong variant of the rule by which positions follow acknowledgements, seen at the loop's ends: what the relay would do
/// if it had that mistake. A simulation with any of them must find a violation, which is the test of the simulation.
public enum WrongRule: CaseIterable, Sendable {
  // What Kafka says of records.
  case handedOverIsAcknowledged
  case unwrittenIsAcknowledged
  case oneRecordStandsForItsTransaction
  case refusedIsAcknowledged
  case newerRecordsOvertake
  case queueHasNoBound
  // The state record.
  case storedBeforeWritten
  case failedIsStored
  case storedRunsAhead
  case storedGoesBack
  // What the server is told, and where the stream begins.
  case receivedIsConfirmed
  case acknowledgedIsConfirmedBeforeStored
  case logEndIsConfirmed
  case startsAtLogEnd
  case goesOnAtLogEnd
  case rolledBackIsSent
}
