import PgOutput
import Primitives
import RelayTestSupport
import Testing

/// Rows of a binary copy become the text that the server would print.
@Suite struct BinaryCopyRowTests {
  private static let header: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0]

  private func row(_ message: [UInt8], _ forms: BinaryForm...) throws(DecodeError) -> [String?]? {
    try BinaryCopy.row(message, forms)
  }

  private func text(_ value: [UInt8], _ form: BinaryForm) throws(DecodeError) -> String? {
    try BinaryCopy.row(BinaryCopy.message(value), [form])?.first ?? nil
  }

  // MARK: The format

  @Test func theFirstRowStandsBehindTheHeader() throws {
    let message = BinaryCopy.message(Array("a".utf8), nil, [])
    #expect(try row(Self.header + message, .text, .text, .text) == ["a", nil, ""])
    #expect(try row(message, .text, .text, .text) == ["a", nil, ""])
  }

  @Test func theEndIsNoRowWithARowBeforeItOrWithout() throws {
    #expect(try row(BinaryCopy.bigEndian(Int16(-1)), .text) == nil)
    #expect(try row(Self.header + BinaryCopy.bigEndian(Int16(-1)), .text) == nil)
  }

  @Test func aHeaderMayHaveAnExtension() throws {
    var header = Self.header
    header[18] = 3
    #expect(try row(header + [7, 7, 7] + BinaryCopy.message([65]), .text) == ["A"])
  }

  @Test func aHeaderOfALaterVersionIsRefused() {
    var header = Self.header
    header[12] = 1
    #expect(throws: DecodeError.unknownTag(1, at: 11)) { try row(header + BinaryCopy.message([65]), .text) }
  }

  @Test func anotherNumberOfColumnsIsRefused() {
    #expect(throws: DecodeError.invalidLength(1, at: 0)) { try row(BinaryCopy.message([65]), .text, .text) }
  }

  @Test func bytesBehindTheRowAreRefused() {
    #expect(throws: DecodeError.trailingBytes(count: 1, at: 7)) { try row(BinaryCopy.message([65]) + [0], .text) }
  }

  @Test func aRowThatEndsTooEarlyIsRefused() {
    #expect(throws: DecodeError.truncated(need: 1, have: 0, at: 6)) {
      try row(Array(BinaryCopy.message([65]).dropLast()), .text)
    }
  }

  @Test func aValueOfAnotherLengthThanItsTypeHasIsRefusedWhereItStands() {
    #expect(throws: DecodeError.truncated(need: 4, have: 2, at: 6)) { try text([0, 1], .int4) }
    #expect(throws: DecodeError.trailingBytes(count: 1, at: 8)) { try text([0, 1, 2], .int2) }
    #expect(throws: DecodeError.invalidLength(15, at: 6)) { try text([UInt8](repeating: 1, count: 15), .uuid) }
  }

  @Test func aRowIsForgottenByTheNextOne() throws {
    var row = CopyRow()
    let forms: [BinaryForm] = [.text, .text]
    #expect(try row.decode(binary: BinaryCopy.message([65], [66]).span.bytes, forms.span))
    #expect(try row.decode(binary: BinaryCopy.message([67]).span.bytes, forms.span.extracting(first: 1)))
    #expect(texts(row.tuple, in: row.bytes.array) == ["C"])
  }

  // MARK: Values

  @Test func integersAndTruthValues() throws {
    #expect(try text([1], .bool) == "t")
    #expect(try text([0], .bool) == "f")
    #expect(try text(BinaryCopy.bigEndian(Int16.min), .int2) == "-32768")
    #expect(try text(BinaryCopy.bigEndian(Int32(42)), .int4) == "42")
    #expect(try text(BinaryCopy.bigEndian(Int64.min), .int8) == "-9223372036854775808")
  }

  @Test func aUUIDHasItsDashes() throws {
    let bytes: [UInt8] = [
      0xA0, 0xEE, 0xBC, 0x99, 0x9C, 0x0B, 0x4E, 0xF8, 0xBB, 0x6D, 0x6B, 0xB9, 0xBD, 0x38, 0x0A, 0x11,
    ]
    #expect(try text(bytes, .uuid) == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")
  }

  @Test(arguments: [0, 1, 15, 16, 17, 32, 33, 47]) func bytesAreHexadecimal(_ count: Int) throws {
    let bytes = (0..<count).map { UInt8($0 * 29 & 255) }
    let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(try text(bytes, .bytea) == "\\x" + digits)
  }

  @Test func jsonbIsItsTextBehindTheVersion() throws {
    #expect(try text([1] + Array("{\"a\": 1}".utf8), .jsonb) == "{\"a\": 1}")
    #expect(throws: DecodeError.unknownTag(2, at: 6)) { try text([2, 0x7B, 0x7D], .jsonb) }
  }

  @Test func numbersHaveTheirDigitsAndNoOthers() throws {
    #expect(try text(BinaryCopy.numeric([], weight: 0, scale: 0), .numeric) == "0")
    #expect(try text(BinaryCopy.numeric([], weight: 0, scale: 2), .numeric) == "0.00")
    #expect(try text(BinaryCopy.numeric([1234, 5600], weight: 0, sign: 0x4000, scale: 2), .numeric) == "-1234.56")
    #expect(try text(BinaryCopy.numeric([1], weight: 1, scale: 0), .numeric) == "10000")
    #expect(try text(BinaryCopy.numeric([7, 0, 5], weight: 2, scale: 1), .numeric) == "700000005.0")
    #expect(try text(BinaryCopy.numeric([12], weight: -2, scale: 8), .numeric) == "0.00000012")
    #expect(try text(BinaryCopy.numeric([5000], weight: -1, scale: 1), .numeric) == "0.5")
    #expect(try text(BinaryCopy.numeric([1, 2345, 6789], weight: 0, scale: 7), .numeric) == "1.2345678")
  }

  @Test func numbersThatAreNone() throws {
    #expect(try text(BinaryCopy.numeric([], weight: 0, sign: 0xC000, scale: 0), .numeric) == "NaN")
    #expect(try text(BinaryCopy.numeric([], weight: 0, sign: 0xD000, scale: 0), .numeric) == "Infinity")
    #expect(try text(BinaryCopy.numeric([], weight: 0, sign: 0xF000, scale: 0), .numeric) == "-Infinity")
  }

  @Test func numbersThatNoServerSendsAreRefused() {
    #expect(throws: DecodeError.invalidLength(10_000, at: 14)) {
      try text(BinaryCopy.numeric([10_000], weight: 0, scale: 0), .numeric)
    }
    #expect(throws: DecodeError.invalidLength(65_535, at: 14)) {
      try text(BinaryCopy.numeric([-1], weight: 0, scale: 0), .numeric)
    }
    #expect(throws: DecodeError.unknownTag(0x20, at: 10)) {
      try text(BinaryCopy.numeric([1], weight: 0, sign: 0x2000, scale: 0), .numeric)
    }
    #expect(throws: DecodeError.invalidLength(0x4000, at: 12)) {
      try text(BinaryCopy.numeric([1], weight: 0, scale: 0x4000), .numeric)
    }
    #expect(throws: DecodeError.invalidLength(2, at: 6)) {
      try text(Array(BinaryCopy.numeric([1, 2], weight: 0, scale: 0).dropLast()), .numeric)
    }
  }

  @Test func daysAndTheirEnds() throws {
    #expect(try text(BinaryCopy.bigEndian(Int32(0)), .date) == "2000-01-01")
    #expect(try text(BinaryCopy.bigEndian(Int32(59)), .date) == "2000-02-29")
    #expect(try text(BinaryCopy.bigEndian(Int32(-730_119)), .date) == "0001-01-01")
    #expect(try text(BinaryCopy.bigEndian(Int32(-730_120)), .date) == "0001-12-31 BC")
    #expect(try text(BinaryCopy.bigEndian(Int32(2_921_940)), .date) == "10000-01-01")
    #expect(try text(BinaryCopy.bigEndian(Int32.max), .date) == "infinity")
    #expect(try text(BinaryCopy.bigEndian(Int32.min), .date) == "-infinity")
  }

  @Test func timesOfDay() throws {
    #expect(try text(BinaryCopy.bigEndian(Int64(0)), .time) == "00:00:00")
    #expect(try text(BinaryCopy.bigEndian(Int64(86_400_000_000)), .time) == "24:00:00")
    #expect(try text(BinaryCopy.bigEndian(Int64(45_296_789_010)), .time) == "12:34:56.78901")
    #expect(throws: DecodeError.invalidLength(-1, at: 6)) { try text(BinaryCopy.bigEndian(Int64(-1)), .time) }
  }

  @Test func instantsAndTheirEnds() throws {
    #expect(try text(BinaryCopy.bigEndian(Int64(1)), .timestamp) == "2000-01-01 00:00:00.000001")
    #expect(try text(BinaryCopy.bigEndian(Int64(-1)), .timestamptz) == "1999-12-31 23:59:59.999999+00")
    #expect(
      try text(BinaryCopy.bigEndian(Int64(-730_120) * 86_400_000_000), .timestamptz) == "0001-12-31 00:00:00+00 BC")
    #expect(try text(BinaryCopy.bigEndian(Int64.max), .timestamp) == "infinity")
    #expect(try text(BinaryCopy.bigEndian(Int64.min), .timestamptz) == "-infinity")
    // No value of the server's, and no reason to end.
    #expect(try text(BinaryCopy.bigEndian(Int64.min + 1), .timestamp) != nil)
  }
}
