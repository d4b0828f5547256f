/// A table by schema and name, as Debezium prints it: `public.accounts`.
public struct TableID: Hashable, Sendable, Comparable, CustomStringConvertible {
  public let schema: String
  public let name: String

  public init(schema: String, name: String) {
    self.schema = schema
    self.name = name
  }

  public var description: String { "\(schema).\(name)" }

  /// Order of a snapshot: by schema, then name, in Unicode scalar order as Java's `compareTo`.
  public static func < (left: TableID, right: TableID) -> Bool {
    if left.schema != right.schema {
      return left.schema.unicodeScalars.lexicographicallyPrecedes(right.schema.unicodeScalars)
    }
    return left.name.unicodeScalars.lexicographicallyPrecedes(right.name.unicodeScalars)
  }
}
