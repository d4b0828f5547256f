import PostgresSource
import Testing

@testable import RelayRuntime

@Suite struct ErrorPolicyTests {
  private func remedy(_ sqlState: String, _ message: String = "m") -> SourceError {
    ErrorPolicy.sourceError(PostgresError(kind: .statement, sqlState: sqlState, message: message))
  }

  @Test(arguments: [
    "08000", "08006", "08P01", "53100", "53300", "57P01", "57P02", "57P03", "57014", "58030", "XX000", "40001", "40P01",
  ])
  func passingTroubleIsTriedAgain(sqlState: String) {
    #expect(remedy(sqlState).remedy == .reconnect)
  }

  @Test func anInternalErrorWhileOpenTransactionsAreDecodedLeadsBackToCommittedOnes() {
    func remedy(_ sqlState: String, _ takesOpenTransactions: Bool) -> SourceError.Remedy {
      ErrorPolicy.streamError(
        PostgresError(kind: .statement, sqlState: sqlState, message: "could not map filenumber"),
        takesOpenTransactions: takesOpenTransactions
      ).remedy
    }
    #expect(remedy("XX000", true) == .reconnectWithoutStreaming)
    #expect(remedy("XX000", false) == .reconnect)
    #expect(remedy("57P01", true) == .reconnect)
  }

  @Test(arguments: ["28000", "28P01", "42501", "42P01", "42601", "22023", "3D000", "0A000", "55000", "42704"])
  func whatOnlyTheOperatorCanMendStops(sqlState: String) {
    #expect(remedy(sqlState).remedy == .stop)
  }

  @Test func aSlotInUseIsWaitedFor() {
    #expect(remedy("55006", "replication slot \"s\" is active for PID 7").remedy == .waitForSlot)
  }

  @Test func aSlotWithoutItsWALStopsWithAHint() {
    let error = remedy("55000", "can no longer get changes from replication slot \"s\"")
    #expect(error.remedy == .stop && error.description.contains("drop the slot"))
  }

  @Test func aMissingPublicationStopsWithAHint() {
    let error = remedy("42704", "publication \"p\" does not exist")
    #expect(error.remedy == .stop && error.description.contains("publication.autocreate.mode"))
  }

  @Test func missingPrivilegesStopWithTheOnesThatAreNeeded() {
    #expect(remedy("42501").description.contains("REPLICATION, CONNECT, SELECT"))
  }

  @Test func aRefusedLoginNamesTheProperties() {
    #expect(remedy("28P01").description.contains("database.password"))
  }

  @Test(arguments: [
    ("FATAL:  password authentication failed for user \"u\"", "database.password"),
    ("fe_sendauth: no password supplied", "database.password"),
    ("FATAL:  no pg_hba.conf entry for replication connection", "pg_hba.conf"),
    ("FATAL:  role \"u\" does not exist", "database.user"),
    ("FATAL:  database \"d\" does not exist", "database.dbname"),
    ("FATAL:  must be superuser or replication role to start walsender", "REPLICATION"),
    ("SSL error: certificate verify failed", "database.sslmode"),
  ])
  func aRefusedConnectionStopsByItsText(message: String, hint: String) {
    let error = ErrorPolicy.sourceError(PostgresError(kind: .connection, message: message))
    #expect(error.remedy == .stop)
    #expect(error.description.contains(hint))
  }

  @Test(arguments: [
    "connection to server at \"localhost\", port 5432 failed: Connection refused", "server closed the connection",
    "FATAL:  the database system is starting up", "could not translate host name",
  ])
  func aServerThatIsAwayIsTriedAgain(message: String) {
    #expect(ErrorPolicy.sourceError(PostgresError(kind: .connection, message: message)).remedy == .reconnect)
  }

  @Test(arguments: [
    (SourceError.Remedy.reconnect, ConnectorFailure.Kind.unreachable), (.waitForSlot, .slotBusy),
    (.stop, .configuration),
  ])
  func eachRemedyHasItsFailure(remedy: SourceError.Remedy, kind: ConnectorFailure.Kind) {
    #expect(ConnectorFailure(source: SourceError(remedy, "why"), doing: "slot s").kind == kind)
    #expect(ConnectorFailure(source: SourceError(remedy, "why"), doing: "slot s").description == "slot s: why")
  }

  /// A fenced relay asks for the slot again: stopped for good, it would leave its standby without one of its own.
  @Test(arguments: [
    (SinkError.Remedy.startOver, ConnectorFailure.Kind.unreachable), (.standAside, .fenced), (.stop, .delivery),
  ])
  func eachRemedyOfTheSinkHasItsFailure(remedy: SinkError.Remedy, kind: ConnectorFailure.Kind) {
    #expect(ConnectorFailure(RelayFailure.sink(SinkError("why", remedy: remedy))).kind == kind)
  }
}
