import ConnectData

/// Schemas of event values that carry placed columns beside the payload. Debezium keeps each schema under the payload's
/// schema, or under its version, with the name made for the first event that had it; later events get the same, those of
/// other tables included, and their values must fit it. Source: Debezium 3.6, `EventRouterDelegate.getValueSchema`.
public struct OutboxValueSchemas {
  /// The table whose event asks for a schema.
  public struct Table {
    /// Fields of `after`.
    public let fields: [ConnectField]
    /// Name of the schema of `after`: `fin.public.outbox.Value`.
    public let schemaName: String?

    public init(fields: [ConnectField], schemaName: String?) {
      self.fields = fields
      self.schemaName = schemaName
    }
  }

  private struct Key: Hashable {
    var version: Int32??
    /// Names of the payload's fields; what else its schema holds is compared.
    var payload: Int?
    /// In exact mode each table has schemas of its own.
    var table: String?
  }

  /// Debezium bounds its cache of payload schemas at this number and then evicts; a new schema only gets a new name.
  static let entriesMax = 10_000

  private let isExact: Bool
  private var known: [Key: [(payload: ConnectSchema, schema: SharedSchema)]] = [:]
  private var count = 0

  /// - Parameter isExact: no event fails for what an earlier one was.
  public init(isExact: Bool = false) { self.isExact = isExact }

  /// - Parameters:
  ///   - payload: `nil` for `[]`, which has none after expansion; a version that an earlier event has made does not ask for it.
  ///   - version: `nil` without `table.field.event.schema.version`; `.some(nil)` when that column is NULL.
  public mutating func schema(
    payload: ConnectSchema?, version: Int32??, table: Table, placements: [OutboxPlan.Placement], route: String
  ) throws(TransformFailure) -> SharedSchema {
    // Debezium asks for the version alone.
    let isByVersion = version != nil && !isExact
    let key = Key(
      version: version, payload: isByVersion ? nil : payload.map(OutboxValueSchemas.fingerprint),
      table: isExact ? table.schemaName : nil)
    if let entries = known[key], let found = entries.first(where: { isByVersion || $0.payload == payload }) {
      return found.schema
    }
    guard let payload else {
      throw TransformFailure("the payload [] has no schema after expansion, which a placement in the envelope needs")
    }
    let schema = try make(payload, version: version ?? nil, table, placements, route)
    if count >= OutboxValueSchemas.entriesMax {
      known.removeAll()
      count = 0
    }
    known[key, default: []].append((payload, schema))
    count += 1
    return schema
  }

  private static func fingerprint(_ payload: ConnectSchema) -> Int {
    var hasher = Hasher()
    hasher.combine(payload.name)
    for field in payload.fields { hasher.combine(field.name) }
    return hasher.finalize()
  }

  private func make(
    _ payload: ConnectSchema, version: Int32?, _ table: Table, _ placements: [OutboxPlan.Placement], _ route: String
  ) throws(TransformFailure) -> SharedSchema {
    var fields = [ConnectField("payload", payload)]
    for placement in placements {
      guard !fields.contains(where: { $0.name == placement.alias }) else {
        throw TransformFailure(
          "table.fields.additional.placement places two fields '\(placement.alias)' in the envelope")
      }
      fields.append(ConnectField(placement.alias, table.fields[placement.column].schema))
    }
    return SharedSchema(
      ConnectSchema(
        .structure(fields), name: OutboxValueSchemas.name(table.schemaName, route: route), version: version))
  }

  /// `fin.public.outbox.Value` and `Order` give `fin.public.outbox.Order.Value`.
  static func name(_ tableName: String?, route: String) -> String {
    guard let tableName else { return route }
    guard let dot = tableName.lastIndex(of: ".") else { return "\(route).\(tableName)" }
    return "\(tableName[...dot])\(route).\(tableName[tableName.index(after: dot)...])"
  }

  /// The event's value: the payload, then the placed columns, in the places that the schema has for them.
  public static func value(
    _ schema: ConnectSchema, payload: ConnectValue, payloadSchema: ConnectSchema, _ table: Table,
    _ placements: [OutboxPlan.Placement], _ columns: [ConnectValue]
  ) throws(TransformFailure) -> ConnectValue {
    let fields = schema.fields
    var values = [ConnectValue](repeating: .null, count: fields.count)
    func put(_ name: String, _ value: ConnectValue, _ own: ConnectSchema) throws(TransformFailure) {
      guard let index = fields.firstIndex(where: { $0.name == name }) else {
        throw TransformFailure("'\(name)' is no field of the schema that an earlier event of another table has made")
      }
      guard fits(value, own, into: fields[index].schema) else {
        throw TransformFailure(
          "the value of '\(name)' does not fit the schema that it has there, by its own text or by an earlier event")
      }
      values[index] = value
    }
    try put("payload", payload, payloadSchema)
    for (placement, value) in zip(placements, columns) {
      try put(placement.alias, value, table.fields[placement.column].schema)
    }
    return .structure(values)
  }

  /// `ConnectSchema.validateValue`, which looks at Java's class of a value, and at the schema of a structure.
  private static func fits(_ value: ConnectValue, _ own: ConnectSchema, into target: ConnectSchema) -> Bool {
    if value == .null { return target.isOptional }
    switch (value, own.kind, target.kind) {
    case (.structure, .structure, .structure): return own == target
    case (.array(let elements), .array(let ownElement), .array(let element)):
      return elements.allSatisfy { fits($0, ownElement, into: element) }
    case (.map(let entries), .map(let ownKey, let ownValue), .map(let key, let item)):
      return entries.allSatisfy { fits($0.key, ownKey, into: key) && fits($0.value, ownValue, into: item) }
    default: return own.kind == target.kind && javaObject(own) == javaObject(target)
    }
  }

  /// Logical types whose Java value has a class of its own.
  private static func javaObject(_ schema: ConnectSchema) -> String? {
    switch schema.name {
    case "org.apache.kafka.connect.data.Decimal": "BigDecimal"
    case "org.apache.kafka.connect.data.Date", "org.apache.kafka.connect.data.Time",
      "org.apache.kafka.connect.data.Timestamp":
      "Date"
    default: nil
    }
  }
}
