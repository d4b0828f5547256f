/// Settings that decide how the server writes values as text. Every connection that reads rows pins them, so that the same
/// row gives the same bytes whatever the database, role or host is set to.
enum SessionSettings {
  /// For the `options` keyword: applied before the first statement, on replication connections too.
  static let options = [
    "DateStyle=ISO", "IntervalStyle=postgres", "TimeZone=UTC", "extra_float_digits=3", "bytea_output=hex",
    "xmlbinary=base64", "lc_monetary=C", "statement_timeout=0", "lock_timeout=0",
    "idle_in_transaction_session_timeout=0",
  ].map { "-c \($0)" }.joined(separator: " ")

  /// `settings` with the pinned ones behind whatever `options` they already have, so that ours win.
  static func pinned(_ settings: ConnectionSettings) -> [String: String] {
    let given = settings["options"].map { $0 + " " } ?? ""
    return ["options": given + options]
  }
}

extension PostgresConnection {
  /// A connection whose rows are read: text forms as on the replication connection.
  public init(reading settings: ConnectionSettings) throws(PostgresError) {
    try self.init(settings.merging(SessionSettings.pinned(settings)))
  }
}
