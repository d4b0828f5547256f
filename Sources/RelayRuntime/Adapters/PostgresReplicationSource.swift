import ConnectData
import EventEncoding
import EventRouting
import Glibc
import PgOutput
import PostgresSource
import Primitives

/// The stream of one slot, and beside it a plain connection for the catalogue.
struct PostgresReplicationSource: PublicationSource, ~Copyable {
  /// Given up where frames come from a shared stream.
  private var replication: ReplicationConnection?
  private var shared: SharedFrames?
  private var catalogConnection: PostgresConnection
  private var catalog = TableCatalog()
  private var slot = ""
  private var takesOpenTransactions = false
  /// What `statement_timeout` was before a look-up set its own, until that is taken back.
  private var timeoutBefore: String?
  private var update = ByteWriter(minimumCapacity: StandbyStatusUpdate.byteCount)
  /// Bytes of a status update wait for the socket to take them.
  private(set) var wantsToWrite = false
  var presence = Presence()
  private var readAhead = ReadAhead()

  /// - Parameter seat: at a shared slot, whose stream this connector reads instead of one of its own.
  init(
    _ replication: consuming ReplicationConnection, catalog connection: consuming PostgresConnection,
    seat: SharedSeat? = nil
  ) {
    self.replication = .some(replication)
    shared = seat.map { SharedFrames($0) }
    catalogConnection = connection
    // The stream stands still while the catalogue is asked.
    catalogConnection.answerWithinMilliseconds = 30_000
  }

  /// For poll(2); -1, which it passes over, before the stream begins.
  var socket: Int32 {
    if let shared { return shared.descriptor }
    switch replication {
    case .some(let connection): return connection.socket
    case .none: return -1
    }
  }
  var serverVersion: Int { catalogConnection.serverVersion }

  /// What decides whether this new connection may go on where the one before it ended. Another relay that took the slot
  /// meanwhile has its lock.
  func situation(
    state: StateRecord, slot: String, database: String, handedOver: LSN
  ) throws(PostgresError) -> StartDecision.Situation {
    let identity: ReplicationConnection.SystemIdentity
    let history: TimelineHistory
    switch replication {
    case .none: throw PostgresError(kind: .connection, message: "there is no replication connection")
    case .some(let connection):
      // The right to a shared slot is its reader's.
      if shared == nil, try !connection.tryLock(slot: slot) {
        // The state that START_REPLICATION answers with when a slot is in use.
        throw PostgresError(kind: .statement, sqlState: "55006", message: "slot \(slot) is in use by another relay")
      }
      identity = try connection.identifySystem()
      history = try connection.history(of: identity.timeline)
    }
    return StartDecision.Situation(
      state: state, slot: try ReplicationSlot.find(slot, on: catalogConnection), slotName: slot, database: database,
      identity: identity, policy: .noData, handedOver: handedOver,
      history: history, isShared: shared != nil)
  }

  /// Who has the slot; not to be asked while the stream runs.
  func holder(of slot: String, among sessions: OwnSessions) throws(SourceError) -> OwnSessions.Holder {
    do throws(PostgresError) {
      switch replication {
      case .some(let connection): return try sessions.holder(of: slot, on: connection)
      case .none: throw PostgresError(kind: .connection, message: "there is no replication connection")
      }
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
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
      switch replication {
      case .some(let connection): try connection.startReplication(slot: slot, at: position, options: options)
      case .none: throw PostgresError(kind: .connection, message: "there is no replication connection")
      }
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

  /// Goes on with the frames of the shared stream; the connection that the start needed is closed.
  mutating func startShared(slot: String, at position: LSN) throws(SourceError) {
    self.slot = slot
    do throws(PostgresError) {
      catalog = TableCatalog()
      try catalog.readEnumerations(on: catalogConnection)
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
    replication = nil
    shared?.start(at: position)
  }

  mutating func receive(
    readingSocket: Bool, _ body: (RawSpan) -> Void
  ) throws(SourceError) -> SourceReceived {
    if shared != nil { return try shared!.receive(readingSocket: readingSocket, body) }
    do throws(PostgresError) {
      switch replication {
      case .some(let connection):
        if readingSocket {
          readAhead.bufferWasEmpty()
        } else if connection.isLocal, readAhead.isDue() {
          readAhead.hasRead(connection.readAhead())
        }
        return try connection.receive(readingSocket: readingSocket, body) == .frame ? .frame : .nothing
      case .none: throw PostgresError(kind: .connection, message: "there is no replication connection")
      }
    } catch {
      throw ErrorPolicy.streamError(error, takesOpenTransactions: takesOpenTransactions)
    }
  }

  mutating func send(_ status: StandbyStatusUpdate) throws(SourceError) {
    if let shared { return try shared.send(status) }
    update.removeAll()
    status.encode(into: &update)
    do throws(PostgresError) {
      switch replication {
      case .some(let connection):
        try connection.send(update.bytes)
        wantsToWrite = try connection.flush()
      case .none: break
      }
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  /// Sends on what the socket did not take before.
  mutating func flush() throws(SourceError) {
    do throws(PostgresError) {
      switch replication {
      case .some(let connection): wantsToWrite = try connection.flush()
      case .none: break
      }
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  mutating func execute(_ sql: String) throws(SourceError) {
    do throws(PostgresError) {
      try endRowTimeout()
      try catalogConnection.execute(sql)
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  mutating func slotXmin() throws(SourceError) -> UInt64? {
    do throws(PostgresError) {
      try endRowTimeout()
      return try ReplicationSlot.catalogXmin(slot, on: catalogConnection)
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  mutating func hasRolledBack(anyOf transactions: [TransactionID]) throws(SourceError) -> Bool {
    do throws(PostgresError) {
      try endRowTimeout()
      return try TransactionStatus.hasRolledBack(anyOf: transactions, on: catalogConnection)
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  mutating func describe(_ relation: Relation) throws(SourceError) -> TableDescription {
    do throws(PostgresError) {
      try endRowTimeout()
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
  var rowTimeoutMilliseconds = 10_000

  mutating func lookUp(_ row: RowLookup) throws(SourceError) -> RowAnswer {
    guard !row.key.isEmpty else { return .failed("the table has no key to find the row by") }
    let statement = RowStatement(row)
    do throws(PostgresError) {
      if timeoutBefore == nil { timeoutBefore = try setTimeout("\(rowTimeoutMilliseconds)") }
      let end = RelayClock.now().monotonicMilliseconds + Int64(rowTimeoutMilliseconds)
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

  /// Look-ups come one after another, so their time-out stays until something else is asked.
  private mutating func endRowTimeout() throws(PostgresError) {
    guard let before = timeoutBefore else { return }
    _ = try setTimeout(before)
    timeoutBefore = nil
  }

  /// Returns what it was.
  private func setTimeout(_ value: String) throws(PostgresError) -> String {
    // A list's items are computed in their order.
    try catalogConnection.query(
      """
      SELECT pg_catalog.current_setting('statement_timeout'), pg_catalog.set_config('statement_timeout', $1, false)
      """, [value]
    ).firstValue ?? "0"
  }

  mutating func shares(
    of relation: RelationOID, among publications: [String]
  ) throws(SourceError) -> RelationShares {
    do throws(PostgresError) {
      try endRowTimeout()
      var pauses = 0
      while true {
        let found = try Publication.standing(of: relation, in: publications, slot: slot, on: catalogConnection)
        // A transaction is sent a moment before others see it, and may have made the table.
        if found.table == nil, !found.areForAllTables, pauses < Self.visibilityPausesMax {
          pauses += 1
          var pause = timespec(tv_sec: 0, tv_nsec: 10_000_000)
          _ = unsafe nanosleep(&pause, nil)
          continue
        }
        return RelationShares(
          table: found.table ?? "the table with OID \(relation.rawValue), which is gone",
          operations: publications.map { name in found.published[name].map { Self.operations($0) } ?? [] },
          isGone: found.table == nil && !found.areForAllTables, mayBeDetached: found.mayBeDetached,
          conflict: try PublicationConflict.find(publications, about: relation, on: catalogConnection),
          asOf: found.asOf)
      }
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  /// The shares of every table that is in one of the publications.
  func allShares(among publications: [String]) throws(SourceError) -> AllShares {
    do throws(PostgresError) {
      let published = try Publication.published(in: publications, on: catalogConnection)
      return AllShares(
        tables: published.mapValues { $0.mapValues { Self.operations($0) } },
        asOf: try Publication.logEnd(on: catalogConnection))
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  /// How the publications stand.
  func standing(of publications: [String]) throws(SourceError) -> PublicationsStanding {
    do throws(PostgresError) {
      return try PublicationsStanding.read(publications, on: catalogConnection)
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  /// What the catalogue has shown until now was committed before.
  func logEnd() throws(SourceError) -> LSN {
    do throws(PostgresError) {
      return try Publication.logEnd(on: catalogConnection)
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  private static let visibilityPausesMax = 10

  private static func operations(_ published: Publication.Published) -> PublishedOperations {
    var operations: PublishedOperations = []
    if published.inserts { operations.insert(.insert) }
    if published.updates { operations.insert(.update) }
    if published.deletes { operations.insert(.delete) }
    if published.truncates { operations.insert(.truncate) }
    return operations
  }

  /// Why these publications cannot be read as one; `nil` where each connector would see what it sees alone.
  func conflict(between publications: [String]) throws(SourceError) -> String? {
    do throws(PostgresError) {
      return try PublicationConflict.find(publications, on: catalogConnection)
    } catch {
      throw ErrorPolicy.sourceError(error)
    }
  }

  /// The stream is over for this connector, however it ended; others of a shared slot go on.
  func leave() { shared?.seat.leave() }

  mutating func end(timeoutMilliseconds: Int32) {
    switch replication {
    case .some(let connection): connection.endReplication(timeoutMilliseconds: timeoutMilliseconds)
    case .none: leave()
    }
  }
}
