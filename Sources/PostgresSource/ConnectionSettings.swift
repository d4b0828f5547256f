/// How to reach a database, as libpq keywords. A later value of a keyword replaces an earlier one.
/// Source: PostgreSQL manual, "Parameter Key Words". The password is never printed.
public struct ConnectionSettings: Sendable, Equatable {
  public private(set) var keywords: [String: String]
  /// Run on each new connection but those for replication, in this order.
  public var initialStatements: [String] = []

  public init(_ keywords: [String: String] = [:]) { self.keywords = keywords }

  /// A `postgresql://…` URI or a `key=value` string, taken apart by libpq itself when connecting.
  public init(uri: String) { keywords = ["dbname": uri] }

  public subscript(keyword: String) -> String? {
    get { keywords[keyword] }
    set { keywords[keyword] = newValue }
  }

  /// These settings, with `other` on top.
  public func merging(_ other: [String: String]) -> ConnectionSettings {
    var merged = ConnectionSettings(keywords.merging(other) { _, new in new })
    merged.initialStatements = initialStatements
    return merged
  }
}

extension ConnectionSettings: CustomStringConvertible {
  /// `host:port/database as user`, without secrets.
  public var description: String {
    if let uri = keywords["dbname"], uri.contains("://") || uri.contains("=") { return "the given connection URI" }
    let host = keywords["host"] ?? keywords["hostaddr"] ?? "the default host"
    return "\(host):\(keywords["port"] ?? "5432")/\(keywords["dbname"] ?? "")"
      + (keywords["user"].map { " as \($0)" } ?? "")
  }
}
