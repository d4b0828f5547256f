import Testing

@testable import Primitives

@Suite struct LSNTests {
  @Test func printsAsPostgresDoes() {
    #expect(LSN(rawValue: 0x16_B374_D848).description == "16/B374D848")
    #expect(LSN(rawValue: 0).description == "0/0")
  }

  @Test func parsesWhatItPrints() {
    for raw: UInt64 in [0, 1, 0xFFFF_FFFF, 0x1_0000_0000, .max] {
      #expect(LSN(LSN(rawValue: raw).description) == LSN(rawValue: raw))
    }
  }

  @Test(arguments: ["", "/", "1/", "/1", "1/2/3", "123456789/0", "g/0", "0/-1", "0 /1"])
  func refusesWhatIsNoPosition(_ text: String) {
    #expect(LSN(text) == nil)
  }

  @Test func distanceBackwardsIsZero() {
    #expect(LSN(rawValue: 5).bytes(since: LSN(rawValue: 9)) == 0)
    #expect(LSN(rawValue: 9).bytes(since: LSN(rawValue: 5)) == 4)
  }
}

@Suite struct ByteWriterTests {
  @Test(arguments: [0, 1, -1, 9, 10, 99, 100, Int64.max, Int64.min, 1_000_000_007])
  func decimalDigitsAreTheNumbersOwn(_ value: Int64) {
    var out = ByteWriter(minimumCapacity: 16)
    out.append(decimal: value)
    let text = String(decoding: out.array, as: UTF8.self)
    #expect(text == String(value))
  }

  @Test func paddedDecimalHasAtLeastItsWidth() {
    var out = ByteWriter()
    out.append(decimal: 7, width: 3)
    out.append(decimal: 12_345, width: 3)
    let text = String(decoding: out.array, as: UTF8.self)
    #expect(text == "00712345")
  }

  @Test func growingKeepsWhatIsThere() {
    var out = ByteWriter(minimumCapacity: 16)
    var expected: [UInt8] = []
    for value in 0..<1_000 {
      out.append(UInt8(truncatingIfNeeded: value))
      expected.append(UInt8(truncatingIfNeeded: value))
    }
    out.append(expected)
    let written = out.array
    #expect(written == expected + expected)
  }

  @Test func shrinkingKeepsWhatIsThere() {
    var out = ByteWriter(minimumCapacity: 4096)
    out.append("abc")
    out.shrink(to: 16)
    out.append(Array(repeating: 1, count: 100))
    let written = out.array
    #expect(written == [97, 98, 99] + Array(repeating: 1, count: 100))
  }

  @Test(arguments: [0, -1, Int.min])
  func shrunkToNothingItGrowsAgain(limit: Int) {
    var record = EncodedRecord()
    record.bytes.append("abc")
    record.clear(keepingAtMost: limit)
    // It can double what it has.
    let capacity = record.bytes.capacity
    #expect(capacity == 16)
    guard capacity > 0 else { return }
    record.bytes.append(Array(repeating: 1, count: 100))
    let written = record.bytes.array
    #expect(written == Array(repeating: 1, count: 100))
  }

  @Test func aRecordKeepsTheHeadersOfItsBlockUntilItGetsAnother() {
    func block(_ text: StaticString) -> HeaderBlock {
      var record = EncodedRecord()
      record.bytes.append(text)
      record.headers = [.init(name: 0..<1, value: 2..<record.bytes.count)]
      return HeaderBlock(of: record)
    }
    let (first, second) = (block("a\0b"), block("c\0long"))
    var record = EncodedRecord()
    for wanted in [first, first, second, nil, first, nil, nil, second] {
      record.begin(with: wanted)
      let begun = record.bytes.array
      #expect(begun == wanted?.bytes ?? [])
      #expect(record.headers == wanted?.headers ?? [])
      record.bytes.append("xyz")
      record.headers.append(.init(name: 0..<1, value: nil))
      record.key = 0..<1
      record.clear()
      #expect(record.key == nil)
    }
    record.append(first)
    #expect(record.headers == second.headers + [.init(name: 6..<7, value: 8..<9)])
    let both = record.bytes.array
    #expect(both == second.bytes + first.bytes)
    record.removeAll()
    #expect(record.headers.isEmpty && record.byteCount == 0 && record.block == nil)
  }

  @Test func whatIsWrittenIsAppendedAgain() {
    var out = ByteWriter(minimumCapacity: 16)
    out.append("0123456789abcdef")
    out.append(again: 10..<16)
    out.append(again: 0..<0)
    let written = out.array
    #expect(written == Array("0123456789abcdefabcdef".utf8))
  }

  @Test func bigEndianPutsTheHighByteFirst() {
    var out = ByteWriter()
    out.append(bigEndian: UInt32(0x0102_0304))
    let written = out.array
    #expect(written == [1, 2, 3, 4])
  }
}

@Suite struct PostgresTimestampTests {
  @Test func epochsAreThirtyYearsApart() {
    #expect(PostgresTimestamp(microsecondsSince2000: 0).unixMicroseconds == 946_684_800_000_000)
    #expect(PostgresTimestamp(unixMicroseconds: 0).microsecondsSince2000 == -946_684_800_000_000)
  }

  @Test func endsOfTheRangeSaturate() {
    #expect(PostgresTimestamp(microsecondsSince2000: .max).unixMicroseconds == .max)
    #expect(PostgresTimestamp(unixMicroseconds: .min).microsecondsSince2000 == .min)
  }
}
