import ConnectData
import EventRouting
import PgOutput
import Primitives

/// A table as the catalogue shows it at the moment of asking: what a relation message does not carry.
public struct TableDescription: Sendable, Equatable {
  public let id: TableID
  /// In column order.
  public let columns: [ColumnDescription]
  /// Names of the key's columns in the key's order: the primary key, else the first unique index; empty without either.
  public let keyColumns: [String]

  public init(id: TableID, columns: [ColumnDescription], keyColumns: [String]) {
    self.id = id
    self.columns = columns
    self.keyColumns = keyColumns
  }
}
