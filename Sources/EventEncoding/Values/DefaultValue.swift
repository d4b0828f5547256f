import ConnectData
import Primitives

/// The default that a field's schema carries, read from the text of a column's default expression as Debezium reads it:
/// no expression is evaluated. A literal is taken as it stands, a call of a function stands for zero, an empty text or
/// 1970, and what is neither gives no default.
enum DefaultValue {
  /// `nil` is "no default". Columns of a domain and of types not named here have none.
  static func parse(_ column: ColumnDescription, _ mapping: ColumnTypes.Mapping) -> ConnectValue? {
    guard let expression = column.defaultExpression.map({ trimmed(Array($0.utf8)) }), !expression.isEmpty else {
      return nil
    }
    if case .enumeration = column.type.kind {
      return enumeration(expression, typeName: column.type.name).map { .text($0) }
    }
    guard column.type.kind == .base, let kind = kind(column.type.oid) else { return nil }
    if isFunction(expression) { return function(kind, mapping) }
    guard let literal = literal(expression) else { return nil }
    return unsafe value(literal.span.bytes, kind, mapping, scale: scale(column))
  }

  private enum Kind {
    case text, json, uuid, integer, boolean, numeric, float, bits, date, time, timestamp, zoned, interval
  }

  private static func kind(_ oid: TypeOID) -> Kind? {
    switch oid {
    case .bool: .boolean
    case .bpchar, .varchar, .text, .xml: .text
    case .json, .jsonb: .json
    case .uuid: .uuid
    case .numeric: .numeric
    case .float4, .float8: .float
    case .int2, .int4, .int8: .integer
    case .bit, .varbit: .bits
    case .date: .date
    case .time: .time
    case .timestamp: .timestamp
    case .timestamptz: .zoned
    case .interval: .interval
    default: nil
    }
  }

  /// `name(…)`, perhaps behind one parenthesis, or one of the words of SQL for now: a regular expression in Debezium,
  /// `^[(]?[A-Za-z0-9_.]+\((?:.+(?:, ?.+)*)?\)`, of which only the beginning has to match.
  private static func isFunction(_ expression: [UInt8]) -> Bool {
    let words = ["current_timestamp", "current_time", "current_date", "localtime", "localtimestamp"]
    if words.contains(String(decoding: expression, as: UTF8.self).lowercased()) { return true }
    var at = expression.first == UInt8(ascii: "(") ? 1 : 0
    let start = at
    while at < expression.count, isNameByte(expression[at]) { at += 1 }
    guard at > start, at < expression.count, expression[at] == UInt8(ascii: "(") else { return false }
    at += 1
    while at < expression.count, expression[at] != UInt8(ascii: "\n"), expression[at] != UInt8(ascii: "\r") {
      if expression[at] == UInt8(ascii: ")") { return true }
      at += 1
    }
    return false
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// The first quoted text of the expression, or all of it where nothing is quoted; `nil` for `NULL::type`.
  private static func literal(_ expression: [UInt8]) -> [UInt8]? {
    let quote = UInt8(ascii: "'")
    guard let start = expression.firstIndex(of: quote) else {
      return expression.starts(with: Array("NULL::".utf8)) ? nil : expression
    }
    var literal: [UInt8] = []
    var at = start + 1
    while at < expression.count {
      if expression[at] == quote {
        guard at + 1 < expression.count, expression[at + 1] == quote else { return literal }
        at += 1
      }
      literal.append(expression[at])
      at += 1
    }
    return nil
  }

  private static func function(_ kind: Kind, _ mapping: ColumnTypes.Mapping) -> ConnectValue? {
    switch kind {
    case .text: return .text("")
    case .json: return .text("{}")
    case .uuid: return .text("00000000-0000-0000-0000-000000000000")
    case .boolean: return .boolean(false)
    case .integer: return integer(0, mapping)
    case .float:
      return mapping.form == .float32 ? .float32(0) : .float64(0)
    case .numeric:
      // An unscaled 0.0 before it is fitted to the column's scale.
      if mapping.form == .decimal(.text(scale: nil)) { return .text("0.0") }
      return mapping.form == .decimal(.variableScale) ? nil : mapping.fallback
    case .bits, .date, .time, .timestamp, .interval: return mapping.fallback
    case .zoned:
      return parsed("1970-01-01 00:00:00+00", mapping)
    }
  }

  /// Of a `numeric`; `nil` where it has none.
  private static func scale(_ column: ColumnDescription) -> Int? {
    column.typeModifier < 4 ? nil : Int(column.typeModifier - 4) & 0x7FF
  }

  private static func value(
    _ literal: RawSpan, _ kind: Kind, _ mapping: ColumnTypes.Mapping, scale: Int?
  ) -> ConnectValue? {
    do throws(ConversionError) {
      switch kind {
      case .text, .json, .uuid: return .text(literal.array)
      case .boolean: return .boolean(literal.string.lowercased() == "true")
      case .integer:
        guard let number = Int64(literal.string) else { return nil }
        return integer(number, mapping)
      case .numeric:
        if mapping.form == .decimal(.variableScale) { return nil }
        let digits = try DecimalText(literal)
        // A default of more digits than the column holds is none; the other forms see to it themselves.
        if mapping.form == .decimal(.double), let scale, scale < digits.significantFractionCount(in: literal) {
          return nil
        }
        return try mapping.form.value(literal)
      case .float:
        return try mapping.form.value(literal)
      case .bits, .interval:
        return try mapping.form.value(literal)
      case .date: return try date(literal, mapping)
      case .time: return try time(literal, mapping)
      case .timestamp: return try timestamp(literal, mapping)
      case .zoned:
        if DateTimeText.infinity(literal) != nil { return nil }
        return try mapping.form.value(literal)
      }
    } catch {
      return nil
    }
  }

  private static func parsed(_ text: String, _ mapping: ColumnTypes.Mapping) -> ConnectValue? {
    let bytes = Array(text.utf8)
    do throws(ConversionError) {
      return unsafe try mapping.form.value(bytes.span.bytes)
    } catch {
      return nil
    }
  }

  private static func integer(_ number: Int64, _ mapping: ColumnTypes.Mapping) -> ConnectValue? {
    switch mapping.schema.kind {
    case .int16: Int16(exactly: number).map { .int16($0) }
    case .int32: Int32(exactly: number).map { .int32($0) }
    default: .int64(number)
    }
  }

  /// The days of Java's greatest and least `LocalDateTime`, which pgjdbc takes for infinity, cut to 32 bits.
  private static let greatestDays: Int64 = 365_241_780_471
  private static let leastDays: Int64 = -365_243_219_162

  private static func date(_ literal: RawSpan, _ mapping: ColumnTypes.Mapping) throws(ConversionError) -> ConnectValue?
  {
    guard case .date(let form) = mapping.form else { return nil }
    switch DateTimeText.infinity(literal) {
    case nil: return try mapping.form.value(literal)
    case .positive: return ValueForm.value(ofDate: greatestDays, form)
    case .negative: return ValueForm.value(ofDate: leastDays, form)
    }
  }

  private static func time(_ literal: RawSpan, _ mapping: ColumnTypes.Mapping) throws(ConversionError) -> ConnectValue?
  {
    guard case .time(let form) = mapping.form else { return nil }
    if literal.equals("24:00:00") {
      // Java's greatest `LocalTime` has nanoseconds.
      switch form {
      case .milliseconds: return .int32(86_399_999)
      case .microseconds: return .int64(86_399_999_999)
      case .nanoseconds: return .int64(86_399_999_999_999)
      case .iso: return .text("23:59:59.999999999Z")
      }
    }
    return try mapping.form.value(literal)
  }

  private static func timestamp(
    _ literal: RawSpan, _ mapping: ColumnTypes.Mapping
  ) throws(ConversionError) -> ConnectValue? {
    guard case .timestamp(let form) = mapping.form else { return nil }
    guard let infinity = DateTimeText.infinity(literal) else {
      let value = try mapping.form.value(literal)
      return value == .null ? nil : value
    }
    switch form {
    case .milliseconds, .nanoseconds: return nil
    case .microseconds: return .int64(infinity == .positive ? -9_223_372_036_853_775_810 : .min)
    case .iso:
      return .text(
        infinity == .positive ? "+999999999-12-31T23:59:59.999999999Z" : "-999999999-01-01T00:00:00Z")
    }
  }

  /// `'ok'::mood` or `'ok'::s.mood`, where the type is the column's own.
  private static func enumeration(_ expression: [UInt8], typeName: String) -> [UInt8]? {
    let text = String(decoding: expression, as: UTF8.self)
    let colons = expression.indices.dropLast().last { expression[$0] == 0x3A && expression[$0 + 1] == 0x3A }
    guard let colons else { return nil }
    let type = String(decoding: expression[(colons + 2)...], as: UTF8.self)
    guard type == typeName || type.hasSuffix("." + typeName) || type.hasSuffix("\"" + typeName + "\"") else {
      return nil
    }
    guard colons >= 2, text.hasPrefix("'"), expression[colons - 1] == UInt8(ascii: "'") else { return nil }
    return Array(expression[1..<(colons - 1)])
  }

  private static func trimmed(_ text: [UInt8]) -> [UInt8] {
    var slice = text[...]
    while let first = slice.first, first <= 0x20 { slice.removeFirst() }
    while let last = slice.last, last <= 0x20 { slice.removeLast() }
    return Array(slice)
  }
}
