import EventRouting

/// Which properties hold secrets by their name, as Debezium tells it.
enum SecretNames {
  /// Default of `custom.sanitize.pattern`.
  static let defaultPattern =
    #".*secret$|.*password$|.*sasl\.jaas\.config$|.*basic\.auth\.user\.info|.*registry\.auth\.client-secret"#
    + #"|.*credentials\.json$|.*connectionstring$|.*connection\.string$"#

  private static let endings = [
    "secret", "password", "passphrase", "sasl.jaas.config", "basic.auth.user.info", "credentials.json",
    "connectionstring", "connection.string", "ssl.keystore.key", "token", "initial.statements",
  ]

  /// By name alone: those of the default pattern and a few more. A pattern of the user's own adds to them.
  static func contains(_ name: String, pattern: String? = nil) -> Bool {
    let name = name.lowercased()
    if endings.contains(where: { name.hasSuffix($0) }) { return true }
    guard let pattern, let regex = try? JavaRegularExpression.compile(pattern, ignoresCase: true) else { return false }
    return (try? regex.wholeMatch(in: name)) ?? nil != nil
  }
}
