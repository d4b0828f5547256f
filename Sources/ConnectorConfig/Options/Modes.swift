// Debezium's enumerations; raw values are its words. Source: `PostgresConnectorConfig`, Debezium 3.6.3.Final.

/// What it means that the slot is not where the stored position is.
public enum OffsetMismatchStrategy: String, Sendable, CaseIterable {
  case noValidation = "no_validation"
  case trustOffset = "trust_offset"
  case trustSlot = "trust_slot"
  case trustGreaterLSN = "trust_greater_lsn"
}

/// What to do about the publication at start.
public enum PublicationAutocreateMode: String, Sendable, CaseIterable {
  case allTables = "all_tables"
  case disabled
  case filtered
  case noTables = "no_tables"
}

/// How `numeric` and `money` are written.
public enum DecimalHandlingMode: String, Sendable, CaseIterable {
  case precise
  case string
  case double
}

/// How dates and times are written.
public enum TimePrecisionMode: String, Sendable, CaseIterable {
  case adaptive
  case adaptiveTimeMicroseconds = "adaptive_time_microseconds"
  case connect
  case isostring
  case microseconds
  case nanoseconds
}

/// How `bytea` is written.
public enum BinaryHandlingMode: String, Sendable, CaseIterable {
  case bytes
  case base64
  case base64URLSafe = "base64-url-safe"
  case hex
}

/// How `hstore` is written.
public enum HstoreHandlingMode: String, Sendable, CaseIterable {
  case json
  case map
}

/// How `interval` is written.
public enum IntervalHandlingMode: String, Sendable, CaseIterable {
  case numeric
  case string
}

/// How names of schemas or of fields are fitted to Avro's rules.
public enum NameAdjustmentMode: String, Sendable, CaseIterable {
  case none
  case avro
  case avroUnicode = "avro_unicode"
}

/// What becomes of a value that cannot be converted.
public enum ConversionFailureHandlingMode: String, Sendable, CaseIterable {
  case warn
  case fail
  case skip
}

/// What becomes of a change of which no record can be made.
public enum ProcessingFailureHandlingMode: String, Sendable, CaseIterable {
  case fail
  case warn
  case skip
  case ignore
}

/// An operation that `skipped.operations` can leave out; raw values are the envelope's `op`.
public enum SkippedOperation: String, Sendable, CaseIterable {
  case create = "c"
  case update = "u"
  case delete = "d"
  case truncate = "t"
  case read = "r"
}

/// How topics are named; raw values are Debezium's classes without their package.
public enum TopicNamingStrategy: String, Sendable, CaseIterable {
  case schema = "SchemaTopicNamingStrategy"
  case table = "DefaultTopicNamingStrategy"
  case schemaUnicode = "SchemaUnicodeTopicNamingStrategy"
  case tableUnicode = "DefaultUnicodeTopicNamingStrategy"
  case schemaRegex = "SchemaRegexTopicNamingStrategy"
  case tableRegex = "DefaultRegexTopicNamingStrategy"

  /// Merges topics by `topic.regex`.
  public var isRegex: Bool { self == .schemaRegex || self == .tableRegex }
}

/// libpq's `sslmode`.
public enum SSLMode: String, Sendable, CaseIterable {
  case disable
  case allow
  case prefer
  case require
  case verifyCA = "verify-ca"
  case verifyFull = "verify-full"
}

/// What Kafka Connect does with a record that cannot be converted.
public enum ErrorsTolerance: String, Sendable, CaseIterable {
  case none
  case all
}

/// `sluice.streaming`, in the words of PostgreSQL's subscription parameter `streaming`.
public enum StreamingWord: String, Sendable, CaseIterable {
  case off
  case on
  case parallel
}
