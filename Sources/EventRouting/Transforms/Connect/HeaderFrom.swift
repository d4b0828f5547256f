import ConnectData

/// Copies or moves fields of the key or value into headers. Source: `org.apache.kafka.connect.transforms.HeaderFrom`.
public struct HeaderFrom: RecordTransform {
  public enum Operation: String, Sendable, CaseIterable {
    case copy, move
  }

  public struct Options: Sendable, Hashable {
    public var part: RecordPart
    /// As many as there are headers, each for the header at its place.
    public var fields: [String]
    public var headers: [String]
    public var operation: Operation
    public var replacesNullWithDefault: Bool

    public init(
      part: RecordPart, fields: [String], headers: [String], operation: Operation, replacesNullWithDefault: Bool = true
    ) {
      precondition(fields.count == headers.count, "configuration gives a header for each field")
      self.part = part
      self.fields = fields
      self.headers = headers
      self.operation = operation
      self.replacesNullWithDefault = replacesNullWithDefault
    }
  }

  private struct Plan {
    /// Of the fields that go to headers, in their order.
    var taken: [Int]
    /// Of those that stay.
    var kept: [Int]
    var schema: SharedSchema
  }

  private let options: Options
  private var plans = SchemaCache<Plan>()

  public init(_ options: Options) { self.options = options }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    let part = options.part
    guard let schema = record.schema(of: part) else {
      try applyWithoutSchema(&record)
      return true
    }
    let values = try record.structure(of: part, for: "HeaderFrom")
    let options = options
    let plan = try plans.made(of: schema) { (source) throws(TransformFailure) in
      try HeaderFrom.plan(options, source, shared: schema)
    }
    let fields = schema.schema.fields
    func value(_ index: Int) -> ConnectValue {
      options.replacesNullWithDefault ? values[index].orDefault(of: fields[index].schema) : values[index]
    }
    for (header, index) in zip(options.headers, plan.taken) {
      record.headers.append(ConnectHeader(header, value(index), fields[index].schema))
    }
    guard options.operation == .move else { return true }
    var kept: [ConnectValue] = []
    for index in plan.kept { kept.append(try fields[index].checked(value(index), for: "HeaderFrom")) }
    record.set(part, to: .structure(kept), plan.schema)
    return true
  }

  private static func plan(
    _ options: Options, _ schema: ConnectSchema, shared: SharedSchema
  ) throws(TransformFailure) -> Plan {
    var taken: [Int] = []
    for name in options.fields {
      guard let index = schema.fieldIndex(name) else { throw TransformFailure("HeaderFrom: there is no field \(name)") }
      taken.append(index)
    }
    guard options.operation == .move else { return Plan(taken: taken, kept: [], schema: shared) }
    let kept = schema.fields.indices.filter { !taken.contains($0) }
    let made = schema.basics(.structure(kept.map { schema.fields[$0] }))
    return Plan(taken: taken, kept: kept, schema: SharedSchema(made))
  }

  private func applyWithoutSchema(_ record: inout ConnectRecord) throws(TransformFailure) {
    let entries = try record.map(of: options.part, for: "HeaderFrom")
    var updated = JavaHashMap(copying: entries)
    for (field, header) in zip(options.fields, options.headers) {
      record.headers.append(ConnectHeader(header, entries.value(field), nil))
      if options.operation == .move { updated.remove(field) }
    }
    record.set(options.part, to: .map(updated.entries), nil)
  }
}
