import ConnectData

/// Chooses the partition of a change by fields of its value. Source: `io.debezium.transforms.partitions.PartitionRouting`.
public struct PartitionRouting: RecordTransform {
  /// `partition.hash.function`
  public enum HashFunction: String, Sendable, CaseIterable {
    case java, murmur
  }

  public struct Options: Sendable, Hashable {
    /// `partition.payload.fields`, each split at its dots.
    public var fields: [[String]]
    public var partitionCount: Int32
    public var function: HashFunction

    public init(fields: [String], partitionCount: Int32, function: HashFunction = .java) {
      precondition(partitionCount > 0, "configuration asks for a positive number")
      self.fields = fields.map { field in
        var names = field.split(separator: ".", omittingEmptySubsequences: false).map { $0.trimmed() }
        while names.count > 1, names.last?.isEmpty == true { names.removeLast() }
        return names
      }
      self.partitionCount = partitionCount
      self.function = function
    }
  }

  private let options: Options

  public init(_ options: Options) { self.options = options }

  public var copiesHeaders: Bool { false }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    guard DebeziumEnvelope.holds(record), let schema = record.valueSchema?.schema else { return true }
    let operation = schema.member("op", of: record.value)?.value
    if operation == .text("t") || operation == .text("m") { return true }
    var sum: Int32 = 0
    var isFound = false
    for path in options.fields {
      guard let (value, schema) = try value(path, schema, record.value, isDelete: operation == .text("d")) else {
        continue
      }
      guard let hash = hash(value, schema) else {
        throw TransformFailure(
          "PartitionRouting: \(path.joined(separator: ".")) is a structure or a bit string, whose hash is not the same"
            + " in two runs of Debezium")
      }
      sum = sum &+ hash
      isFound = true
    }
    guard isFound else { return true }
    let positive = sum & Int32.max
    record.partition = (positive == .max ? 0 : positive) % options.partitionCount
    return true
  }

  /// `nil` where there is no such field, or its value is null.
  private func value(
    _ path: [String], _ schema: ConnectSchema, _ envelope: ConnectValue, isDelete: Bool
  ) throws(TransformFailure) -> (ConnectValue, ConnectSchema)? {
    var value = envelope
    var schema = schema
    for (depth, name) in path.enumerated() {
      let isLast = depth == path.count - 1
      if value == .null {
        // Debezium fails at it too: of a delete there is no `after`, of most updates no `before`.
        throw TransformFailure(
          "PartitionRouting: \(path[depth - 1]) is null in this record; \"change\" is the row it has")
      }
      let name = !isLast && name == "change" ? (isDelete ? "before" : "after") : name
      guard let member = schema.member(name, of: value), isLast || member.schema.isStructure else { return nil }
      (value, schema) = member
    }
    value = value.orDefault(of: schema)
    return value == .null ? nil : (value, schema)
  }

  private func hash(_ value: ConnectValue, _ schema: ConnectSchema) -> Int32? {
    guard options.function == .murmur else { return JavaHashCode.of(value, schema) }
    switch value {
    case .text(let text): return MurmurHash3.hash(text)
    case .bytes(let bytes) where JavaHashCode.isByteArray(schema): return MurmurHash3.hash(bytes)
    default: return JavaHashCode.of(value, schema).map { MurmurHash3.hash($0) }
    }
  }
}
