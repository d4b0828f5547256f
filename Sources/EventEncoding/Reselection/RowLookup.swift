import EventRouting
import Primitives

/// Columns of one row that the pipeline asks its caller to read from the table.
public struct RowLookup: Sendable, Equatable {
  public struct KeyColumn: Sendable, Equatable {
    public let name: String
    public let typeSchema: String
    public let typeName: String
    /// As the server printed it. `nil` is NULL, which no row has.
    public let value: [UInt8]?
  }

  public let table: TableID
  public let columns: [String]
  /// Empty for a table without a key: then no row can be found.
  public let key: [KeyColumn]
  /// Whose change it is. A transaction can be streamed before other sessions see it, so the answer must wait until they do.
  public let transaction: TransactionID
}

/// The answer to a `RowLookup`.
public enum RowAnswer: Sendable, Equatable {
  /// Values in the order of the look-up's columns, as the server prints them.
  case row([[UInt8]?])
  /// There is no such row (any more).
  case missing
  /// The server refused the statement, for this reason.
  case failed(String)
}
