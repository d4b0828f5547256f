import ConnectData
import EventRouting
import PgOutput
import Primitives
import RelayTestSupport
import Testing

@testable import EventEncoding

/// Expected hashes are recorded from Debezium 3.6.3.Final.
@Suite struct ColumnMaskTests {
  private let table = TestTable(
    1, "t", key: ["id"],
    [
      column("id", "text", notNull: true), column("v", "varchar", modifier: TestTypes.characters(5)),
      column("b", "bytea"), column("n", "text", notNull: true),
    ])

  private func run(_ masks: [(patterns: [String], mask: ColumnMask)]) throws -> PipelineRun {
    var options = try PipelineRun.options()
    options.columnMasks = try ColumnMasks(masks)
    return PipelineRun(options)
  }

  private func after(_ mask: ColumnMask, _ values: WireBuilder.Value...) throws -> String {
    let run = try run([(["public.t.*"], mask)])
    try run.transaction(7, at: 0, end: 200) {
      try run.insert(table, values[0], values[1], values[2], values[3])
    }
    let text = try #require(run.records[0].valueText)
    let start = try #require(text.firstRange(of: "\"after\":")).upperBound
    let end = try #require(text.firstRange(of: ",\"source\"")).lowerBound
    return String(text[start..<end])
  }

  @Test func asterisksHideTextsAndNullsAlikeAndLeaveOtherTypes() throws {
    #expect(
      try after(.asterisks(count: 3), "a", nil, #"\x0102"#, "") == #"{"id":"***","v":"***","b":"AQI=","n":"***"}"#)
  }

  @Test func textsAreCutInUTF16UnitsAndBytesInBytes() throws {
    #expect(
      try after(.truncate(length: 3), "ab😀", "äöüß", #"\x01020304"#, "😀")
        == #"{"id":"ab\uD83D","v":"äöü","b":"AQID","n":"\uD83D\uDE00"}"#)
  }

  @Test func aColumnThatIsNoLongerThanTheCutIsNotTouched() throws {
    #expect(try after(.truncate(length: 5), "a", "abcde", nil, "") == #"{"id":"a","v":"abcde","b":null,"n":""}"#)
  }

  @Test func hashesAreCutToTheColumnsLengthAndNullStaysNull() throws {
    let mask = ColumnMask.hash(.sha256, salt: Array("abc".utf8), form: .serialized)
    let digits = hash(mask, "")
    #expect(
      try after(mask, "", "", #"\x01"#, "")
        == #"{"id":"\#(digits)","v":"\#(digits.prefix(5))","b":"AQ==","n":"\#(digits)"}"#)
    #expect(try after(mask, "a", nil, nil, "a").contains(#""v":null"#))
  }

  private func hash(_ mask: ColumnMask, _ text: String) -> String {
    let column = MaskedColumn(mask, of: column("c", "text"), length: .max, schema: ConnectSchema(.string))
    guard case .text(let digits) = column.apply(.text(Array(text.utf8))) else { return "" }
    return String(decoding: digits, as: UTF8.self)
  }

  @Test func theFirstFormHashesAJavaStringAsItIsSerialized() {
    let mask = ColumnMask.hash(.sha256, salt: Array("abc".utf8), form: .serialized)
    #expect(hash(mask, "n") == "b121c40e808fd40cb5a21aebdbbfaed8c193dc44fe8ffe35b848b760a4a912d9")
    #expect(hash(mask, "a😀b'\"\\é") == "030d559b120e6f548f35262ce297b1ba58701edf38d77c93c3d477e1f759ef7f")
    // More than 65,535 bytes have another tag and a longer length.
    #expect(
      hash(mask, String(repeating: "ü", count: 40_000))
        == "29fe5547de2e41c2afc9f4f8f7d1749bb98ba34bcd6903e3bb11b720b20fe863")
  }

  @Test func theSecondFormHashesTheTextItself() {
    #expect(
      hash(.hash(.sha1, salt: Array("a.b c.with.salt.d".utf8), form: .text), "aaaaa")
        == "fc47ceda05a3cd3c7094a3b76513187e9746f33e")
  }

  @Test func theKeyIsNeverMasked() throws {
    let run = try run([(["public.t.*"], .asterisks(count: 2))])
    try run.transaction(7, at: 0, end: 200) {
      try run.update(table, old: ("K", ["k", nil, nil, nil]), "l", nil, nil, "")
    }
    #expect(
      run.records.map { $0.key.map { String(decoding: $0, as: UTF8.self) } } == [
        #"{"id":"k"}"#, #"{"id":"k"}"#, #"{"id":"l"}"#,
      ])
  }

  @Test func cutsComeBeforeAsterisksAndTheseBeforeHashes() throws {
    let masks = try ColumnMasks([
      (["public.t.a"], .hash(.md5, salt: [], form: .text)), (["public.t.a"], .hash(.md5, salt: [], form: .serialized)),
      (["public.t.[ab]"], .asterisks(count: 2)), (["public.t.b"], .truncate(length: 1)),
      (["public.t.b"], .truncate(length: 2)),
    ])
    let table = TableID(schema: "public", name: "t")
    #expect(masks.mask(of: "a", in: table) == .asterisks(count: 2))
    #expect(masks.mask(of: "B", in: table) == .truncate(length: 1))
    #expect(masks.mask(of: "c", in: table) == nil)
  }
}
