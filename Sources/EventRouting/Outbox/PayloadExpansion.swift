import ConnectData
import Primitives

/// What `table.expand.json.payload` makes of an outbox payload: a structure with a schema inferred from the text.
///
/// The rules are those of Debezium's EventRouter over Jackson with its defaults:
/// - Only text whose first byte is `{` or `[` is read. What is not JSON stays a string, and so does a payload with a
///   name that is empty, an array of mixed types, or an array in which nothing has a type. Text after the first value
///   is lost.
/// - Whole numbers become int32 or int64, others double. Nulls and empty arrays vanish (with `optional_bytes` a null
///   becomes a field of bytes). The last of two equal names wins, in the place of the first.
/// - Objects in one array share one schema: all fields of all of them. Debezium merges these in the order of a Java
///   `HashSet`, which no two processes share; here it is the order of first appearance, and so is the order of the fields.
/// - Where the schema is made and the value does not fit it (a whole number beyond 64 bits, a null among objects with
///   differing fields, an array at the top), Debezium keeps the text under the new schema, and its task dies in the
///   converter, unless that is a StringConverter, which writes the text.
public enum PayloadExpansion: Sendable, Equatable {
  /// `table.json.payload.null.behavior`
  public enum NullBehavior: String, Sendable, CaseIterable {
    case ignore
    case optionalBytes = "optional_bytes"
  }

  /// The payload stays the string that it is, with its column's schema.
  case unchanged
  /// `[]`: the payload stays the string, and has no schema any more.
  case unchangedWithoutSchema
  case expanded(schema: ConnectSchema, value: ConnectValue)
  /// Exact mode: the payload is this JSON text, under `ConnectSchema.jsonDocument`.
  case document([UInt8])
  case fails(PayloadFailure)

  /// - Parameters:
  ///   - payload: the column's text, UTF-8.
  ///   - isExact: `sluice.outbox.json=exact`: what is one object or array as a whole stays its own JSON text, with numbers,
  ///     nulls and names as they are; everything else stays a string.
  ///   - schemaName: the name of the payload's field, from which the names of the inferred structures are made.
  public static func expand(
    _ payload: RawSpan, isExact: Bool = false, schemaName: String? = "payload", nullBehavior: NullBehavior
  ) -> PayloadExpansion {
    if isExact {
      var out = ByteWriter(minimumCapacity: payload.byteCount)
      return CompactJSON.writeDocument(payload, into: &out) ? .document(out.copiedBytes) : .unchanged
    }
    var parser = PayloadExpansionParser(payload)
    guard let node = parser.parse() else { return .unchanged }
    var inference = PayloadExpansionSchema(nullBehavior: nullBehavior)
    let schema: ConnectSchema?
    do throws(PayloadExpansionSchema.Refusal) {
      schema = try inference.schema(of: node, path: schemaName)
    } catch {
      return error == .tooLarge ? .fails(.tooLarge) : .unchanged
    }
    guard let schema else { return .unchangedWithoutSchema }
    guard case .object(let object) = node, let value = PayloadExpansionValue.structure(object, schema) else {
      return .fails(.valueDoesNotFit(schema))
    }
    return .expanded(schema: schema, value: value)
  }

  /// Exact mode: one object as a row, of which no member is lost or changed. Texts, booleans and whole numbers of 64 bits
  /// have the types that `expand` gives them, all other members are JSON text under `ConnectSchema.jsonDocument`, and
  /// nulls are fields of bytes. `nil` for what is no object or has a member without a name.
  public static func expandRow(_ text: RawSpan) -> (schema: ConnectSchema, value: ConnectValue)? {
    var parser = PayloadExpansionParser(text, keepsDocuments: true)
    guard let node = parser.parse(), case .object(let object) = node else { return nil }
    var inference = PayloadExpansionSchema(nullBehavior: .optionalBytes)
    guard let schema = try? inference.schema(of: node, path: nil),
      let value = PayloadExpansionValue.structure(object, schema)
    else { return nil }
    return (schema, value)
  }
}

/// Where Debezium's task dies over an expanded payload.
public enum PayloadFailure: Error, Sendable, Equatable {
  /// The payload's text stands under this inferred schema.
  case valueDoesNotFit(ConnectSchema)
  /// The names of the inferred schemas would take more memory than a payload may.
  case tooLarge

  /// Debezium's error, raised by JsonConverter.
  public var converterMessage: String {
    switch self {
    case .valueDoesNotFit(let schema): "Invalid type for \(Self.typeName(schema.kind)): class java.lang.String"
    case .tooLarge: "JSON payload too large to expand"
    }
  }

  private static func typeName(_ kind: ConnectSchema.Kind) -> String {
    if case .array = kind { "ARRAY" } else { "STRUCT" }
  }
}
