import EventRouting
import Logging
import PostgresSource

/// `replica.identity.autoset.values`: gives tables the replica identity that a rule asks for. A table that cannot be
/// altered keeps its own, with an error in the log, as in Debezium. Source: Debezium 3.6,
/// `PostgresReplicationConnection.initReplicaIdentity`.
public struct ReplicaIdentitySetup {
  public struct Rule: Sendable, Equatable {
    public enum Identity: Sendable, Equatable {
      case `default`, full, nothing
      case index(String)
    }

    /// A Java regular expression of `schema.table`.
    public var table: String
    public var identity: Identity

    public init(table: String, identity: Identity) {
      self.table = table
      self.identity = identity
    }
  }

  private let rules: [(pattern: JavaPattern, identity: Rule.Identity)]
  private let logger: Logger

  init(_ rules: [Rule], logger: Logger) throws(JavaPattern.Refusal) {
    var compiled: [(pattern: JavaPattern, identity: Rule.Identity)] = []
    for rule in rules { compiled.append((try JavaPattern(rule.table, ignoringCase: true), rule.identity)) }
    self.rules = compiled
    self.logger = logger
  }

  /// The identity that the rules give a table. More than one match is an error, and none of them counts.
  func identity(of table: TableID) -> (identity: Rule.Identity?, isAmbiguous: Bool) {
    let matches = rules.filter { $0.pattern.matches(table.description) }
    return matches.count > 1 ? (nil, true) : (matches.first?.identity, false)
  }

  func run(_ table: TableCatalog.Table, on connection: borrowing PostgresConnection) {
    let id = TableID(schema: table.schema, name: table.name)
    let (wanted, isAmbiguous) = identity(of: id)
    if isAmbiguous {
      logger.error(
        "replica.identity.autoset.values: more than one pattern matches table \(id); its replica identity stays")
    }
    guard let wanted else { return }
    do throws(PostgresError) {
      guard let clause = try clause(wanted, table, on: connection) else {
        logger.error("replica.identity.autoset.values: table \(id) has no such index; its replica identity stays")
        return
      }
      guard try !isSet(wanted, table, on: connection) else { return }
      try connection.execute(
        "ALTER TABLE \(PostgresConnection.quoted(identifier: id.schema)).\(PostgresConnection.quoted(identifier: id.name)) REPLICA IDENTITY \(clause)"
      )
      logger.info("replica identity of table \(id) is \(clause) now")
    } catch {
      logger.error("replica.identity.autoset.values: the replica identity of table \(id) stays as it is: \(error)")
    }
  }

  /// An unquoted name means its lower-case form, as in SQL; the table's index by the name as written goes first.
  private func clause(
    _ identity: Rule.Identity, _ table: TableCatalog.Table, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> String? {
    switch identity {
    case .default: return "DEFAULT"
    case .full: return "FULL"
    case .nothing: return "NOTHING"
    case .index(let name):
      let found = try connection.query(
        """
        SELECT c.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = $1::oid AND c.relname IN ($2::name, lower($2::text)::name)
        ORDER BY c.relname <> $2::name LIMIT 1
        """, [table.oid.description, name]
      ).firstValue
      return found.map { "USING INDEX \(PostgresConnection.quoted(identifier: $0))" }
    }
  }

  private func isSet(
    _ identity: Rule.Identity, _ table: TableCatalog.Table, on connection: borrowing PostgresConnection
  ) throws(PostgresError) -> Bool {
    let letter = try TableCatalog.replicaIdentity(ofTable: table.oid, on: connection)
    switch identity {
    case .default: return letter == UInt8(ascii: "d")
    case .full: return letter == UInt8(ascii: "f")
    case .nothing: return letter == UInt8(ascii: "n")
    case .index(let name):
      guard letter == UInt8(ascii: "i") else { return false }
      return try connection.query(
        """
        SELECT 1 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = $1::oid AND i.indisreplident AND c.relname IN ($2::name, lower($2::text)::name)
        """, [table.oid.description, name]
      ).firstValue != nil
    }
  }
}
