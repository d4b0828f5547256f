import Primitives

/// What a record says of its row, as hashes: what is compared between the database and Kafka. Of a change envelope that is
/// `after`; of any other object its members; of any other value the whole.
package struct RecordContent: Sendable, Equatable {
  package enum Kind: UInt8, Sendable {
    case row
    /// The row is gone: a tombstone, or an envelope of a delete.
    case deletion
    /// Every row of the table is gone.
    case truncation
  }

  package struct Field: Sendable, Equatable {
    /// Hash of the name as written.
    var name: UInt64
    var value: UInt64
  }

  var kind: Kind
  var fields: [Field] = []
  /// `source.lsn` of an envelope; 0 without.
  var lsn: UInt64 = 0
  /// `op` of an envelope; 0 without.
  var operation: UInt8 = 0

  /// Beyond so many members a value is compared as a whole.
  static let fieldsMax = 2_000
  static let wholeName = "(value)"
  static let keyName = "(key)"
  static let nullHash = ContentHash.of(Array("null".utf8))

  func value(of name: UInt64) -> UInt64? { fields.first { $0.name == name }?.value }

  /// Over the fields that count, in any order.
  func hash(without ignored: Set<UInt64>) -> UInt64 {
    var sum: UInt64 = UInt64(kind.rawValue)
    // Modulo 2^64 on purpose.
    for field in fields where !ignored.contains(field.name) {
      sum = sum &+ ContentHash.combine(field.name, field.value)
    }
    return sum
  }
}

/// Reads records. Keeps the names that it meets, for the report.
package struct RecordContentReader {
  private(set) var names: [UInt64: String] = [
    ContentHash.of(RecordContent.wholeName): RecordContent.wholeName,
    ContentHash.of(RecordContent.keyName): RecordContent.keyName,
  ]
  /// Payloads may have any number of names; what is beyond is not named in the report.
  private static let namesMax = 20_000

  package init() {}

  package mutating func read(_ value: RawSpan?) -> RecordContent {
    guard let value else { return RecordContent(kind: .deletion) }
    var range = 0..<value.byteCount
    var members = Self.members(value, range)
    if let found = members, found.count == 2, Self.is(value, found[0].name, "schema"),
      Self.is(value, found[1].name, "payload")
    {
      range = found[1].value
      if Self.is(value, range, "null") { return RecordContent(kind: .deletion) }
      members = Self.members(value, range)
    }
    guard let members else { return whole(value.extracting(range)) }
    if let envelope = envelope(value, members) { return envelope }
    let isDeleted = members.contains {
      Self.is(value, $0.name, "__deleted")
        && (Self.is(value, $0.value, "\"true\"") || Self.is(value, $0.value, "true"))
    }
    return RecordContent(kind: isDeleted ? .deletion : .row, fields: fields(value, members))
  }

  private typealias Member = (name: Range<Int>, value: Range<Int>)

  private mutating func envelope(_ value: RawSpan, _ members: [Member]) -> RecordContent? {
    func member(_ name: StaticString) -> Range<Int>? { members.first { Self.is(value, $0.name, name) }?.value }
    guard let operation = member("op"), operation.count == 3, let source = member("source"), member("ts_ms") != nil
    else { return nil }
    var content = RecordContent(kind: .row)
    content.operation = value.byte(at: operation.lowerBound + 1)
    _ = JSONMembers.forEach(value, in: source) { name, number in
      if Self.is(value, name, "lsn") { content.lsn = Self.integer(value, number) ?? 0 }
    }
    let after = member("after")
    if content.operation == UInt8(ascii: "t") {
      content.kind = .truncation
    } else if let after, let columns = Self.members(value, after) {
      content.fields = fields(value, columns)
    } else {
      content.kind = .deletion
    }
    return content
  }

  private mutating func whole(_ value: RawSpan) -> RecordContent {
    RecordContent(
      kind: .row, fields: [.init(name: ContentHash.of(RecordContent.wholeName), value: ContentHash.of(value))])
  }

  private mutating func fields(_ value: RawSpan, _ members: [Member]) -> [RecordContent.Field] {
    var fields: [RecordContent.Field] = []
    fields.reserveCapacity(members.count)
    for member in members {
      let name = value.extracting(member.name)
      let hash = ContentHash.of(name)
      if names[hash] == nil, names.count < Self.namesMax {
        unsafe names[hash] = name.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
      }
      fields.append(.init(name: hash, value: ContentHash.of(value.extracting(member.value))))
    }
    return fields
  }

  /// `nil` for what is no object, or too large a one.
  private static func members(_ text: RawSpan, _ range: Range<Int>) -> [Member]? {
    var members: [Member] = []
    let isObject = JSONMembers.forEach(text, in: range) { name, value in
      if members.count <= RecordContent.fieldsMax { members.append((name, value)) }
    }
    return isObject && members.count <= RecordContent.fieldsMax ? members : nil
  }

  private static func `is`(_ text: RawSpan, _ range: Range<Int>, _ word: StaticString) -> Bool {
    range.count == word.utf8CodeUnitCount && text.extracting(range).equals(word)
  }

  private static func integer(_ text: RawSpan, _ range: Range<Int>) -> UInt64? {
    var value: UInt64 = 0
    for at in range {
      let digit = text.byte(at: at) &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = shifted.addingReportingOverflow(UInt64(digit))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    return range.isEmpty ? nil : value
  }
}
