/// How column values become Connect values: the connector properties that decide schema and form of a value.
/// Each `rawValue` is the text that the property takes. Source: Debezium manual, PostgreSQL connector, "Data type
/// mappings" and "Connector properties".
public struct ValueOptions: Sendable, Equatable {
  /// `decimal.handling.mode`
  public enum DecimalHandling: String, Sendable, CaseIterable {
    case precise, string, double
  }

  /// `time.precision.mode`
  public enum TimePrecision: String, Sendable, CaseIterable {
    case adaptive
    case adaptiveTimeMicroseconds = "adaptive_time_microseconds"
    case connect, isostring, microseconds, nanoseconds
  }

  /// `binary.handling.mode`
  public enum BinaryHandling: String, Sendable, CaseIterable {
    case bytes, base64
    case base64URLSafe = "base64-url-safe"
    case hex
  }

  /// `hstore.handling.mode`
  public enum HStoreHandling: String, Sendable, CaseIterable {
    case json, map
  }

  /// `interval.handling.mode`
  public enum IntervalHandling: String, Sendable, CaseIterable {
    case numeric, string
  }

  public var decimal: DecimalHandling
  public var time: TimePrecision
  public var binary: BinaryHandling
  public var hstore: HStoreHandling
  public var interval: IntervalHandling
  /// `include.unknown.datatypes`
  public var includesUnknownDatatypes: Bool
  /// `money.fraction.digits`
  public var moneyFractionDigits: Int
  /// `unavailable.value.placeholder`, UTF-8; what stands for an unchanged TOAST value.
  public var unavailableValuePlaceholder: [UInt8]

  public init(
    decimal: DecimalHandling = .precise, time: TimePrecision = .adaptive, binary: BinaryHandling = .bytes,
    hstore: HStoreHandling = .json, interval: IntervalHandling = .numeric, includesUnknownDatatypes: Bool = false,
    moneyFractionDigits: Int = 2,
    unavailableValuePlaceholder: [UInt8] = Array("__debezium_unavailable_value".utf8)
  ) {
    self.decimal = decimal
    self.time = time
    self.binary = binary
    self.hstore = hstore
    self.interval = interval
    self.includesUnknownDatatypes = includesUnknownDatatypes
    self.moneyFractionDigits = moneyFractionDigits
    self.unavailableValuePlaceholder = unavailableValuePlaceholder
  }
}
