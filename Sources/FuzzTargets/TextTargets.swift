import ConnectData
import EventRouting
import Primitives

/// Texts inside configuration, and what they are applied to.
extension FuzzTarget {
  static let texts = [
    FuzzTarget("java-pattern") { (bytes) throws(Violation) in
      var input = FuzzInput(bytes)
      let ignoresCase = input.flag()
      let (pattern, replacement, subject) = (input.text(), input.text(), input.text())
      // A match may take exponential time in both languages; patterns are the operator's own.
      guard pattern.utf8.count < 40, subject.utf8.count < 24 else { return }
      let whole = try? JavaReplacement(replacement)
      guard let pattern = try? JavaPattern(pattern, ignoringCase: ignoresCase) else { return }
      if let match = pattern.firstMatch(in: subject) { _ = try? whole?.expanded(with: match) }
      if let match = pattern.wholeMatch(subject) { _ = try? whole?.expanded(with: match) }
    },
    FuzzTarget("date-format") { (bytes) throws(Violation) in
      var input = FuzzInput(bytes)
      let milliseconds: Int64 = input.integer()
      guard let format = try? SimpleDateFormat(input.text()) else { return }
      let text = format.text(of: milliseconds)
      _ = format.milliseconds(of: text, now: 0)
      _ = format.milliseconds(of: input.text(), now: milliseconds)
    },
    FuzzTarget("zone-file") { (bytes) throws(Violation) in
      guard let rules = try? ZoneFile.rules(of: bytes) else { return }
      for instant: Int64 in [-9_000_000_000_000, -2_000_000_000, 0, 1_700_000_000, 4_000_000_000, 9_000_000_000_000] {
        try expect(abs(rules.offset(at: instant)) <= 1 << 32, "an offset of \(rules.offset(at: instant)) s")
        _ = rules.offset(atLocal: instant)
      }
    },
    FuzzTarget("zoned-text") { (bytes) throws(Violation) in
      var input = FuzzInput(bytes)
      guard let rules = ZoneRules(offset: input.text()) else { return }
      let schemas = ["Timestamp", "ZonedTimestamp", "ZonedTime", "IsoTimestamp"].map {
        ConnectSchema(
          $0 == "Timestamp" ? .int64 : .string, isOptional: true, name: "io.debezium.time.\($0)", version: 1)
      }
      let schema = input.choice(of: schemas)
      let value: ConnectValue = schema.kind == .int64 ? .int64(input.integer()) : .text(input.rest())
      var converter = TimezoneConverter(TimezoneConverter.Options(zone: "+00:00"), rules: rules)
      var record = record(value, schema)
      _ = try? converter.apply(&record)
    },
    FuzzTarget("header-literal") { (bytes) throws(Violation) in
      let text = String(decoding: bytes, as: UTF8.self)
      guard let literal = try? HeaderLiteral(text) else { return }
      try expect((try? HeaderLiteral(text)) == literal, "the same text gave something else")
    },
    FuzzTarget("cast") { (bytes) throws(Violation) in
      var input = FuzzInput(bytes)
      let target = input.choice(of: Cast.Target.allCases)
      let isDouble = input.flag()
      let schema = ConnectSchema(isDouble ? .float64 : .string)
      let value: ConnectValue = isDouble ? .float64(Double(bitPattern: input.integer())) : .text(input.rest())
      guard let specification = Cast.Specification(["a:\(target.rawValue)"]) else { return }
      var cast = Cast(Cast.Options(part: .value, specification))
      var record = record(value, schema)
      _ = try? cast.apply(&record)
    },
    FuzzTarget("lsn") { (bytes) throws(Violation) in
      guard let lsn = LSN(String(decoding: bytes, as: UTF8.self)) else { return }
      try expect(LSN(lsn.description) == lsn, "\(lsn) is not what was printed")
    },
  ]

  /// A record whose value has one field `a`.
  private static func record(_ value: ConnectValue, _ schema: ConnectSchema) -> ConnectRecord {
    ConnectRecord(
      topic: "t", keySchema: nil, key: .null,
      valueSchema: SharedSchema(ConnectSchema(.structure([ConnectField("a", schema)]))), value: .structure([value]))
  }
}
