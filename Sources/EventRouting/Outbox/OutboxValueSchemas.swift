import ConnectData

/// Schemas of event values that carry placed columns beside the payload. Debezium keeps each schema under the payload's
/// schema, or under its version, with the name made for the first event that had it; later events get the same.
/// Source: Debezium 3.6, `EventRouterDelegate.getValueSchema`.
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

  private struct Versioned {
    let payload: ConnectSchema
    let schema: SharedSchema
  }

  /// Debezium bounds its cache of payload schemas at this number and then evicts; a new schema only gets a new name.
  static let entriesMax = 10_000

  private var byPayload: [(payload: ConnectSchema, schema: SharedSchema)] = []
  private var byVersion: [Int32?: Versioned] = [:]

  public init() {}

  /// - Parameter version: `nil` without `table.field.event.schema.version`; `.some(nil)` when that column is NULL.
  public mutating func schema(
    payload: ConnectSchema, version: Int32??, table: Table, placements: [OutboxPlan.Placement], route: String
  ) throws(TransformFailure) -> SharedSchema {
    guard let version else {
      if let known = byPayload.last(where: { $0.payload == payload }) { return known.schema }
      let schema = make(payload, version: nil, table, placements, route)
      if byPayload.count >= OutboxValueSchemas.entriesMax { byPayload.removeFirst() }
      byPayload.append((payload, schema))
      return schema
    }
    if let known = byVersion[version] {
      // The payload must fit the schema that this version had first.
      guard known.payload == payload || !known.payload.kind.isStructured && !payload.kind.isStructured else {
        throw TransformFailure(
          "the payload differs in shape from the first one of schema version \(version.map(String.init) ?? "NULL")")
      }
      return known.schema
    }
    let schema = make(payload, version: version, table, placements, route)
    byVersion[version] = Versioned(payload: payload, schema: schema)
    return schema
  }

  private func make(
    _ payload: ConnectSchema, version: Int32?, _ table: Table, _ placements: [OutboxPlan.Placement], _ route: String
  ) -> SharedSchema {
    var fields = [ConnectField("payload", payload)]
    for placement in placements {
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
}

extension ConnectSchema.Kind {
  /// A structure, an array or a map: values whose own schema must equal the field's.
  var isStructured: Bool {
    switch self {
    case .structure, .array, .map: true
    default: false
    }
  }
}
