/// `SchemaTopicNamingStrategy` of Debezium: `prefix.schema.table`, and the topics of the connector itself.
public struct TopicName: Sendable, Equatable {
  public let prefix: String
  public let delimiter: String
  /// Name of the transaction metadata topic behind the prefix (`topic.transaction`).
  public let transactionName: String

  public init(prefix: String, delimiter: String = ".", transactionName: String = "transaction") {
    self.prefix = prefix
    self.delimiter = delimiter
    self.transactionName = transactionName
  }

  public func data(_ table: TableID) -> String {
    TopicName.sanitized([prefix, table.schema, table.name].joined(separator: delimiter))
  }

  public var transaction: String { TopicName.sanitized(prefix + delimiter + transactionName) }

  /// Characters that Kafka does not take in a topic become `_`; `source.schema` and `source.table` keep them.
  public static func sanitized(_ name: String) -> String {
    // Java's char is a UTF-16 unit: a character beyond U+FFFF becomes two underscores.
    var text = ""
    for unit in name.utf16 {
      let scalar = Unicode.Scalar(unit)
      switch scalar {
      case .some("a"..."z"), .some("A"..."Z"), .some("0"..."9"), .some("-"), .some("_"), .some("."):
        text.unicodeScalars.append(scalar!)
      default: text.append("_")
      }
    }
    return text
  }
}
