import ConnectData
import Primitives

extension ColumnTypes {
  /// Arrays that have no mapping even where `include.unknown.datatypes` is on: money, name, interval, varbit, xml,
  /// point and refcursor.
  private static func isNeverMapped(_ element: TypeOID) -> Bool {
    switch element {
    case .money, .name, .interval, .varbit, .xml, .point: true
    default: element.rawValue == 1790
    }
  }

  static func array(of element: TypeDescription, modifier: Int32, _ options: ValueOptions) -> Mapping? {
    if isNeverMapped(element.oid) { return nil }
    if element.oid == .bit {
      // The schema is that of one element, and no value fits it.
      guard var mapping = mapping(element, modifier: modifier, options) else { return nil }
      mapping.form = .neverConverted
      return mapping
    }
    // Elements of a domain are not looked through.
    let resolved: Mapping?
    if case .domain = element.kind {
      resolved = opaqueElement(element, options)
    } else {
      resolved = mapping(element, modifier: modifier, options)
    }
    guard var item = resolved else { return nil }
    item.form = item.form.ofArrayElement
    let isOptional = elementsAreOptional(element, item)
    item.schema.isOptional = isOptional
    let form = ValueForm.ArrayForm(
      element: item.form, elementsMayBeNull: isOptional && element.name != "ltree",
      printsInnerArrays: item.form == .text && element.name != "citext" && element.name != "isbn",
      delimiter: delimiter(element))
    return Mapping(
      schema: ConnectSchema(.array(item.schema)), form: .array(form), fallback: .array([]),
      unavailable: unavailable(element, item, options))
  }

  /// `pg_type.typdelim`: a semicolon for `box`, a colon for PostGIS's types, a comma for all others.
  private static func delimiter(_ element: TypeDescription) -> UInt8 {
    switch element.name {
    case "box": UInt8(ascii: ";")
    case "geometry", "geography": UInt8(ascii: ":")
    default: UInt8(ascii: ",")
    }
  }

  private static func opaqueElement(_ element: TypeDescription, _ options: ValueOptions) -> Mapping? {
    var plain = element
    plain.kind = .unknown
    plain.oid = TypeOID(rawValue: 0)
    plain.name = ""
    return mapping(plain, modifier: -1, options)
  }

  /// Required where Debezium builds the element's schema as if it were a column of its own: enums, `tsvector`, `isbn`,
  /// and what is passed on as opaque bytes.
  private static func elementsAreOptional(_ element: TypeDescription, _ item: Mapping) -> Bool {
    if case .enumeration = element.kind { return false }
    if case .opaque = item.form { return false }
    // tsvector
    return element.oid.rawValue != 3614 && element.name != "isbn"
  }

  private static func unavailable(_ element: TypeDescription, _ item: Mapping, _ options: ValueOptions) -> ConnectValue
  {
    let placeholder = options.unavailableValuePlaceholder
    switch element.oid {
    case .text, .varchar, .bpchar, .json, .jsonb: return .array([.text(placeholder)])
    case .bytea: return item.form == .binary(.bytes) ? .array([.bytes(placeholder)]) : .null
    case .uuid: return .array([.text(NameUUID.text(of: placeholder))])
    // The bytes of the placeholder, a number each.
    case .int4: return .array(placeholder.map { .int32(Int32(Int8(bitPattern: $0))) })
    case .date:
      if item.form == .jdbcDate(.iso) { return .null }
      return .array(placeholder.map { .int32(Int32(Int8(bitPattern: $0))) })
    case .int8: return .array(placeholder.map { .int64(Int64(Int8(bitPattern: $0))) })
    default: return .null
    }
  }
}
