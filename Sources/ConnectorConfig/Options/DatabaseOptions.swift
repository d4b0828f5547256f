/// How to reach the source database.
public struct DatabaseOptions: Sendable, Hashable {
  /// A host name or address; beginning with `/`, the directory of a Unix socket.
  public var host: String
  public var port: UInt16
  public var user: String
  public var password: Secret?
  public var dbname: String
  public var sslMode: SSLMode = .prefer
  public var sslCertificatePath: String?
  public var sslKeyPath: String?
  public var sslKeyPassword: Secret?
  public var sslRootCertificatePath: String?
  public var tcpKeepAlive = true
  /// Run on each connection that is not for replication.
  public var initialStatements: [String] = []
  public var connectTimeoutMilliseconds: Int64 = 60_000
  /// `sluice.connection.timeout.ms`
  public var silenceMaxMilliseconds: Int64?
  /// Fields that came from a config provider, which `description` therefore hides.
  var hidden: Set<String> = []

  public init(host: String, port: UInt16 = 5432, user: String, password: Secret? = nil, dbname: String) {
    self.host = host
    self.port = port
    self.user = user
    self.password = password
    self.dbname = dbname
  }

  /// Connection keywords of libpq, the password in clear. Source: PostgreSQL manual, "Parameter Key Words".
  public var libpqKeywords: [String: String] {
    var keywords = [
      "host": host, "port": String(port), "user": user, "dbname": dbname, "sslmode": sslMode.rawValue,
      "keepalives": tcpKeepAlive ? "1" : "0",
      // libpq takes whole seconds as an int, and makes 2 of 1.
      "connect_timeout": String(min(max(connectTimeoutMilliseconds - 1, 0) / 1000 + 1, Int64(Int32.max))),
    ]
    keywords["password"] = password?.reveal()
    keywords["sslcert"] = sslCertificatePath
    keywords["sslkey"] = sslKeyPath
    keywords["sslpassword"] = sslKeyPassword?.reveal()
    keywords["sslrootcert"] = sslRootCertificatePath
    return keywords
  }
}

extension DatabaseOptions: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// `host:port/dbname as user`, with `***` for what came from a config provider.
  public var description: String {
    func shown(_ field: String, _ text: String) -> String { hidden.contains(field) ? "***" : text }
    return "\(shown("host", host)):\(shown("port", String(port)))/\(shown("dbname", dbname)) as \(shown("user", user))"
  }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
