/// Settings that decide how the server writes values as text. Every connection that reads rows pins them, so that the same
/// row gives the same bytes whatever the database, role or host is set to.
enum SessionSettings {
  /// For the `options` keyword: applied before the first statement, on replication connections too.
  static let options =
    (textForms + [
      (name: "statement_timeout", value: "0"), (name: "lock_timeout", value: "0"),
      (name: "idle_in_transaction_session_timeout", value: "0"),
    ]).map { "-c \($0.name)=\($0.value)" }.joined(separator: " ")

  private static let textForms = [
    (name: "DateStyle", value: "ISO"), (name: "IntervalStyle", value: "postgres"), (name: "TimeZone", value: "UTC"),
    (name: "extra_float_digits", value: "3"), (name: "bytea_output", value: "hex"),
    (name: "xmlbinary", value: "base64"), (name: "lc_monetary", value: "C"),
  ]

  /// For a session whose first statements were not ours and may have set something else.
  static let restoringTextForms = textForms.map { "SET \($0.name) = '\($0.value)'" }.joined(separator: "; ")

  /// `settings` with the pinned ones behind whatever `options` they already have, so that ours win.
  static func pinned(_ settings: ConnectionSettings) -> [String: String] {
    let given = settings["options"].map { $0 + " " } ?? ""
    return ["options": given + options]
  }
}

extension PostgresConnection {
  /// A connection whose rows are read: text forms as on the replication connection.
  public init(reading settings: ConnectionSettings, watch: SessionWatch? = nil) throws(PostgresError) {
    var pinned = settings.merging(SessionSettings.pinned(settings))
    if !pinned.initialStatements.isEmpty { pinned.initialStatements.append(SessionSettings.restoringTextForms) }
    try self.init(pinned, watch: watch)
  }
}
