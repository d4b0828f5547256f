import ConnectData

/// Converts times between texts, numbers and Connect's `Date`, `Time` and `Timestamp`, in a field or the whole. Source:
/// `org.apache.kafka.connect.transforms.TimestampConverter`.
public struct TimestampConverter: RecordTransform {
  /// `target.type`; what a value is taken for follows from its schema.
  public enum Form: String, Sendable, CaseIterable {
    case text = "string"
    case unix
    case date = "Date"
    case time = "Time"
    case timestamp = "Timestamp"
  }

  /// `unix.precision`
  public enum Precision: String, Sendable, CaseIterable {
    case nanoseconds, microseconds, milliseconds, seconds
  }

  public struct Options: Sendable, Hashable {
    public var part: RecordPart
    /// Empty: the whole key or value.
    public var field: String
    public var target: Form
    /// Of texts, read and written.
    public var format: SimpleDateFormat?
    public var precision: Precision
    public var replacesNullWithDefault: Bool

    public init(
      part: RecordPart, field: String = "", target: Form, format: SimpleDateFormat? = nil,
      precision: Precision = .milliseconds, replacesNullWithDefault: Bool = true
    ) {
      precondition(target != .text || format != nil, "configuration asks for a format of texts")
      self.part = part
      self.field = field
      self.target = target
      self.format = format
      self.precision = precision
      self.replacesNullWithDefault = replacesNullWithDefault
    }
  }

  private struct Plan {
    /// Of the field; `nil` where there is none.
    var index: Int?
    var schema: SharedSchema
  }

  private let options: Options
  /// When the transform was made, milliseconds since 1970: what years of two digits go by.
  private let now: Int64
  private var plans = SchemaCache<Plan>()

  public init(_ options: Options, now: Int64) {
    self.options = options
    self.now = now
  }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    let part = options.part
    guard let schema = record.schema(of: part) else {
      try applyWithoutSchema(&record)
      return true
    }
    let options = options
    let plan = try plans.made(of: schema) { (schema) throws(TransformFailure) in
      try TimestampConverter.plan(options, schema)
    }
    let value = record.value(of: part)
    if options.field.isEmpty {
      record.set(part, to: try converted(value, schema.schema, "the \(part)"), plan.schema)
      return true
    }
    if value == .null {
      record.set(part, to: .null, plan.schema)
      return true
    }
    var values = try record.structure(of: part, for: "TimestampConverter")
    for (index, field) in schema.schema.fields.enumerated() {
      if options.replacesNullWithDefault { values[index] = values[index].orDefault(of: field.schema) }
      if index == plan.index { values[index] = try converted(values[index], field.schema, field.name) }
      values[index] = try field.checked(values[index], for: "TimestampConverter")
    }
    record.set(part, to: .structure(values), plan.schema)
    return true
  }

  private static func plan(_ options: Options, _ schema: ConnectSchema) throws(TransformFailure) -> Plan {
    if options.field.isEmpty {
      return Plan(index: nil, schema: SharedSchema(options.target.schema(isOptional: schema.isOptional)))
    }
    guard schema.isStructure else { throw TransformFailure("TimestampConverter: the \(options.part) is no structure") }
    var fields = schema.fields
    let index = schema.fieldIndex(options.field)
    if let index { fields[index].schema = options.target.schema(isOptional: fields[index].schema.isOptional) }
    var made = schema.basics(.structure(fields))
    made.isOptional = schema.isOptional
    return Plan(index: index, schema: SharedSchema(made))
  }

  private func applyWithoutSchema(_ record: inout ConnectRecord) throws(TransformFailure) {
    let part = options.part
    let value = record.value(of: part)
    if value == .null { return }
    if options.field.isEmpty {
      record.set(part, to: try convertedWithoutSchema(value, "the \(part)"), nil)
      return
    }
    let entries = try record.map(of: part, for: "TimestampConverter")
    var map = JavaHashMap(copying: entries)
    map.put(options.field, try convertedWithoutSchema(entries.value(options.field), options.field))
    record.set(part, to: .map(map.entries), nil)
  }

  private func convertedWithoutSchema(_ value: ConnectValue, _ name: String) throws(TransformFailure) -> ConnectValue {
    switch value {
    case .null: return .null
    case .int64, .text: break
    default: throw TransformFailure("TimestampConverter: \(name) has no schema and is neither a long nor a text")
    }
    switch options.target {
    case .text, .unix: break
    case .date, .time, .timestamp:
      // A date of Java's would have to be written without a schema that says so.
      throw TransformFailure("TimestampConverter: \(name) has no schema, so that it can only become string or unix")
    }
    let isText = if case .text = value { true } else { false }
    return try converted(value, ConnectSchema(isText ? .string : .int64), name)
  }

  // MARK: Values

  private func converted(
    _ value: ConnectValue, _ schema: ConnectSchema, _ name: String
  ) throws(TransformFailure) -> ConnectValue {
    guard let source = Form(of: schema) else {
      throw TransformFailure("TimestampConverter: \(name) is of a type that is no time")
    }
    if value == .null { return .null }
    guard let milliseconds = milliseconds(value, source, schema) else {
      let cause =
        options.format.map { "does not match the format \($0.pattern)" } ?? "is a text, and there is no format"
      throw TransformFailure("TimestampConverter: \(name) \(cause)")
    }
    switch options.target {
    case .text: return .text(options.format?.text(of: milliseconds) ?? "")
    case .unix: return .int64(options.precision.count(of: milliseconds))
    case .timestamp: return .int64(milliseconds)
    case .time: return .int32(Int32(floorMod(milliseconds, 86_400_000)))
    case .date:
      let days = floorDiv(milliseconds, 86_400_000)
      // Its midnight is no moment of Java's any more, and what that makes of it is none of a day's.
      if days.multipliedReportingOverflow(by: 86_400_000).overflow {
        throw TransformFailure("TimestampConverter: the day of \(name) begins before the first moment of a date")
      }
      return .int32(Int32(truncatingIfNeeded: days))
    }
  }

  private func milliseconds(_ value: ConnectValue, _ source: Form, _ schema: ConnectSchema) -> Int64? {
    switch (source, value) {
    case (.text, .text(let text)):
      options.format?.milliseconds(of: String(decoding: text, as: UTF8.self), now: now)
    case (.unix, .int64(let number)): options.precision.milliseconds(of: number)
    default: LogicalDate.milliseconds(value, schema)
    }
  }
}

extension TimestampConverter.Form {
  /// What a schema says that its values are; `nil` where they are no times.
  fileprivate init?(of schema: ConnectSchema) {
    switch (schema.name.flatMap { LogicalType(rawValue: $0) }, schema.kind) {
    case (.timestamp?, _): self = .timestamp
    case (.date?, _): self = .date
    case (.time?, _): self = .time
    case (_, .string): self = .text
    case (_, .int64): self = .unix
    default: return nil
    }
  }

  fileprivate func schema(isOptional: Bool) -> ConnectSchema {
    var schema =
      switch self {
      case .text: ConnectSchema(.string)
      case .unix: ConnectSchema(.int64)
      case .date: LogicalType.date.schema
      case .time: LogicalType.time.schema
      case .timestamp: LogicalType.timestamp.schema
      }
    schema.isOptional = isOptional
    return schema
  }
}

/// As `java.util.concurrent.TimeUnit`: divided towards zero, and kept at the ends of the range where it is left.
extension TimestampConverter.Precision {
  fileprivate func milliseconds(of number: Int64) -> Int64 {
    switch self {
    case .nanoseconds: number / 1_000_000
    case .microseconds: number / 1000
    case .milliseconds: number
    case .seconds: Self.times(number, 1000)
    }
  }

  fileprivate func count(of milliseconds: Int64) -> Int64 {
    switch self {
    case .nanoseconds: Self.times(milliseconds, 1_000_000)
    case .microseconds: Self.times(milliseconds, 1000)
    case .milliseconds: milliseconds
    case .seconds: milliseconds / 1000
    }
  }

  private static func times(_ number: Int64, _ factor: Int64) -> Int64 {
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? (number < 0 ? .min : .max) : product
  }
}
