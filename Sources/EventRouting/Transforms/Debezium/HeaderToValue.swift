import ConnectData

/// Moves or copies headers into fields of the value, which may lie in structures: `after.region`. Source:
/// `io.debezium.transforms.HeaderToValue` and `ConnectRecordUtil`.
public struct HeaderToValue: RecordTransform {
  public enum Operation: String, Sendable, CaseIterable {
    case copy, move
  }

  public struct Options: Sendable, Hashable {
    public var headers: [String]
    /// As many as there are headers, each for the header at its place.
    public var fields: [String]
    public var operation: Operation

    public init(headers: [String], fields: [String], operation: Operation) {
      precondition(headers.count == fields.count, "configuration gives a field for each header")
      self.headers = headers
      self.fields = fields
      self.operation = operation
    }
  }

  /// A header that becomes a field: the names on the way to it, the last its own.
  private struct Entry {
    var path: [String]
    var value: ConnectValue
    var schema: ConnectSchema
  }

  private let options: Options
  /// By the schema alone: it is made of the headers of the first record that has it, as Debezium makes it.
  private var schemas = SchemaCache<SharedSchema>()

  public init(_ options: Options) { self.options = options }

  public var copiesHeaders: Bool { false }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    if record.value == .null { return true }
    _ = try record.structure(of: .value, for: "HeaderToValue")
    guard let schema = record.valueSchema else {
      throw TransformFailure("HeaderToValue: the value has no schema")
    }
    let entries = try entries(of: record)
    if entries.isEmpty { return true }
    let updated = try schemas.made(of: schema) { (schema) throws(TransformFailure) in
      let level = Level(entries)
      try level.check(schema)
      return SharedSchema(try level.schema(schema))
    }
    let value = try Level(entries).value(record.value, schema.schema, updated.schema)
    record.set(.value, to: value, updated)
    if options.operation == .move {
      record.copyHeaders()
      record.headers.removeAll { options.headers.contains($0.name) }
    }
    return true
  }

  /// In the order of the record's headers.
  private func entries(of record: ConnectRecord) throws(TransformFailure) -> [Entry] {
    var entries: [Entry] = []
    for header in record.headers {
      guard let index = options.headers.firstIndex(of: header.name) else { continue }
      guard let schema = header.schema else {
        throw TransformFailure("HeaderToValue: the header \(header.name) has no schema")
      }
      var path = options.fields[index].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      while path.count > 1, path.last?.isEmpty == true { path.removeLast() }
      entries.append(Entry(path: path, value: header.value, schema: schema))
    }
    return entries
  }

  /// One structure of the value: the root, or one that lies within.
  private struct Level {
    let entries: [Entry]
    var depth = 0
    /// `payload` at the root, which is how Debezium tells it.
    var name = "payload"

    init(_ entries: [Entry]) { self.entries = entries }

    private func inner(_ name: String) -> Level {
      var inner = self
      inner.depth += 1
      inner.name = name
      return inner
    }

    /// Throws where a field that is to hold another is none that can.
    func check(_ schema: ConnectSchema) throws(TransformFailure) {
      for entry in entries where entry.path.count > 1 {
        var current = schema
        for name in entry.path.dropLast() {
          guard let index = current.fieldIndex(name) else { break }
          current = current.fields[index].schema
          guard current.isStructure else {
            throw TransformFailure("HeaderToValue: \(name) is no structure, so it cannot hold \(entry.path.last ?? "")")
          }
        }
      }
    }

    /// Whether the way to a new field leads through this one. Debezium compares text, so that a name that ends the name
    /// of such a field counts too.
    private func leadsOn(_ field: String) -> Bool {
      entries.contains { $0.path.count > 1 && $0.path.joined(separator: ".").contains(field + ".") }
    }

    /// The name that an entry gets in this structure; `nil` if it does not lie in it.
    private func ownName(_ entry: Entry) -> String? {
      if entry.path.count == 1, name == "payload" { return entry.path[0] }
      guard entry.path.count == depth + 1, entry.path[max(depth - 1, 0)] == name else { return nil }
      return entry.path[depth]
    }

    /// Structures that the way to a new field needs and that are not there.
    private func missingParents(_ schema: ConnectSchema) -> [String] {
      var parents: [String] = []
      for entry in entries where entry.path.count > 1 {
        let isHere = depth == 0 ? name == "payload" : depth < entry.path.count && entry.path[depth - 1] == name
        guard isHere, depth < entry.path.count - 1 else { continue }
        let parent = entry.path[depth]
        if schema.fieldIndex(parent) == nil, !parents.contains(parent) { parents.append(parent) }
      }
      return parents
    }

    /// Only the root's new structures get fields: Debezium leaves those further in empty.
    private func members(of parent: String) -> [(name: String, entry: Entry)] {
      guard depth == 0 else { return [] }
      return entries.filter { $0.path.count > 1 && $0.path[0] == parent }.map { ($0.path[1], $0) }
    }

    /// A structure on the way loses that it is optional.
    func schema(_ old: ConnectSchema) throws(TransformFailure) -> ConnectSchema {
      guard old.isStructure else { return old }
      var fields: [ConnectField] = []
      for field in old.fields {
        let schema = leadsOn(field.name) ? try inner(field.name).schema(field.schema) : field.schema
        fields.append(ConnectField(field.name, schema))
      }
      for entry in entries {
        guard let name = ownName(entry), !fields.contains(where: { $0.name == name }) else { continue }
        fields.append(ConnectField(name, entry.schema))
      }
      for parent in missingParents(old) {
        let members = members(of: parent).map { ConnectField($0.name, $0.entry.schema) }
        let kind = try ConnectSchema.structureKind(members, for: "HeaderToValue")
        fields.append(ConnectField(parent, ConnectSchema(kind, isOptional: true)))
      }
      return old.basics(try ConnectSchema.structureKind(fields, for: "HeaderToValue"))
    }

    func value(
      _ value: ConnectValue, _ old: ConnectSchema, _ new: ConnectSchema
    ) throws(TransformFailure) -> ConnectValue {
      guard case .structure(let values) = value else {
        throw TransformFailure("HeaderToValue: \(name) is no structure")
      }
      // What is null stays unset, required or not.
      var updated = [ConnectValue](repeating: .null, count: new.fields.count)
      for (index, field) in old.fields.enumerated() {
        let value = values[index].orDefault(of: field.schema)
        guard value != .null, let place = new.fieldIndex(field.name) else { continue }
        updated[place] =
          leadsOn(field.name)
          ? try inner(field.name).value(value, field.schema, new.fields[place].schema) : value
      }
      for entry in entries {
        if let name = ownName(entry) { try put(entry, name, into: &updated, new) }
      }
      for parent in missingParents(old) {
        guard let place = new.fieldIndex(parent) else { continue }
        let schema = new.fields[place].schema
        var members = [ConnectValue](repeating: .null, count: schema.fields.count)
        for member in self.members(of: parent) { try put(member.entry, member.name, into: &members, schema) }
        updated[place] = .structure(members)
      }
      return .structure(updated)
    }

    private func put(
      _ entry: Entry, _ name: String, into values: inout [ConnectValue], _ schema: ConnectSchema
    ) throws(TransformFailure) {
      guard let place = schema.fieldIndex(name) else {
        throw TransformFailure(
          "HeaderToValue: \(name) is not among the fields made for the first record of this schema")
      }
      let field = schema.fields[place]
      guard entry.value == .null || field.schema.kind == entry.schema.kind else {
        throw TransformFailure("HeaderToValue: \(name) is of another type than its header")
      }
      values[place] = try field.checked(entry.value, for: "HeaderToValue")
    }
  }
}
