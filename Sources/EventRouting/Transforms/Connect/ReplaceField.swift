import ConnectData

/// Keeps, drops and renames fields. Source: `org.apache.kafka.connect.transforms.ReplaceField`.
public struct ReplaceField: RecordTransform {
  public struct Rename: Sendable, Hashable {
    public var from: String
    public var to: String

    public init(from: String, to: String) {
      self.from = from
      self.to = to
    }
  }

  public struct Options: Sendable, Hashable {
    public var part: RecordPart
    /// Empty: all.
    public var include: [String]
    /// Wins over `include`.
    public var exclude: [String]
    public var renames: [Rename]
    public var replacesNullWithDefault: Bool

    public init(
      part: RecordPart, include: [String] = [], exclude: [String] = [], renames: [Rename] = [],
      replacesNullWithDefault: Bool = true
    ) {
      self.part = part
      self.include = include
      self.exclude = exclude
      self.renames = renames
      self.replacesNullWithDefault = replacesNullWithDefault
    }

    /// `from:to` entries; `nil` if one is not of that form.
    public static func renames(of entries: [String]) -> [Rename]? {
      var renames: [Rename] = []
      for entry in entries {
        var parts = entry.split(separator: ":", omittingEmptySubsequences: false)
        while parts.last?.isEmpty == true { parts.removeLast() }
        guard parts.count == 2 else { return nil }
        renames.append(Rename(from: String(parts[0]), to: String(parts[1])))
      }
      return renames
    }
  }

  private struct Plan {
    /// Of the source's fields, for each of the new ones.
    var sources: [Int]
    var schema: SharedSchema
  }

  private let options: Options
  private let names: Names
  private var plans = SchemaCache<Plan>()

  public init(_ options: Options) {
    self.options = options
    names = Names(options)
  }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    let part = options.part
    if record.value(of: part) == .null { return true }
    guard let schema = record.schema(of: part) else {
      record.set(part, to: .map(names.applied(to: try record.map(of: part, for: "ReplaceField"))), nil)
      return true
    }
    let values = try record.structure(of: part, for: "ReplaceField")
    let names = names
    let plan = try plans.made(of: schema) { (schema) throws(TransformFailure) in try names.plan(schema) }
    var updated: [ConnectValue] = []
    updated.reserveCapacity(plan.sources.count)
    for (field, source) in zip(plan.schema.schema.fields, plan.sources) {
      let value =
        options.replacesNullWithDefault
        ? values[source].orDefault(of: schema.schema.fields[source].schema) : values[source]
      updated.append(try field.checked(value, for: "ReplaceField"))
    }
    record.set(part, to: .structure(updated), plan.schema)
    return true
  }

  /// Which fields stay, and under which names.
  private struct Names {
    private let included: Set<String>
    private let excluded: Set<String>
    private var renamed: [String: String] = [:]
    private var originals: [String: String] = [:]

    init(_ options: Options) {
      included = Set(options.include)
      excluded = Set(options.exclude)
      // Java's maps: of two renames of one field the last holds, of two into one name the one that its map lists last.
      var renames = JavaHashMap()
      for rename in options.renames { renames.put(rename.from, .text(rename.to)) }
      for entry in renames.entries {
        guard case .text(let from) = entry.key, case .text(let to) = entry.value else { continue }
        let names = (from: String(decoding: from, as: UTF8.self), to: String(decoding: to, as: UTF8.self))
        renamed[names.from] = names.to
        originals[names.to] = names.from
      }
    }

    private func keeps(_ name: String) -> Bool {
      !excluded.contains(name) && (included.isEmpty || included.contains(name))
    }

    func plan(_ schema: ConnectSchema) throws(TransformFailure) -> Plan {
      var fields: [ConnectField] = []
      var sources: [Int] = []
      for field in schema.fields where keeps(field.name) {
        let name = renamed[field.name] ?? field.name
        // The value is looked up by the rename turned round: a field that is not renamed and has the name that another
        // would get takes the other's value.
        let original = originals[name] ?? name
        guard let source = schema.fieldIndex(original) else {
          throw TransformFailure("ReplaceField: there is no field \(original)")
        }
        guard schema.fields[source].schema.kind == field.schema.kind else {
          throw TransformFailure("ReplaceField: \(name) would get the value of \(original), which is of another type")
        }
        fields.append(ConnectField(name, field.schema))
        sources.append(source)
      }
      let kind = try ConnectSchema.structureKind(fields, for: "ReplaceField")
      return Plan(sources: sources, schema: SharedSchema(schema.basics(kind)))
    }

    func applied(to entries: [ConnectMapEntry]) -> [ConnectMapEntry] {
      var map = JavaHashMap(capacity: entries.count)
      for entry in entries {
        guard case .text(let text) = entry.key else { continue }
        let name = String(decoding: text, as: UTF8.self)
        if keeps(name) { map.put(renamed[name] ?? name, entry.value) }
      }
      return map.entries
    }
  }
}
