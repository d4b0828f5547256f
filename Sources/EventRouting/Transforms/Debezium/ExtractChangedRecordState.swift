import ConnectData

/// Names in headers the columns that a change gave another value, and those that it did not. Source:
/// `io.debezium.transforms.ExtractChangedRecordState`.
public struct ExtractChangedRecordState: RecordTransform {
  private let changedName: String?
  private let unchangedName: String?

  /// `nil` sends no such header.
  public init(changedName: String?, unchangedName: String?) {
    self.changedName = changedName
    self.unchangedName = unchangedName
  }

  public var copiesHeaders: Bool { false }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    guard DebeziumEnvelope.holds(record), let schema = record.valueSchema?.schema else { return true }
    var changed: [ConnectValue] = []
    var unchanged: [ConnectValue] = []
    if let before = schema.member("before", of: record.value), let after = schema.member("after", of: record.value),
      case .structure(let old) = before.value, case .structure(let new) = after.value
    {
      guard old.count == new.count, old.count == after.schema.fields.count else {
        throw TransformFailure("before and after have other fields than each other")
      }
      for (index, field) in after.schema.fields.enumerated() {
        let isSame = JavaEquality.areEqual(old[index], new[index], field.schema)
        if isSame { unchanged.append(.text(field.name)) } else { changed.append(.text(field.name)) }
      }
    }
    // Also where there is nothing to compare: the lists are empty then.
    add(changedName, changed, to: &record)
    add(unchangedName, unchanged, to: &record)
    return true
  }

  private func add(_ name: String?, _ names: [ConnectValue], to record: inout ConnectRecord) {
    guard let name else { return }
    let schema = ConnectSchema(.array(ConnectSchema(.string, isOptional: true)), isOptional: true, name: name)
    record.headers.append(ConnectHeader(name, .array(names), schema))
  }
}

/// `Objects.equals` of values as Debezium holds them.
enum JavaEquality {
  static func areEqual(_ left: ConnectValue, _ right: ConnectValue, _ schema: ConnectSchema) -> Bool {
    switch (left, right) {
    // By bits, but that all not-a-numbers are one.
    case (.float32(let left), .float32(let right)):
      return left.bitPattern == right.bitPattern || left.isNaN && right.isNaN
    case (.float64(let left), .float64(let right)):
      return left.bitPattern == right.bitPattern || left.isNaN && right.isNaN
    // Two arrays of bytes are never one in Java.
    case (.bytes(let left), .bytes(let right)): return !JavaHashCode.isByteArray(schema) && left == right
    case (.array(let left), .array(let right)):
      guard left.count == right.count, case .array(let element) = schema.kind else { return false }
      return zip(left, right).allSatisfy { areEqual($0, $1, element) }
    case (.map(let left), .map(let right)):
      guard left.count == right.count else { return false }
      return left.allSatisfy { right.contains($0) }
    case (.structure(let left), .structure(let right)):
      return zip(zip(left, right), schema.fields).allSatisfy { areEqual($0.0, $0.1, $1.schema) }
    default: return left == right
    }
  }
}
