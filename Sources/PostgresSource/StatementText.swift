import Primitives

/// A statement to prepare: its SQL with `$1`… and the types of these parameters, all of which are sent in binary form.
public struct StatementText: Sendable {
  public let sql: String
  public let parameterTypes: [TypeOID]

  public init(_ sql: String, _ parameterTypes: [TypeOID] = []) {
    self.sql = sql
    self.parameterTypes = parameterTypes
  }
}
