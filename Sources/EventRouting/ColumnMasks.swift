import Primitives

/// What is done to a column's value before it is published.
public enum ColumnMask: Sendable, Hashable {
  /// `column.truncate.to.N.chars`
  case truncate(length: Int)
  /// `column.mask.with.N.chars`
  case asterisks(count: Int)
  /// `column.mask.hash.…` and `column.mask.hash.v2.…`
  case hash(MessageDigest, salt: [UInt8], form: HashedForm)

  /// What of a text is hashed.
  public enum HashedForm: Sendable, Hashable {
    /// The text as Java serializes a string.
    case serialized
    /// Its UTF-8.
    case text
  }

  /// Whether `column.propagate.source.type` and `datatype.propagate.source.type` come before it: Debezium takes the first
  /// rule that matches a column, and these two stand between the masks of a length and those by hash.
  public var yieldsToPropagation: Bool {
    if case .hash = self { true } else { false }
  }
}

/// Which columns are masked, and how. Patterns match `schema.table.column` as a whole, whatever its case.
/// Source: Debezium 3.6, `ColumnMappers`.
public struct ColumnMasks {
  private let rules: [(patterns: [JavaPattern], mask: ColumnMask)]

  /// In the order written; of those that take one column, the first of the kind that comes first counts.
  public init(_ rules: [(patterns: [String], mask: ColumnMask)]) throws(JavaPattern.Refusal) {
    var compiled: [(patterns: [JavaPattern], mask: ColumnMask)] = []
    for rule in rules { compiled.append((try TableFilter.compile(rule.patterns), rule.mask)) }
    self.rules = compiled.enumerated().sorted { left, right in
      (ColumnMasks.rank(left.element.mask), left.offset) < (ColumnMasks.rank(right.element.mask), right.offset)
    }.map(\.element)
  }

  public var isEmpty: Bool { rules.isEmpty }

  public func mask(of column: String, in table: TableID) -> ColumnMask? {
    let name = "\(table).\(column)"
    return rules.first { rule in rule.patterns.contains { $0.matches(name) } }?.mask
  }

  private static func rank(_ mask: ColumnMask) -> Int {
    switch mask {
    case .truncate: 0
    case .asterisks: 1
    case .hash(_, _, form: .serialized): 2
    case .hash(_, _, form: .text): 3
    }
  }
}
