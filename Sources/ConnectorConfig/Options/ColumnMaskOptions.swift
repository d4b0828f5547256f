import EventRouting

/// One `column.mask.…` or `column.truncate.…` property.
public struct ColumnMaskOptions: Sendable, Hashable {
  /// Java regular expressions of `schema.table.column`.
  public var patterns: [String]
  public var mask: ColumnMask
}
