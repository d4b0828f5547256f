import ConnectData

/// What a column's text becomes: chosen once per column, looked at once per value. Only arrays are boxed.
enum ValueForm: Sendable, Equatable {
  enum BinaryForm: Sendable { case bytes, base64, base64URLSafe, hex }
  enum DecimalForm: Sendable, Equatable {
    /// Connect's Decimal of a fixed scale.
    case precise(scale: Int)
    /// Debezium's VariableScaleDecimal.
    case variableScale
    /// The scale that the text is filled up to; `nil` leaves it as it is.
    case text(scale: Int?)
    case double
  }
  enum MoneyForm: Sendable, Equatable {
    case precise(scale: Int)
    case text(scale: Int)
    case double
  }
  enum DateForm: Sendable { case epochDays, iso }
  enum TimeForm: Sendable { case milliseconds, microseconds, nanoseconds, iso }
  enum IntervalForm: Sendable { case microseconds, iso }
  enum HStoreForm: Sendable { case json, map }

  case text
  /// Bytes of the integer type: 2, 4, 8; `oid` is unsigned of 4 and becomes an int64.
  case integer(byteCount: Int)
  case oid
  case boolean
  case float32, float64
  case decimal(DecimalForm)
  case money(MoneyForm)
  case binary(BinaryForm)
  /// The text itself as bytes: a type without mapping under `include.unknown.datatypes`. Debezium prints geometric
  /// types through Java, so their numbers look as Java's do.
  case opaque(BinaryForm, isGeometric: Bool)
  /// `bit(1)` and `varbit(1)`
  case bit
  case bits
  case date(DateForm)
  case time(TimeForm)
  case timestamp(TimeForm)
  /// As above, by way of `java.sql`: see `JDBCDateTime`. Such a time has whole milliseconds.
  case jdbcDate(DateForm)
  case jdbcTime(TimeForm)
  case jdbcTimestamp(TimeForm)
  case jdbcZonedTimestamp(fractionDigits: Int)
  /// Debezium gets the elements of an array without their fractions of a second.
  case zonedTime(keepsFraction: Bool)
  case zonedTimestamp(fractionDigits: Int)
  case interval(IntervalForm)
  case hstore(HStoreForm)
  case point
  /// `geometry` and `geography` of PostGIS.
  case spatial
  /// `vector` (doubles) and `halfvec` (floats) of pgvector.
  case denseVector(isDouble: Bool)
  case sparseVector
  indirect case array(ArrayForm)
  /// `int2vector` and `oidvector`, of which Debezium finds no element, and no value either where there is none.
  case emptyVector
  /// A column that is in the schema and never has a value: `name` in the stream.
  case alwaysNull
  /// A column whose values do not fit its own schema: `bit[]`.
  case neverConverted

  /// No value that a server prints fails to convert.
  var takesEveryValue: Bool {
    switch self {
    case .text, .integer, .oid, .boolean, .float32, .float64, .binary, .bit, .date(.epochDays), .zonedTimestamp: true
    case .timestamp(let form): form == .microseconds || form == .milliseconds
    default: false
    }
  }

  struct ArrayForm: Sendable, Equatable {
    var element: ValueForm
    /// False where the element's schema is required: then one NULL makes the whole array null, as in Debezium.
    var elementsMayBeNull: Bool
    /// An array inside the array is its own text; else it is null.
    var printsInnerArrays: Bool
    /// Between two elements.
    var delimiter: UInt8
  }
}
