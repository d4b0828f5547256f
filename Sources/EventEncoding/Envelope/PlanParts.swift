import ConnectData
import PgOutput
import Primitives

/// What the plans of several tables hold alike, once: of thousands of tables most begin with `id bigint NOT NULL`, and
/// partitions and the tables of tenants have the same columns throughout.
struct PlanParts {
  /// What the row path needs of a table's columns; those and the key's are its only inputs.
  private struct RowSteps {
    let lists: ColumnLists
    let steps: [ColumnStep]
    let keySteps: [ColumnStep]
    let bytes: [UInt8]
  }

  private var codecs: Set<CodecContent> = []
  private var columns: Set<PlanContent> = []
  private var lists: [ColumnLists: RowSteps] = [:]
  private var relationColumns: Set<[Relation.Column]> = []

  /// The codec, or one like it.
  mutating func shared(_ codec: ColumnCodec) -> ColumnCodec {
    codec.isShareable ? codecs.insert(CodecContent(codec: codec)).memberAfterInsert.codec : codec
  }

  /// The column, or one like it.
  mutating func shared(_ column: ColumnPlan) -> ColumnPlan {
    column.isShareable ? columns.insert(PlanContent(column: column)).memberAfterInsert.column : column
  }

  mutating func shared(_ relation: Relation) -> Relation {
    Relation(
      oid: relation.oid, schema: relation.schema, name: relation.name, replicaIdentity: relation.replicaIdentity,
      columns: relationColumns.insert(relation.columns.trimmed).memberAfterInsert)
  }

  /// Columns and key of a table, and the steps of both with the bytes that their ranges are of.
  mutating func rows(
    _ columns: [ColumnPlan], key: [ColumnPlan]
  ) -> (columns: [ColumnPlan], key: [ColumnPlan], steps: [ColumnStep], keySteps: [ColumnStep], bytes: [UInt8]) {
    let wanted = ColumnLists(columns: columns, key: key)
    let rows = lists[wanted] ?? make(wanted)
    return (rows.lists.columns, rows.lists.key, rows.steps, rows.keySteps, rows.bytes)
  }

  private mutating func make(_ wanted: ColumnLists) -> RowSteps {
    var bytes: [UInt8] = []
    let steps = wanted.columns.map { ColumnStep($0, appendingTo: &bytes) }
    let keySteps = wanted.key.map { ColumnStep($0, appendingTo: &bytes) }
    bytes += repeatElement(0, count: ByteWriter.pieceBytesMin)
    let kept = ColumnLists(columns: wanted.columns.trimmed, key: wanted.key.trimmed)
    let rows = RowSteps(lists: kept, steps: steps, keySteps: keySteps, bytes: bytes.trimmed)
    if kept.isShareable { lists[kept] = rows }
    return rows
  }
}

extension Array {
  /// In memory of its own size; one that grew has up to twice of it.
  fileprivate var trimmed: [Element] {
    capacity == count ? self : map { $0 }
  }
}

/// Texts that are equal to Swift, as a letter with an accent is to the same in two characters, may be of different bytes.
extension String {
  fileprivate func hasBytes(of other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension [ConnectParameter] {
  fileprivate func haveBytes(of others: [ConnectParameter]) -> Bool {
    elementsEqual(others) { $0.name.hasBytes(of: $1.name) && $0.value.hasBytes(of: $1.value) }
  }
}

extension ColumnCodec {
  /// Floating-point numbers that are equal may be written differently: `-0.0`.
  fileprivate var isShareable: Bool {
    switch schema.defaultValue {
    case nil, .null, .boolean, .int8, .int16, .int32, .int64, .text, .bytes, .decimal: true
    case .float32, .float64, .array, .map, .structure: false
    }
  }
}

extension ColumnPlan {
  /// Masks are few, and not worth comparing.
  fileprivate var isShareable: Bool { mask == nil && codec.isShareable }
}

/// Codecs with the same content do the same.
private struct CodecContent: Hashable {
  let codec: ColumnCodec

  static func == (one: Self, other: Self) -> Bool {
    one.codec.form == other.codec.form && one.codec.options == other.codec.options
      && one.codec.schema == other.codec.schema
      && one.codec.schema.parameters.haveBytes(of: other.codec.schema.parameters)
      && one.codec.absentValue == other.codec.absentValue
      && one.codec.unavailable == other.codec.unavailable
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(codec.schema.name)
    hasher.combine(codec.schema.isOptional)
    hasher.combine(codec.absentJSON)
    for parameter in codec.schema.parameters { hasher.combine(parameter.value) }
  }
}

/// Two columns at the same place, of the same name and codec.
private struct PlanContent: Hashable {
  let column: ColumnPlan

  static func == (one: Self, other: Self) -> Bool {
    one.column.name.hasBytes(of: other.column.name) && one.column.tupleIndex == other.column.tupleIndex
      && one.column.isFirst == other.column.isFirst && one.column.codec === other.column.codec
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(column.name)
    hasher.combine(column.tupleIndex)
    hasher.combine(column.isFirst)
    hasher.combine(ObjectIdentifier(column.codec))
  }
}

/// The same columns in the same order.
private struct ColumnLists: Hashable {
  let columns: [ColumnPlan]
  let key: [ColumnPlan]

  var isShareable: Bool { columns.allSatisfy(\.isShareable) && key.allSatisfy(\.isShareable) }

  static func == (one: Self, other: Self) -> Bool {
    one.columns.elementsEqual(other.columns, by: ===) && one.key.elementsEqual(other.key, by: ===)
  }

  func hash(into hasher: inout Hasher) {
    for column in columns { hasher.combine(ObjectIdentifier(column)) }
    hasher.combine(key.count)
    for column in key { hasher.combine(ObjectIdentifier(column)) }
  }
}
