/// By which way a table's description and its rows came, where Debezium makes something else of the same value: a snapshot
/// reads them with a query through the JDBC driver, the stream has PostgreSQL's texts.
public enum RowOrigin: Sendable {
  case stream
  case snapshot

  /// JDBC's forms of values and types.
  public var isQueried: Bool { self == .snapshot }
}
