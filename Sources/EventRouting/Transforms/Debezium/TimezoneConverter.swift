import ConnectData
import Primitives

/// Moves the times of a change to another time zone. Source: `io.debezium.transforms.TimezoneConverter`.
///
/// A time with a zone names the same instant by another offset; one without is taken for a time of the new zone, so that
/// it becomes another instant. Whole tables, topics or fields are named in lists.
public struct TimezoneConverter: RecordTransform {
  public struct Options: Sendable, Hashable {
    /// `converted.timezone`: `+08:00` or `America/Los_Angeles`.
    public var zone: String
    /// At most one of both lists has entries.
    public var include: [ZoneRule]
    public var exclude: [ZoneRule]

    public init(zone: String, include: [ZoneRule] = [], exclude: [ZoneRule] = []) {
      self.zone = zone
      self.include = include
      self.exclude = exclude
    }
  }

  private enum Selection {
    case all
    case only(Set<String>)
    case allBut(Set<String>)

    func takes(_ field: String) -> Bool {
      switch self {
      case .all: true
      case .only(let fields): fields.contains(field)
      case .allBut(let fields): !fields.contains(field)
      }
    }
  }

  private let options: Options
  private let rules: ZoneRules
  private let lists: ZoneRuleTable

  public init(_ options: Options, rules: ZoneRules) {
    self.options = options
    self.rules = rules
    lists = ZoneRuleTable(options.exclude.isEmpty ? options.include : options.exclude)
  }

  public var copiesHeaders: Bool { false }

  public mutating func apply(_ record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    guard DebeziumEnvelope.holds(record), let shared = record.valueSchema else { return true }
    let schema = shared.schema
    guard case .structure(var values) = record.value else { return true }
    var table: String?
    if let source = schema.member("source", of: record.value),
      case .text(let name)? = source.schema.member("table", of: source.value)?.value
    {
      table = String(decoding: name, as: UTF8.self)
    }
    let found = lists.fields(topic: record.topic, table: table)
    let fields = found ?? []
    let selection: (Set<String>) -> Selection
    if options.include.isEmpty && options.exclude.isEmpty {
      selection = { _ in .all }
    } else if !options.include.isEmpty {
      guard found != nil else { return true }
      selection = { fields.isEmpty ? .all : .only($0) }
    } else {
      if found != nil, fields.isEmpty { return true }
      selection = { found == nil ? .all : .allBut($0) }
    }
    var now: Int64 = 0
    if case .int64(let milliseconds)? = schema.member("ts_ms", of: record.value)?.value { now = milliseconds }
    for (index, field) in schema.fields.enumerated() {
      guard let named = named(field.name, fields), case .structure(var inner) = values[index] else { continue }
      // The source block is left alone unless fields of it are named.
      if field.name == "source", named.isEmpty { continue }
      let taken = selection(named)
      for (place, member) in field.schema.fields.enumerated() where taken.takes(member.name) {
        let value = inner[place].orDefault(of: member.schema)
        if value == .null { continue }
        if let converted = try converted(value, member, isSource: field.name == "source", now: now) {
          inner[place] = converted
        }
      }
      values[index] = .structure(inner)
    }
    record.set(.value, to: .structure(values), shared)
    return true
  }

  /// Of the fields that a list names, those of one part of the envelope; `nil` where that has no times to convert.
  private func named(_ part: String, _ fields: Set<String>) -> Set<String>? {
    guard part == "before" || part == "after" || part == "source" else { return nil }
    let prefixes = ["source.", "before.", "after."]
    var named: Set<String> = []
    for field in fields {
      if let prefix = prefixes.first(where: { field.hasPrefix($0) }) {
        if prefix == part + "." { named.insert(String(field.dropFirst(prefix.count))) }
      } else if part != "source" {
        named.insert(field)
      }
    }
    return named
  }

  /// `nil` where the field is no time, or one without a date.
  private func converted(
    _ value: ConnectValue, _ field: ConnectField, isSource: Bool, now: Int64
  ) throws(TransformFailure) -> ConnectValue? {
    switch (field.schema.name, value) {
    case ("io.debezium.time.ZonedTimestamp", .text(let text)):
      guard var time = OffsetDateTimeText(timestamp: text) else { throw unread(field) }
      time.move(to: rules.offset(atLocal: time.localSeconds))
      return .text(time.text)
    case ("io.debezium.time.ZonedTime", .text(let text)):
      guard var time = OffsetDateTimeText(time: text) else { throw unread(field) }
      time.move(to: rules.offset(at: floorDiv(now, 1000)))
      return .text(time.text)
    case ("io.debezium.time.MicroTimestamp", .int64(let number)):
      return .int64(number &- rules.offset(atLocal: floorDiv(number, 1_000_000)) &* 1_000_000)
    case ("io.debezium.time.NanoTimestamp", .int64(let number)):
      return .int64(number &- rules.offset(atLocal: floorDiv(number, 1_000_000_000)) &* 1_000_000_000)
    case ("io.debezium.time.Timestamp", .int64(let number)),
      ("org.apache.kafka.connect.data.Timestamp", .int64(let number)):
      let (moved, overflow) = number.subtractingReportingOverflow(rules.offset(atLocal: floorDiv(number, 1000)) * 1000)
      if overflow { throw unread(field) }
      return .int64(moved)
    case (nil, .int64(let number)) where isSource:
      let unit: Int64 =
        switch field.name {
        case "ts_ms": 1000
        case "ts_us": 1_000_000
        case "ts_ns": 1_000_000_000
        default: 0
        }
      return unit == 0 ? nil : .int64(number &+ rules.offset(at: floorDiv(number, unit)) &* unit)
    default: return nil
    }
  }

  private func unread(_ field: ConnectField) -> TransformFailure {
    TransformFailure("TimezoneConverter: \(field.name) holds no time that Java can read, such as infinity")
  }
}
