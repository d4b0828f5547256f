import ConnectData

/// An entry of `add.fields` or `add.headers`: a field of the envelope, or of its `source` or `transaction`, and the name
/// that it gets. Source: Debezium 3.6, `AbstractExtractNewRecordState.FieldReference`.
public struct MetadataField: Sendable, Equatable {
  /// `nil` for fields of the envelope itself.
  let structure: String?
  let field: String
  let name: String

  /// Reads `op`, `source.ts_ms`, `lsn:position`; the part behind `:` is the name without its prefix. `nil` where there
  /// are more than two parts, or none.
  public init?(_ text: String, prefix: String) {
    let parts = MetadataField.parts(text, separator: ":")
    guard parts.count == 1 || parts.count == 2 else { return nil }
    let path = MetadataField.parts(parts[0], separator: ".")
    guard let first = path.first else { return nil }
    if path.count == 1 {
      field = first
      structure = MetadataField.home(of: first)
    } else {
      field = path[1]
      structure = first
    }
    let ownName = path.count == 1 ? field : "\(first)_\(field)"
    name = prefix + (parts.count == 2 ? parts[1] : ownName)
  }

  /// Comma-separated. `nil` where an entry is none.
  public static func list(_ text: String, prefix: String) -> [MetadataField]? {
    if text.isEmpty { return [] }
    var fields: [MetadataField] = []
    for entry in text.split(separator: ",", omittingEmptySubsequences: true) {
      guard let field = MetadataField(trimmed(String(entry)), prefix: prefix) else { return nil }
      fields.append(field)
    }
    return fields
  }

  private static func home(of field: String) -> String? {
    switch field {
    case "id", "total_order", "data_collection_order": "transaction"
    case "op", "ts_ms", "ts_us", "ts_ns": nil
    case "updateDescription": "updateDescription"
    default: "source"
    }
  }

  /// As Java's `split`: empty parts at the end do not count.
  private static func parts(_ text: String, separator: Character) -> [String] {
    var parts = text.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    if parts.count > 1 { while parts.last?.isEmpty == true { parts.removeLast() } }
    return parts
  }

  private static func trimmed(_ text: String) -> String {
    var scalars = text.unicodeScalars[...]
    while let first = scalars.first, first.value <= 0x20 { scalars.removeFirst() }
    while let last = scalars.last, last.value <= 0x20 { scalars.removeLast() }
    return String(scalars)
  }
}

/// Where a metadata field stands in envelopes of one schema.
struct MetadataSource {
  private enum Place {
    case envelope(Int)
    /// Null where the structure is, as `transaction` is in a snapshot.
    case nested(structure: Int, field: Int)
    /// In the envelope though it was looked for in a structure: null where the structure is.
    case besides(structure: Int, field: Int)
  }

  let field: ConnectField
  /// As a header it is written whole, whatever it holds.
  let headerSchema: ConnectSchema
  private let place: Place

  /// `nil` where the envelope has no such field: nothing is added then.
  init?(_ metadata: MetadataField, envelope: ConnectSchema) throws(TransformFailure) {
    let found: ConnectSchema
    let own = envelope.fieldIndex(metadata.field)
    if let structure = metadata.structure {
      guard let index = envelope.fieldIndex(structure) else {
        throw TransformFailure("the record has no '\(structure)', in which '\(metadata.field)' was to be")
      }
      let inner = envelope.fields[index].schema
      if let field = inner.fieldIndex(metadata.field) {
        found = inner.fields[field].schema
        place = .nested(structure: index, field: field)
      } else if let own {
        found = envelope.fields[own].schema
        place = .besides(structure: index, field: own)
      } else {
        return nil
      }
    } else {
      guard let own else { return nil }
      found = envelope.fields[own].schema
      place = .envelope(own)
    }
    headerSchema = found.asOptional
    // Connect's copy of a schema leaves out what a structure holds. Of a map it would have neither keys nor values, and its
    // null, which Debezium writes, has no schema here.
    switch found.kind {
    case .structure: field = ConnectField(metadata.name, found.basics(.structure([])).asOptional)
    case .map: field = ConnectField(metadata.name, found.asOptional)
    default: field = ConnectField(metadata.name, found.basics(found.kind).asOptional)
    }
  }

  /// As a field of the row: of a structure only that there is none, since its schema holds nothing.
  func fieldValue(_ envelope: [ConnectValue]) throws(TransformFailure) -> ConnectValue {
    let value = value(envelope)
    switch (field.schema.kind, value) {
    case (.structure, .null): return value
    case (.structure, _), (.map, _):
      throw TransformFailure("'\(field.name)' would be a structure or map, which cannot be added as a field")
    default: return value
    }
  }

  func value(_ envelope: [ConnectValue]) -> ConnectValue {
    switch place {
    case .envelope(let index): return envelope[index]
    case .nested(let structure, let field):
      guard case .structure(let values) = envelope[structure] else { return .null }
      return values[field]
    case .besides(let structure, let field): return envelope[structure] == .null ? .null : envelope[field]
    }
  }
}
