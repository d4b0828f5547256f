import ConnectData
import Primitives

/// Makes the key or value, or fields of it, another type. Source: `org.apache.kafka.connect.transforms.Cast`.
public struct Cast: RecordTransform {
  /// What a value can be made.
  public enum Target: String, Sendable, CaseIterable {
    case int8, int16, int32, int64, float32, float64, boolean, string
  }

  /// `spec`: one type for the whole, or types by field.
  public enum Specification: Sendable, Hashable {
    case whole(Target)
    case fields([String: Target])

    /// Of the entries of the list; `nil` if one is not `field:type`, names no type, or stands beside a type for all.
    public init?(_ entries: [String]) {
      var fields: [String: Target] = [:]
      for entry in entries {
        var parts = entry.split(separator: ":", omittingEmptySubsequences: false).map { $0.trimmed() }
        while parts.last?.isEmpty == true { parts.removeLast() }
        guard parts.count == 1 || parts.count == 2, let type = parts.last?.lowercased(),
          let target = Target(rawValue: type)
        else { return nil }
        if parts.count == 1 {
          guard entries.count == 1 else { return nil }
          self = .whole(target)
          return
        }
        fields[parts[0]] = target
      }
      if fields.isEmpty { return nil }
      self = .fields(fields)
    }
  }

  public struct Options: Sendable, Hashable {
    public var part: RecordPart
    public var specification: Specification
    public var replacesNullWithDefault: Bool

    public init(part: RecordPart, _ specification: Specification, replacesNullWithDefault: Bool = true) {
      self.part = part
      self.specification = specification
      self.replacesNullWithDefault = replacesNullWithDefault
    }
  }

  private struct Plan {
    /// For each field of a structure; empty for a whole value.
    var targets: [Target?]
    var schema: SharedSchema
  }

  private let options: Options
  private var plans = SchemaCache<Plan>()

  public init(_ options: Options) { self.options = options }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    let part = options.part
    let value = record.value(of: part)
    if value == .null { return true }
    guard let schema = record.schema(of: part) else {
      try applyWithoutSchema(&record)
      return true
    }
    let specification = options.specification
    let plan = try plans.made(of: schema) { (schema) throws(TransformFailure) in
      try Cast.plan(specification, schema, part)
    }
    if case .whole(let target) = specification {
      record.set(part, to: try target.cast(value, schema.schema, "the \(part)"), plan.schema)
      return true
    }
    var values = try record.structure(of: part, for: "Cast")
    for (index, field) in schema.schema.fields.enumerated() {
      if options.replacesNullWithDefault { values[index] = values[index].orDefault(of: field.schema) }
      if let target = plan.targets[index] { values[index] = try target.cast(values[index], field.schema, field.name) }
      values[index] = try field.checked(values[index], for: "Cast")
    }
    record.set(part, to: .structure(values), plan.schema)
    return true
  }

  private static func plan(
    _ specification: Specification, _ schema: ConnectSchema, _ part: RecordPart
  ) throws(TransformFailure) -> Plan {
    switch specification {
    case .whole(let target):
      if schema.name.flatMap({ LogicalType(rawValue: $0) }) != nil, target.kind == schema.kind {
        // The result would be a number under a name for which every JsonConverter wants a date.
        throw TransformFailure("Cast: the \(part) is a date or time as a whole, and would be named so as a number too")
      }
      // Name and parameters stay, of whatever they speak.
      var made = schema.basics(target.kind)
      made.isOptional = schema.isOptional
      if let value = schema.defaultValue { made.defaultValue = try target.cast(value, schema, "the \(part)") }
      return Plan(targets: [], schema: SharedSchema(made))
    case .fields(let targets):
      var fields: [ConnectField] = []
      for field in schema.fields {
        guard let target = targets[field.name] else {
          fields.append(field)
          continue
        }
        var made = ConnectSchema(target.kind, isOptional: field.schema.isOptional)
        if let value = field.schema.defaultValue {
          made.defaultValue = try target.cast(value, field.schema, field.name)
        }
        fields.append(ConnectField(field.name, made))
      }
      var made = schema.basics(.structure(fields))
      made.isOptional = schema.isOptional
      return Plan(targets: schema.fields.map { targets[$0.name] }, schema: SharedSchema(made))
    }
  }

  private func applyWithoutSchema(_ record: inout ConnectRecord) throws(TransformFailure) {
    let part = options.part
    switch options.specification {
    case .whole(let target): record.set(part, to: try target.cast(record.value(of: part), nil, "the \(part)"), nil)
    case .fields(let targets):
      let entries = try record.map(of: part, for: "Cast")
      var map = JavaHashMap(copying: entries)
      // In the order of Java's map of them, which shows where two new fields share a bucket.
      var order = JavaHashMap()
      for field in targets.keys.sorted() { order.put(field, .null) }
      for entry in order.entries {
        guard case .text(let text) = entry.key else { continue }
        let field = String(decoding: text, as: UTF8.self)
        guard let target = targets[field] else { continue }
        map.put(field, try target.cast(entries.value(field), nil, field))
      }
      record.set(part, to: .map(map.entries), nil)
    }
  }
}

extension Cast.Target {
  var kind: ConnectSchema.Kind {
    switch self {
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .float32: .float32
    case .float64: .float64
    case .boolean: .boolean
    case .string: .string
    }
  }

  /// `name` says in a failure whose value it is. A null stays one.
  func cast(_ value: ConnectValue, _ schema: ConnectSchema?, _ name: String) throws(TransformFailure) -> ConnectValue {
    switch value {
    case .null: return .null
    case .array, .map, .structure: throw TransformFailure("Cast: \(name) is an array, map or structure")
    default: break
    }
    if self == .string { return .text(text(of: value, schema)) }
    guard let cast = number(value) else {
      throw TransformFailure("Cast: \(name) cannot be made \(rawValue): it is bytes, or a text that is no such number")
    }
    return cast
  }

  private func number(_ value: ConnectValue) -> ConnectValue? {
    switch value {
    case .boolean(let flag): return integer(flag ? 1 : 0)
    case .int8(let number): return integer(Int64(number))
    case .int16(let number): return integer(Int64(number))
    case .int32(let number): return integer(Int64(number))
    case .int64(let number): return integer(number)
    case .float32(let number):
      return self == .float32 ? value : floating(Double(number))
    case .float64(let number): return floating(number)
    case .decimal(let unscaled, let scale):
      let decimal = JavaDecimal(unscaled: unscaled, scale: scale)
      switch self {
      case .float32: return .float32(decimal.floatValue)
      case .float64: return .float64(decimal.doubleValue)
      default: return integer(decimal.longValue)
      }
    case .text(let bytes): return parsed(String(decoding: bytes, as: UTF8.self))
    case .null, .bytes, .array, .map, .structure: return nil
    }
  }

  /// The lowest bits, as Java narrows integers.
  private func integer(_ number: Int64) -> ConnectValue {
    switch self {
    case .int8: .int8(Int8(truncatingIfNeeded: number))
    case .int16: .int16(Int16(truncatingIfNeeded: number))
    case .int32: .int32(Int32(truncatingIfNeeded: number))
    case .int64: .int64(number)
    case .float32: .float32(Float(number))
    case .float64: .float64(Double(number))
    case .boolean: .boolean(number != 0)
    case .string: .null
    }
  }

  /// The nearest end of the range beyond it, 0 for not-a-number; a byte or short is cut from the `int`.
  private func floating(_ number: Double) -> ConnectValue {
    func clamped<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer {
      if number.isNaN { return 0 }
      return Integer(exactly: number.rounded(.towardZero)) ?? (number < 0 ? .min : .max)
    }
    return switch self {
    case .int8, .int16, .int32: integer(Int64(clamped(Int32.self)))
    case .int64: .int64(clamped(Int64.self))
    case .float32: .float32(Float(number))
    case .float64: .float64(number)
    case .boolean: .boolean(clamped(Int64.self) != 0)
    case .string: .null
    }
  }

  private func parsed(_ text: String) -> ConnectValue? {
    switch self {
    case .int8: JavaNumberParsing.integer(text, as: Int8.self).map { .int8($0) }
    case .int16: JavaNumberParsing.integer(text, as: Int16.self).map { .int16($0) }
    case .int32: JavaNumberParsing.integer(text, as: Int32.self).map { .int32($0) }
    case .int64: JavaNumberParsing.integer(text, as: Int64.self).map { .int64($0) }
    case .float32: JavaNumberParsing.floating(text, as: Float.self).map { .float32($0) }
    case .float64: JavaNumberParsing.floating(text, as: Double.self).map { .float64($0) }
    case .boolean: .boolean(text.lowercased() == "true")
    case .string: nil
    }
  }

  private func text(of value: ConnectValue, _ schema: ConnectSchema?) -> [UInt8] {
    if case .text(let text) = value { return text }
    var out = ByteWriter()
    if let schema, let milliseconds = LogicalDate.milliseconds(value, schema) {
      LogicalDate.writeISO(milliseconds, into: &out)
      return out.array
    }
    switch value {
    case .boolean(let flag): if flag { out.append("true") } else { out.append("false") }
    case .int8(let number): out.append(decimal: number)
    case .int16(let number): out.append(decimal: number)
    case .int32(let number): out.append(decimal: number)
    case .int64(let number): out.append(decimal: number)
    case .float32(let number): JavaNumberText.write(number, into: &out)
    case .float64(let number): JavaNumberText.write(number, into: &out)
    case .bytes(let bytes): Base64Text.write(bytes, into: &out)
    case .decimal(let unscaled, let scale):
      DecimalNumberText.write(unscaled: unscaled, scale: Int(scale), plain: false, into: &out)
    case .null, .text, .array, .map, .structure: break
    }
    return out.array
  }
}
