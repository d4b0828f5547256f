import CLibpq
import Primitives

/// One connection to PostgreSQL for plain SQL. Owns its `PGconn`; closed when it goes out of scope.
///
/// Not `Sendable`: "one PGconn may be used by one thread at a time" (PostgreSQL manual, "Behavior in Threaded Programs").
@safe
public struct PostgresConnection: ~Copyable {
  let handle: OpaquePointer
  /// How long the answer to a `query` may take; `nil` is for as long as the connection stands. For statements that wait for
  /// no other session's lock.
  public var answerWithinMilliseconds: Int?
  /// Looks after the server while an answer without such a bound is waited for.
  let watch: SessionWatch?

  /// Connects and waits for it. `connect_timeout` is 10 seconds unless set; the client encoding is always UTF-8.
  public init(_ settings: ConnectionSettings, watch: SessionWatch? = nil) throws(PostgresError) {
    unsafe handle = try PostgresConnection.connect(settings, statements: settings.initialStatements)
    self.watch = watch
    unsafe watch?.learn(handle)
  }

  deinit { unsafe PQfinish(handle) }

  /// Opens a `PGconn`. Settings that the caller gave come last and so win over these defaults, but for the encoding.
  static func connect(
    _ settings: ConnectionSettings, extra: [String: String] = [:], statements: [String] = []
  ) throws(PostgresError) -> OpaquePointer {
    var keywords = [
      "connect_timeout": "10", "fallback_application_name": "sluice",
      // A server that is gone without a word is noticed in half a minute, not after the system's hours.
      "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3", "tcp_user_timeout": "30000",
    ]
    // A URI in "dbname" must come first, since it overrides what stands before it (`expand_dbname`).
    keywords.merge(settings.keywords) { _, new in new }
    keywords.merge(extra) { _, new in new }
    keywords["client_encoding"] = "UTF8"
    let ordered = keywords.sorted { ($0.key == "dbname" ? 0 : 1, $0.key) < ($1.key == "dbname" ? 0 : 1, $1.key) }
    let names = ordered.map(\.key)
    let values = ordered.map(\.value)
    let connection = unsafe withCStrings(names) { names in
      unsafe withCStrings(values) { values in unsafe PQconnectdbParams(names, values, 1) }
    }
    guard let connection = unsafe connection else {
      throw PostgresError(kind: .connection, message: "libpq could not allocate a connection")
    }
    guard unsafe PQstatus(connection) == CONNECTION_OK else {
      let error = unsafe PostgresError(connection: connection)
      unsafe PQfinish(connection)
      throw error
    }
    for statement in statements {
      let result = unsafe PQexec(connection, statement)
      defer { unsafe PQclear(result) }
      let status = unsafe PQresultStatus(result)
      guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY else {
        let error = unsafe PostgresError(result: result, connection: connection)
        unsafe PQfinish(connection)
        throw error
      }
    }
    return unsafe connection
  }

  /// Server version as a number: 150018 is 15.18.
  public var serverVersion: Int { Int(unsafe PQserverVersion(handle)) }

  /// For poll(2). Stays the same while the connection lives.
  public var socket: Int32 { unsafe PQsocket(handle) }

  /// Whether the connection still stands, as far as libpq knows.
  public var isConnected: Bool { unsafe PQstatus(handle) == CONNECTION_OK }

  /// Which session the watch asks for from here on. To be called in a transaction: behind a pooler each may have another.
  public func learnSession() { unsafe watch?.learnAgain(handle) }

  /// Runs one or several statements without parameters and drops their rows.
  public func execute(_ sql: String) throws(PostgresError) {
    _ = try query(sql)
  }

  /// Runs a statement. With parameters it is one statement, whose `$1`… are sent as text.
  @discardableResult
  public func query(_ sql: String, _ parameters: [String?] = []) throws(PostgresError) -> QueryResult {
    let result = unsafe try result(of: sql, parameters, isExtended: !parameters.isEmpty)
    defer { unsafe PQclear(result) }
    switch unsafe PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
      return unsafe QueryResult(copying: result)
    default:
      throw unsafe PostgresError(result: result, connection: handle)
    }
  }

  /// The last result of `sql`, or the one that begins its `COPY`, for the caller to clear.
  func result(
    of sql: String, _ parameters: [String?] = [], isExtended: Bool = false
  ) throws(PostgresError) -> OpaquePointer? {
    if answerWithinMilliseconds == nil, watch == nil {
      if !isExtended { return unsafe PQexec(handle, sql) }
      return unsafe withOptionalCStrings(parameters) { values in
        unsafe PQexecParams(handle, sql, Int32(parameters.count), nil, values, nil, nil, 0)
      }
    }
    let isSent =
      if isExtended {
        unsafe withOptionalCStrings(parameters) { values in
          unsafe PQsendQueryParams(handle, sql, Int32(parameters.count), nil, values, nil, nil, 0)
        }
      } else {
        unsafe PQsendQuery(handle, sql)
      }
    guard isSent == 1 else { throw unsafe PostgresError(connection: handle) }
    if let limit = answerWithinMilliseconds {
      return unsafe try BoundedAnswer.last(on: handle, withinMilliseconds: limit)
    }
    return unsafe try watch!.answer(on: handle)
  }

  /// `name` as an SQL identifier, quoted.
  public static func quoted(identifier name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  /// `text` as an SQL literal, quoted; safe whatever `standard_conforming_strings` says.
  public static func quoted(literal text: String) -> String {
    let doubled = text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    guard doubled.contains("\\") else { return "'\(doubled)'" }
    return " E'" + doubled.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\") + "'"
  }
}

/// Rows of a finished statement, copied out of libpq's result. For catalogues and small answers, not for table data.
public struct QueryResult: Sendable {
  public let columnNames: [String]
  /// A domain's is the type below it.
  public let columnTypes: [TypeOID]
  public let rows: [[String?]]
  /// The command's row count, as in `UPDATE 3`; 0 where it has none.
  public let affectedRows: Int

  init(copying result: OpaquePointer?) {
    let columns = unsafe PQnfields(result)
    columnNames = (0..<columns).map { unsafe String(cString: PQfname(result, $0)) }
    columnTypes = (0..<columns).map { TypeOID(rawValue: unsafe PQftype(result, $0)) }
    rows = unsafe (0..<PQntuples(result)).map { row in
      (0..<columns).map { column in
        if unsafe PQgetisnull(result, row, column) == 1 { return nil }
        return unsafe String(cString: PQgetvalue(result, row, column))
      }
    }
    affectedRows = unsafe Int(String(cString: PQcmdTuples(result))) ?? 0
  }

  /// The only value of the first row, where there is one.
  public var firstValue: String? { rows.first?.first ?? nil }
}
