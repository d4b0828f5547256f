import PostgresSource

/// Sessions that write at the same time, one statement after another from a seed: large and small transactions side by
/// side, savepoints within savepoints, rolled back and released, tables altered and emptied on the way, prepared
/// transactions, messages. Each session has rows and a table of its own, so that none ever waits for another.
struct InterleavedSessions {
  static let count = 4

  private var numbers: SeededNumbers
  private var sessions: [Session] = []
  private let rowsMax: Int

  /// A connection of its own: not copyable, so in a box.
  private final class Session {
    let connection: PostgresConnection
    let index: Int
    var isOpen = false
    var savepoints = 0
    var columns = 0
    /// What `columns` was at each savepoint, and at the beginning.
    var columnsBefore: [Int] = []

    init(_ settings: ConnectionSettings, _ index: Int) throws {
      connection = try PostgresConnection(settings)
      self.index = index
    }
  }

  /// - Parameter rowsMax: of one statement.
  init(_ settings: ConnectionSettings, seed: UInt64, rowsMax: Int) throws {
    numbers = SeededNumbers(seed: seed)
    self.rowsMax = rowsMax
    sessions = try (0..<Self.count).map { try Session(settings, $0) }
  }

  static let tables = ["shared"] + (0..<count).map { "own_\($0)" }

  static let setup = """
    CREATE TABLE shared (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, session int NOT NULL, v int, note text);
    ALTER TABLE shared ALTER note SET STORAGE EXTERNAL;
    \((0..<count).map { "CREATE TABLE own_\($0) (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int);" }.joined(separator: "\n"))
    ALTER TABLE own_0 REPLICA IDENTITY FULL;
    """

  mutating func run(statements: Int) throws {
    for _ in 0..<statements { try step(sessions[numbers.below(sessions.count)]) }
    for session in sessions where session.isOpen { try end(session) }
  }

  private mutating func step(_ session: Session) throws {
    if !session.isOpen, numbers.below(3) > 0 {
      try session.connection.execute("BEGIN")
      session.isOpen = true
      session.savepoints = 0
      session.columnsBefore = [session.columns]
    }
    let rows = 1 + numbers.below(numbers.below(4) == 0 ? rowsMax : 5)
    let own = "own_\(session.index)"
    switch numbers.below(20) {
    case 0...4:
      try session.connection.execute(
        "INSERT INTO shared (session, v, note) SELECT \(session.index), i, 'note ' || i FROM generate_series(1, \(rows)) i"
      )
    case 5...7: try session.connection.execute("INSERT INTO \(own) (v) SELECT i FROM generate_series(1, \(rows)) i")
    case 8:
      try session.connection.execute(
        "UPDATE shared SET v = v + 1 WHERE id IN (SELECT id FROM shared WHERE session = \(session.index) ORDER BY id DESC LIMIT \(rows))"
      )
    case 9:
      // A value that is kept apart, which later updates do not send.
      try session.connection.execute(
        "INSERT INTO shared (session, v, note) VALUES (\(session.index), 0, repeat('long ', 1000))")
    case 10:
      try session.connection.execute(
        "DELETE FROM \(own) WHERE id IN (SELECT id FROM \(own) ORDER BY id LIMIT \(1 + numbers.below(20)))")
    case 11:
      try session.connection.execute("SELECT pg_logical_emit_message(true, 'told', 'of session \(session.index)')")
    case 12: try session.connection.execute("SELECT pg_logical_emit_message(false, 'told', 'at once')")
    case 13 where session.columns < 12:
      try session.connection.execute(
        "ALTER TABLE \(own) ADD COLUMN added_\(session.columns) int DEFAULT \(session.columns)")
      session.columns += 1
    case 14 where numbers.below(3) == 0: try session.connection.execute("TRUNCATE \(own)")
    case 15...16 where session.isOpen:
      session.savepoints += 1
      session.columnsBefore.append(session.columns)
      try session.connection.execute("SAVEPOINT s\(session.savepoints)")
    case 17 where session.savepoints > 0:
      try session.connection.execute("ROLLBACK TO s\(session.savepoints); RELEASE s\(session.savepoints)")
      session.savepoints -= 1
      session.columns = session.columnsBefore.removeLast()
    case 18 where session.savepoints > 0:
      try session.connection.execute("RELEASE s\(session.savepoints)")
      session.savepoints -= 1
      session.columnsBefore.removeLast()
    case 19 where session.isOpen: try end(session)
    default: break
    }
  }

  private mutating func end(_ session: Session) throws {
    session.isOpen = false
    session.savepoints = 0
    switch numbers.below(6) {
    case 0:
      try session.connection.execute("ROLLBACK")
      session.columns = session.columnsBefore[0]
    case 1:
      let name = "session_\(session.index)"
      try session.connection.execute("PREPARE TRANSACTION '\(name)'")
      try session.connection.execute("COMMIT PREPARED '\(name)'")
    default: try session.connection.execute("COMMIT")
    }
  }
}
