import ConnectData
import EventEncoding
import EventRouting
import Foundation
import RelayTestSupport
import Testing

/// Random rows of the types of the fintech schema: an envelope is valid JSON by another reader's judgement, and gives the
/// values back. `TEST_SEED` repeats a run.
@Suite struct RandomRowsTests {
  /// A value as the server prints it and as the envelope must show it.
  private struct Sample {
    let wire: WireBuilder.Value
    let isExpected: (Any?) -> Bool
  }

  private static let rows = 400
  private static let columns = [
    column("id", "uuid", notNull: true), column("t", "text"),
    column("c", "bpchar", modifier: TestTypes.characters(3)),
    column("n", "numeric", modifier: TestTypes.numeric(18, 2)), column("i", "int4"), column("l", "int8"),
    column("d", "date"), column("z", "timestamptz"), column("j", "jsonb"), column("a", "inet"), column("b", "bool"),
  ]

  private func seed() -> UInt64 {
    ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
  }

  private static func sameText(_ value: Any?, _ expected: String) -> Bool {
    // Scalar by scalar: Swift's and Foundation's equality see through composition.
    (value as? String).map { Array($0.unicodeScalars) == Array(expected.unicodeScalars) } ?? false
  }

  private static func text(_ wire: String, _ expected: String? = nil) -> Sample {
    Sample(wire: .text(wire)) { sameText($0, expected ?? wire) }
  }

  private static func integer(_ wire: String, _ expected: Int64) -> Sample {
    Sample(wire: .text(wire)) { ($0 as? NSNumber)?.int64Value == expected && !($0 is String) }
  }

  /// Characters of every escaping class; no NUL, which PostgreSQL has not, and no U+FEFF, which Foundation's reader drops
  /// behind an escape.
  private static func randomText(_ random: inout SeededRandom) -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...20, using: &random) {
      let range: ClosedRange<UInt32> =
        switch Int.random(in: 0..<8, using: &random) {
        case 0: 1...0x1F
        case 1: 0x22...0x22
        case 2: 0x5C...0x5C
        case 3: 0x7F...0x7FF
        case 4: 0x2027...0x202A
        case 5: 0xE000...0xFEFE
        case 6: 0x1_0000...0x10_FFFF
        default: 0x20...0x7E
        }
      text.append(Unicode.Scalar(UInt32.random(in: range, using: &random)) ?? "?")
    }
    return String(text)
  }

  private static func digits(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }

  private static func date(_ days: Int) -> String {
    var time = time_t(days * 86_400)
    var parts = tm()
    gmtime_r(&time, &parts)
    return
      "\(digits(Int(parts.tm_year) + 1900, 4))-\(digits(Int(parts.tm_mon) + 1, 2))-\(digits(Int(parts.tm_mday), 2))"
  }

  private static func timestamp(_ random: inout SeededRandom) -> Sample {
    let date = date(Int.random(in: -25_000...40_000, using: &random))
    let clock = [24, 60, 60].map { digits(Int.random(in: 0..<$0, using: &random), 2) }.joined(separator: ":")
    let microseconds = digits(Int.random(in: 0..<1_000_000, using: &random), 6)
    var printed = random.oneIn(3) ? "000000" : microseconds
    let full = printed
    while printed.hasSuffix("0") { printed.removeLast() }
    return text("\(date) \(clock)\(printed.isEmpty ? "" : ".")\(printed)+00", "\(date)T\(clock).\(full)Z")
  }

  /// `numeric(18,2)`: text, or base64 of the unscaled value's shortest two's complement, in `precise` mode.
  private static func numeric(_ random: inout SeededRandom, isPrecise: Bool) -> Sample {
    let bits = Int.random(in: 1...59, using: &random)
    let unscaled = Int64.random(in: -(1 << bits)...(1 << bits), using: &random)
    let magnitude = Int(unscaled.magnitude)
    let printed = "\(unscaled < 0 ? "-" : "")\(magnitude / 100).\(digits(magnitude % 100, 2))"
    guard isPrecise else { return text(printed) }
    return Sample(wire: .text(printed)) { value in
      guard let base64 = value as? String, let bytes = Data(base64Encoded: base64), let first = bytes.first else {
        return false
      }
      var decoded: Int64 = first >= 0x80 ? -1 : 0
      for byte in bytes { decoded = decoded << 8 | Int64(byte) }
      let isShortest = bytes.count == 1 || (first != 0 && first != 0xFF) || (first ^ bytes[1]) & 0x80 != 0
      return decoded == unscaled && isShortest
    }
  }

  private static func row(_ random: inout SeededRandom, isPrecise: Bool) -> [Sample] {
    let id = "00000000-0000-4000-8000-" + digits(Int.random(in: 0..<1_000_000_000_000, using: &random), 12)
    var bpchar = String("ABCDEFGH".randomElement(using: &random)!)
    while bpchar.count < 3 { bpchar += " " }
    let int = Int32(truncatingIfNeeded: random.next())
    let long = Int64(truncatingIfNeeded: random.next()) >> Int64.random(in: 0..<64, using: &random)
    let days = Int.random(in: -25_000...40_000, using: &random)
    let flag = random.oneIn(2)
    let json = "{\"k\": \"" + randomText(&random).filter { $0 != "\"" && $0 != "\\" } + "\"}"
    let samples = [
      text(id), text(randomText(&random)), text(bpchar), numeric(&random, isPrecise: isPrecise),
      integer(String(int), Int64(int)), integer(String(long), long), integer(date(days), Int64(days)),
      timestamp(&random), text(json), text("10.\(Int.random(in: 0...255, using: &random)).0.1"),
      Sample(wire: flag ? "t" : "f") { ($0 as? Bool) == flag },
    ]
    return samples.enumerated().map { index, sample in
      index > 0 && random.oneIn(5) ? Sample(wire: nil) { $0 is NSNull } : sample
    }
  }

  @Test(arguments: [ValueOptions.DecimalHandling.string, .precise])
  func envelopesAreValidJsonAndGiveTheValuesBack(decimal: ValueOptions.DecimalHandling) throws {
    let seed = seed()
    var random = SeededRandom(seed: seed)
    var options = try PipelineRun.options()
    options.values.decimal = decimal
    let run = PipelineRun(options)
    let table = TestTable(1, "random", key: ["id"], Self.columns)
    try run.begin()
    try run.describe(table)
    var expected: [[Sample]] = []
    for number in 0..<Self.rows {
      expected.append(Self.row(&random, isPrecise: decimal == .precise))
      try run.receive(WireBuilder.insert(1, expected[number].map(\.wire)), at: UInt64(number))
    }
    try #require(run.records.count == Self.rows)
    for (samples, record) in zip(expected, run.records) {
      let value = try #require(record.value)
      let envelope = try #require(
        try JSONSerialization.jsonObject(with: Data(value)) as? [String: Any], "seed \(seed)")
      let after = try #require(envelope["after"] as? [String: Any])
      #expect(after.count == samples.count)
      for (column, sample) in zip(Self.columns, samples) where !sample.isExpected(after[column.name]) {
        Issue.record("seed \(seed), column \(column.name): \(sample.wire) became \(after[column.name] ?? "nothing")")
      }
      let keyBytes = try #require(record.key)
      let key = try JSONSerialization.jsonObject(with: Data(keyBytes)) as? [String: String]
      #expect(samples[0].isExpected(key?["id"]))
    }
  }

  @Test func expandedPayloadsAreValidJsonWhateverTheirText() throws {
    let seed = seed()
    var random = SeededRandom(seed: seed)
    let kind = try RecordedOutboxTests.eventRouter { $0.expandsJSONPayload = true }
    let run = PipelineRun(
      try PipelineRun.options(
        key: .string, transforms: [TransformStep(alias: "o", kind: kind, predicate: nil)]))
    try run.begin()
    let outbox = RecordedOutboxTests.outbox("outbox")
    for number in 0..<Self.rows {
      let text = Self.randomText(&random)
      let payload = String(
        decoding: try JSONSerialization.data(withJSONObject: ["k": text, "n": number]), as: UTF8.self)
      try run.insert(
        outbox, "00000000-0000-4000-8000-000000000001", "T", .text(text), "t", .text(payload))
      let record = run.records[number]
      #expect(record.key == Array(text.utf8))
      let bytes = try #require(record.value)
      let value = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any], "seed \(seed)")
      #expect(Self.sameText(value["k"], text), "seed \(seed)")
      #expect((value["n"] as? NSNumber)?.intValue == number)
    }
  }
}
