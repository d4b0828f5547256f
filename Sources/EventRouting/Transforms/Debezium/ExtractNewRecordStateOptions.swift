/// Options of `io.debezium.transforms.ExtractNewRecordState`, with Debezium's defaults.
public struct ExtractNewRecordStateOptions: Sendable, Equatable {
  /// `delete.tombstone.handling.mode`
  public enum DeleteHandling: String, Sendable, CaseIterable {
    /// Deletes and tombstones go.
    case drop
    /// A delete becomes a record whose value is null under its schema; the tombstone behind it goes.
    case tombstone
    /// A delete becomes its row before with `__deleted`; the tombstone goes.
    case rewrite
    case rewriteWithTombstone = "rewrite-with-tombstone"
    /// A delete becomes a tombstone; the tombstone behind it goes.
    case deleteToTombstone = "delete-to-tombstone"
  }

  public var deleteHandling = DeleteHandling.tombstone
  /// `add.fields`
  public var fields: [MetadataField] = []
  /// `add.headers`
  public var headers: [MetadataField] = []
  /// `route.by.field`; `nil` keeps the topic.
  public var routeByField: String?
  /// `drop.fields.header.name`; `nil` drops nothing.
  public var dropFieldsHeader: String?
  /// `drop.fields.from.key`
  public var dropsFieldsFromKey = false
  /// `drop.fields.keep.schema.compatible`: only optional fields go.
  public var dropsOptionalFieldsOnly = true
  /// `replace.null.with.default`; in the modes that rewrite.
  public var replacesNullWithDefault = true

  public init() {}

  var rewrites: Bool { deleteHandling == .rewrite || deleteHandling == .rewriteWithTombstone }
}
