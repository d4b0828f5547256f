/// Names of the topics and of the schemas of a connector, by one of Debezium's naming strategies (`topic.naming.strategy`).
/// Source: Debezium 3.6, package `io.debezium.schema`.
public struct TopicName {
  /// What a table's name is made of, before the characters that Kafka does not take are replaced.
  public enum Parts: Sendable {
    /// `prefix.schema.table`
    case schemaAndTable
    /// `prefix.table`: the "Default" strategies, made for databases without schemas.
    case table
  }

  public let prefix: String
  public let delimiter: String
  /// Name of the transaction metadata topic behind the prefix (`topic.transaction`).
  public let transactionName: String
  public let parts: Parts
  /// The "Unicode" strategies: what Kafka does not take, and `_`, becomes `_u` and the character's number.
  public let escapesUnicode: Bool
  /// The "Regex" strategies: many tables to one topic.
  public let merging: TopicMerging?

  public init(
    prefix: String, delimiter: String = ".", transactionName: String = "transaction",
    parts: Parts = .schemaAndTable, escapesUnicode: Bool = false, merging: TopicMerging? = nil
  ) {
    self.prefix = prefix
    self.delimiter = delimiter
    self.transactionName = transactionName
    self.parts = parts
    self.escapesUnicode = escapesUnicode
    self.merging = merging
  }

  /// The topic of a table, which is the name of its schemas too.
  public func data(_ table: TableID) -> String {
    let sanitized = escapesUnicode ? TopicName.escaped(origin(table)) : TopicName.sanitized(origin(table))
    return merging?.topic(of: sanitized) ?? sanitized
  }

  /// The field that stands behind the other fields of a table's key, and its value: which of the tables that share a topic
  /// the record is of.
  public func keyField(_ table: TableID) -> (name: String, value: String)? {
    merging?.keyField(of: origin(table))
  }

  public var transaction: String { TopicName.sanitized(prefix + delimiter + transactionName) }

  /// Topic of logical messages: the delimiter has no part in it.
  public var message: String { TopicName.sanitized(prefix + ".message") }

  private func origin(_ table: TableID) -> String {
    let names = parts == .table ? [prefix, table.name] : [prefix, table.schema, table.name]
    // Names of nothing but blanks are left out.
    return names.filter { !$0.unicodeScalars.allSatisfy { $0.value <= 0x20 } }.joined(separator: delimiter)
  }

  /// Kafka's longest name, in characters.
  private static let lengthMax = 249

  /// Characters that Kafka does not take in a topic become `_`; `source.schema` and `source.table` keep them.
  public static func sanitized(_ name: String) -> String {
    // Java's char is a UTF-16 unit: a character beyond U+FFFF becomes two underscores.
    cut(name.utf16.map { isLegal($0) ? String(Unicode.Scalar(UInt8($0))) : "_" }.joined(), dot: "_")
  }

  static func escaped(_ name: String) -> String {
    let underscore = UInt16(UInt8(ascii: "_"))
    return cut(
      name.utf16.map { isLegal($0) && $0 != underscore ? String(Unicode.Scalar(UInt8($0))) : escape($0) }.joined(),
      dot: escape(UInt16(UInt8(ascii: "."))))
  }

  /// Two zeros before a number of one or two digits, none before a longer one.
  private static func escape(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return "_u" + (digits.utf8.count <= 2 ? "00" : "") + digits
  }

  private static func isLegal(_ unit: UInt16) -> Bool {
    switch Unicode.Scalar(unit) {
    case .some("a"..."z"), .some("A"..."Z"), .some("0"..."9"), .some("-"), .some("_"), .some("."): true
    default: false
    }
  }

  private static func cut(_ name: String, dot: String) -> String {
    switch name {
    case ".": dot
    case "..": dot + dot
    default: name.utf8.count > lengthMax ? String(name.prefix(lengthMax)) : name
    }
  }
}
