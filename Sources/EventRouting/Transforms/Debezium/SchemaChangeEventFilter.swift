import ConnectData

/// Drops records of schema changes by their kind. PostgreSQL's connector sends none, so that every record passes.
/// Source: `io.debezium.transforms.SchemaChangeEventFilter`.
public struct SchemaChangeEventFilter: RecordTransform {
  /// Kinds that `schema.change.event.exclude.list` may name.
  public static let kinds = ["CREATE", "ALTER", "DROP", "TRUNCATE", "DATABASE"]

  public init() {}

  public var copiesHeaders: Bool { false }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool { true }
}
