import ConnectData

/// Puts the zero of its type, or a replacement, in the place of a field's value. Source:
/// `org.apache.kafka.connect.transforms.MaskField`.
public struct MaskField: RecordTransform {
  public struct Options: Sendable, Hashable {
    public var part: RecordPart
    public var fields: [String]
    /// Numbers and texts only.
    public var replacement: String?
    public var replacesNullWithDefault: Bool

    public init(
      part: RecordPart, fields: [String], replacement: String? = nil, replacesNullWithDefault: Bool = true
    ) {
      self.part = part
      self.fields = fields
      self.replacement = replacement
      self.replacesNullWithDefault = replacesNullWithDefault
    }
  }

  private let options: Options
  private let masked: Set<String>
  /// The replacement as a number.
  private let number: JavaDecimal?

  public init(_ options: Options) {
    self.options = options
    masked = Set(options.fields)
    number = options.replacement.flatMap { JavaDecimal($0) }
  }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    let part = options.part
    guard let schema = record.schema(of: part) else {
      let entries = try record.map(of: part, for: "MaskField")
      var map = JavaHashMap(copying: entries)
      var fields = JavaHashMap()
      for field in options.fields { fields.put(field, entries.value(field)) }
      for field in fields.entries { map.put(ConnectMapEntry(field.key, try mask(field.value, nil, "a field"))) }
      record.set(part, to: .map(map.entries), nil)
      return true
    }
    var values = try record.structure(of: part, for: "MaskField")
    for (index, field) in schema.schema.fields.enumerated() {
      var value = options.replacesNullWithDefault ? values[index].orDefault(of: field.schema) : values[index]
      if masked.contains(field.name) { value = try mask(value, field.schema, field.name) }
      values[index] = try field.checked(value, for: "MaskField")
    }
    record.set(part, to: .structure(values), schema)
    return true
  }

  private func mask(
    _ value: ConnectValue, _ schema: ConnectSchema?, _ name: String
  ) throws(TransformFailure) -> ConnectValue {
    if value == .null { return .null }
    if let schema, LogicalDate.milliseconds(value, schema) != nil {
      guard options.replacement == nil else { throw refusal(name, "a date or time") }
      if case .int64 = value { return .int64(0) }
      return .int32(0)
    }
    switch value {
    case .boolean where options.replacement == nil: return .boolean(false)
    case .array where options.replacement == nil: return .array([])
    case .map where options.replacement == nil: return .map([])
    case .boolean: throw refusal(name, "a boolean")
    case .array: throw refusal(name, "an array")
    case .map: throw refusal(name, "a map")
    case .text: return .text(options.replacement ?? "")
    case .bytes, .structure: throw TransformFailure("MaskField: \(name) is bytes or a structure, which have no mask")
    case .null, .int8, .int16, .int32, .int64, .float32, .float64, .decimal: break
    }
    guard let replacement = options.replacement else { return zero(of: value) }
    guard let number else { throw TransformFailure("MaskField: \(name) is a number, \"\(replacement)\" is none") }
    return switch value {
    case .int8: .int8(Int8(truncatingIfNeeded: number.longValue))
    case .int16: .int16(Int16(truncatingIfNeeded: number.longValue))
    case .int32: .int32(Int32(truncatingIfNeeded: number.longValue))
    case .int64: .int64(number.longValue)
    case .float32: .float32(Float(number.doubleValue))
    case .float64: .float64(number.doubleValue)
    default: number.value
    }
  }

  private func zero(of value: ConnectValue) -> ConnectValue {
    switch value {
    case .int8: .int8(0)
    case .int16: .int16(0)
    case .int32: .int32(0)
    case .int64: .int64(0)
    case .float32: .float32(0)
    case .float64: .float64(0)
    // Its scale is 0 whatever the schema's: a JsonConverter that writes bytes then refuses another one.
    default: .decimal(unscaled: [0], scale: 0)
    }
  }

  private func refusal(_ name: String, _ what: String) -> TransformFailure {
    TransformFailure("MaskField: \(name) is \(what), which no replacement can mask")
  }
}
