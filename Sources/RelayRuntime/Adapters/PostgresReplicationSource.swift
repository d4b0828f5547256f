import ConnectData
import EventEncoding
import EventRouting
import Glibc
import PgOutput
import PostgresSource
import Primitives

/// The stream of one slot, and beside it a plain connection for the catalogue.
struct PostgresReplicationSource: ReplicationSource, ~Copyable {
  private var replication: ReplicationConnection
  private var catalogConnection: PostgresConnection
  private var catalog = TableCatalog()
  private var slot = ""
  private var takesOpenTransactions = false
  private var hasRowTimeout = false
  private var update = ByteWriter(minimumCapacity: StandbyStatusUpdate.byteCount)
  /// Bytes of a status update wait for the socket to take them.
  private(set) var wantsToWrite = false
  var presence = Presence()

  init(_ replication: consuming ReplicationConnection, catalog connection: consuming PostgresConnection) {
    self.replication = replication
    catalogConnection = connection
    // The stream stands still while the catalogue is asked.
    catalogConnection.answerWithinMilliseconds = 30_000
  }

  var socket: Int32 { replication.socket }
  var serverVersion: Int { replication.serverVersion }

  /// What decides whether this new connection may go on where the one before it ended. Another relay that took the slot
  /// meanwhile has its lock.
  func situation(
    state: StateRecord, slot: String, database: String, handedOver: LSN
  ) throws(PostgresError) -> StartDecision.Situation {
    guard try replication.tryLock(slot: slot) else {
      // The state that START_REPLICATION answers with when a slot is in use.
      throw PostgresError(kind: .statement, sqlState: "55006", message: "slot \(slot) is in use by another relay")
    }
    let identity = try replication.identifySystem()
    return StartDecision.Situation(
      state: state, slot: try ReplicationSlot.find(slot, on: catalogConnection), slotName: slot, database: database,
      identity: identity, policy: .noData, handedOver: handedOver,
      history: try replication.history(of: identity.timeline))
  }

  func hasReplicationOrigins() throws(SourceError) -> Bool {
    do throws(PostgresError) {
      return try !catalogConnection.query("SELECT 1 FROM pg_catalog.pg_replication_origin LIMIT 1").rows.isEmpty
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  mutating func start(
    slot: String, at position: LSN, options: [(name: String, value: String)]
  ) throws(SourceError) {
    self.slot = slot
    takesOpenTransactions = options.contains { $0.name == "streaming" && $0.value != "off" }
    do throws(PostgresError) {
      catalog = TableCatalog()
      try catalog.readEnumerations(on: catalogConnection)
      try replication.startReplication(slot: slot, at: position, options: options)
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  mutating func checkPresence() throws(SourceError) {
    if let absence = presence.absence(at: RelayClock.now().monotonicMilliseconds) {
      throw SourceError(
        .reconnect, "the relay stood still for \(absence / 1_000) s, and another may have its slot by now")
    }
  }

  mutating func receive(
    readingSocket: Bool, _ body: (RawSpan) -> Void
  ) throws(SourceError) -> SourceReceived {
    do throws(PostgresError) {
      return try replication.receive(readingSocket: readingSocket, body) == .frame ? .frame : .nothing
    } catch {
      throw ErrorPolicy.streamError(error, takesOpenTransactions: takesOpenTransactions)
    }
  }

  mutating func send(_ status: StandbyStatusUpdate) throws(SourceError) {
    update.removeAll()
    status.encode(into: &update)
    do throws(PostgresError) {
      try replication.send(update.bytes)
      wantsToWrite = try replication.flush()
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  /// Sends on what the socket did not take before.
  mutating func flush() throws(SourceError) {
    do throws(PostgresError) {
      wantsToWrite = try replication.flush()
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  mutating func execute(_ sql: String) throws(SourceError) {
    do throws(PostgresError) {
      try catalogConnection.execute(sql)
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  mutating func slotXmin() throws(SourceError) -> UInt64? {
    do throws(PostgresError) {
      return try ReplicationSlot.catalogXmin(slot, on: catalogConnection)
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  mutating func describe(_ relation: Relation) throws(SourceError) -> TableDescription {
    do throws(PostgresError) {
      return try Self.describe(relation, &catalog, on: catalogConnection)
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  /// The columns of the message with what the catalogue says of them now, which may be ahead of the stream: a column
  /// that is gone there is optional and without default, a type that has changed is the message's. A table that is gone
  /// is looked for by its name, under which another may stand.
  static func describe(
    _ relation: Relation, _ catalog: inout TableCatalog, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> TableDescription {
    let id = TableID(schema: relation.schema, name: relation.name)
    var found = try describe(relation.oid, id, &catalog, on: connection)
    if found.columns.isEmpty,
      let other = try TableCatalog.table(named: id.name, inSchema: id.schema, on: connection)
    {
      found = try describe(other, id, &catalog, on: connection)
    }
    var columns: [ColumnDescription] = []
    for column in relation.columns {
      if let known = found.columns.first(where: { $0.name == column.name }), known.typeOID == column.type {
        columns.append(known)
        continue
      }
      let type = try catalog.type(column.type, on: connection)
      var described =
        found.columns.first { $0.name == column.name } ?? ColumnDescription(name: column.name, type: type)
      described.type = type
      columns.append(described)
    }
    return TableDescription(id: id, columns: columns, keyColumns: found.keyColumns)
  }

  static func describe(
    _ oid: RelationOID, _ table: TableID, _ catalog: inout TableCatalog, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> TableDescription {
    TableDescription(
      id: table, columns: try catalog.columns(ofTable: oid, on: connection),
      keyColumns: try TableCatalog.keyColumns(ofTable: oid, on: connection))
  }

  /// Longer than that a look-up fails, and the stream goes on.
  private static let rowTimeoutMilliseconds = 10_000

  mutating func lookUp(_ row: RowLookup) throws(SourceError) -> RowAnswer {
    guard !row.key.isEmpty else { return .failed("the table has no key to find the row by") }
    let statement = RowStatement(row)
    do throws(PostgresError) {
      if !hasRowTimeout {
        try catalogConnection.execute("SET statement_timeout = \(Self.rowTimeoutMilliseconds)")
        hasRowTimeout = true
      }
      let end = RelayClock.now().monotonicMilliseconds + Int64(Self.rowTimeoutMilliseconds)
      while true {
        if let answer = statement.answer(try catalogConnection.query(statement.text, statement.parameters).rows) {
          return answer
        }
        guard RelayClock.now().monotonicMilliseconds < end else {
          return .failed("transaction \(row.transaction) is not visible yet")
        }
        var pause = timespec(tv_sec: 0, tv_nsec: 500_000)
        _ = unsafe nanosleep(&pause, nil)
      }
    } catch {
      // 57014: the time is up. Whatever else the server says of the statement is the statement's fault.
      let isAnswer = error.sqlState == "57014" || !["08", "53", "57", "58", ""].contains(error.sqlState.prefix(2))
      if error.kind == .statement, isAnswer { return .failed(error.description) }
      throw ErrorPolicy.sourceError(error)
    }
  }

  mutating func end(timeoutMilliseconds: Int32) { replication.endReplication(timeoutMilliseconds: timeoutMilliseconds) }
}
