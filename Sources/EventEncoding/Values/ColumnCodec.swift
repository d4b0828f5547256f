import ConnectData
import Primitives

/// Turns the text that PostgreSQL prints for a column into what Debezium publishes of it. Made once per column.
///
/// The session that prints the text has `DateStyle = ISO`, `IntervalStyle = postgres`, `TimeZone = UTC`,
/// `extra_float_digits` above 0, `bytea_output = hex`, `lc_monetary = C` and `client_encoding = UTF8`.
/// A class, so that the row path passes one reference and not its parts.
public final class ColumnCodec: Sendable {
  /// Schema of the field: optional flag, name, version, parameters and default.
  public let schema: ConnectSchema
  /// What `before` of a delete under replica identity DEFAULT has for a column that was not sent: null if it is
  /// nullable, else its default, else a made-up value.
  public let absentValue: ConnectValue
  /// What stands for an unchanged TOAST value; `.null` where Debezium has no placeholder for the type.
  public let unavailable: ConnectValue

  let form: ValueForm
  let options: JSONOptions
  /// What is written for a null; `nil` if the column may have none.
  private let nullJSON: [UInt8]?
  let absentJSON: [UInt8]
  /// `unavailable`, written.
  let unavailableJSON: [UInt8]

  /// Returns `nil` where Debezium leaves the column out.
  /// - Parameters:
  ///   - parameters: what the field's schema has beside its type's own.
  ///   - isLeftOut: the column lists leave the column out, and only a key has it. Of such a column Debezium's stream knows
  ///     nothing but the type.
  public static func make(
    _ column: ColumnDescription, _ options: ValueOptions, _ json: JSONOptions = JSONOptions(),
    origin: RowOrigin = .stream, parameters: [ConnectParameter] = [], isLeftOut: Bool = false
  ) -> ColumnCodec? {
    var column = column
    if isLeftOut, origin == .stream {
      column.isNullable = true
      column.defaultExpression = nil
    }
    guard let mapping = ColumnTypes.mapping(column.type, modifier: column.typeModifier, options) else { return nil }
    var schema = mapping.schema
    schema.parameters += parameters
    // One schema is optional of itself: that of `geometry`.
    schema.isOptional = column.isNullable || mapping.schema.isOptional
    schema.defaultValue = DefaultValue.parse(column, mapping)
    return ColumnCodec(
      schema, ColumnTypes.mapping(mapping, of: column.type, from: origin, options), isNullable: column.isNullable, json)
  }

  private init(
    _ schema: ConnectSchema, _ mapping: ColumnTypes.Mapping, isNullable: Bool, _ options: JSONOptions
  ) {
    self.schema = schema
    self.options = options
    form = mapping.form
    unavailable = mapping.unavailable
    absentValue = isNullable ? .null : schema.defaultValue ?? mapping.fallback
    var out = ByteWriter()
    JSONConverter.write(absentValue, schema, options, into: &out)
    absentJSON = out.copiedBytes
    out.removeAll()
    JSONConverter.write(mapping.form == .alwaysNull ? absentValue : .null, schema, options, into: &out)
    let mayBeNull = schema.isOptional || schema.defaultValue != nil || mapping.form == .alwaysNull
    nullJSON = mayBeNull ? out.copiedBytes : nil
    out.removeAll()
    JSONConverter.write(unavailable, schema, options, into: &out)
    unavailableJSON = out.copiedBytes
  }

  /// Writes the bytes that JsonConverter would write for the value. On an error nothing is written.
  public func writeJSON(_ text: RawSpan, into out: inout ByteWriter) throws(ConversionError) {
    let start = out.count
    do {
      if try form.writeJSON(text, options.decimalFormat, into: &out) { return }
      out.truncate(to: start)
      try writeNullJSON(into: &out)
    } catch {
      out.truncate(to: start)
      throw error
    }
  }

  /// Writes SQL's NULL: `null`, or the default (`replace.null.with.default`).
  /// Throws `requiredValueIsNull` for a NOT NULL column without default, which the database cannot send.
  public func writeNullJSON(into out: inout ByteWriter) throws(ConversionError) {
    guard let nullJSON else { throw ConversionError(.requiredValueIsNull, at: 0) }
    out.append(nullJSON)
  }

  /// Writes `absentValue`.
  public func writeAbsentJSON(into out: inout ByteWriter) { out.append(absentJSON) }

  /// Writes `unavailable`. Throws `requiredValueIsNull` where the type has no placeholder and the column is NOT NULL.
  public func writeUnavailableJSON(into out: inout ByteWriter) throws(ConversionError) {
    if unavailable == .null { return try writeNullJSON(into: &out) }
    out.append(unavailableJSON)
  }

  /// The value as a tree, for what takes records apart. A null is `.null`, whatever the default.
  public func value(_ text: RawSpan) throws(ConversionError) -> ConnectValue {
    if form == .alwaysNull { return absentValue }
    let value = try form.value(text)
    if value == .null, nullJSON == nil { throw ConversionError(.requiredValueIsNull, at: 0) }
    return value
  }
}
