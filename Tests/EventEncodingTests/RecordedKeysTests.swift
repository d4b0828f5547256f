import ConnectData
import EventEncoding
import Primitives
import RelayTestSupport
import Testing

/// Keys, replica identities and old rows, byte for byte as Debezium 3.6.3 sent them.
@Suite struct RecordedKeysTests {
  private let comp = TestTable(
    1, "comp", key: ["b", "a"],
    [column("a", "int4", notNull: true), column("b", "text", notNull: true), column("c", "date"), column("v", "text")])
  private let nopk = TestTable(2, "nopk", key: [], [column("v", "text"), column("n", "int4")])
  private let nopkFull = TestTable(3, "nopk_full", key: [], [column("v", "text"), column("n", "int4")])
  private let nopkNothing = TestTable(4, "nopk_nothing", key: [], [column("v", "text")])
  private let uniqOnly = TestTable(
    5, "uniq_only", key: ["u"], [column("u", "int4", notNull: true), column("v", "text")])
  private let uniqIdent = TestTable(
    6, "uniq_ident", key: ["w", "u"],
    [column("u", "int4", notNull: true), column("w", "int4", notNull: true), column("v", "text")])
  private let pkFull = TestTable(
    7, "pk_full", key: ["id"],
    [column("id", "int4", notNull: true), column("v", "text"), column("nn", "int4", notNull: true)])
  private let pkNotNull = TestTable(
    8, "pk_nn", key: ["id"],
    [
      column("id", "int4", notNull: true), column("t", "text", notNull: true), column("n", "int4", notNull: true),
      column("n8", "int8", notNull: true), column("s", "int2", notNull: true), column("d", "float8", notNull: true),
      column("r", "float4", notNull: true), column("b", "bool", notNull: true),
      column("num", "numeric", modifier: TestTypes.numeric(8, 2), notNull: true),
      column("numv", "numeric", notNull: true), column("ts", "timestamp", notNull: true),
      column("tz", "timestamptz", notNull: true), column("dt", "date", notNull: true),
      column("tm", "time", notNull: true), column("u", "uuid", notNull: true), column("j", "jsonb", notNull: true),
      column("ba", "bytea", notNull: true), column("arr", "_int4", notNull: true),
      column("dflt", "int4", notNull: true, default: "5"), column("dflt_null", "int4", default: "6"),
    ])

  private func notNullRow(id: String, n: String) -> [WireBuilder.Value] {
    [
      .text(id), "t", .text(n), "2", "3", "4", "5", "t", "6.00", "7.5", "2020-01-01 00:00:00",
      "2020-01-01 00:00:00+00", "2020-01-01", "10:00:00", "00000000-0000-0000-0000-000000000001", "{}", "\\x01", "{1}",
      "8", nil,
    ]
  }

  private func notNullKey(id: String) -> [WireBuilder.Value] {
    [.text(id)] + Array(repeating: WireBuilder.Value.null, count: 19)
  }

  /// Commit times of the recording behind this one, in microseconds.
  private let base: Int64 = 1_795_227_908_000_000

  @Test func keysAndOldRowsAreDebeziums() throws {
    let run = PipelineRun(try PipelineRun.options())
    try run.transaction(1_301, at: base + 200_841, end: 217_306_048) {
      try run.insert(comp, at: 217_305_640, "1", "x", "2020-01-01", "one")
      try run.insert(comp, at: 217_305_872, "2", "y", nil, nil)
    }
    try run.transaction(1_302, at: base + 201_295, end: 217_306_184) {
      try run.update(comp, at: 217_306_048, "1", "x", "2020-01-01", "uno")
    }
    try run.transaction(1_303, at: base + 201_409, end: 217_306_392) {
      try run.update(comp, at: 217_306_184, old: ("K", ["1", "x", nil, nil]), "10", "x", "2020-01-01", "uno")
    }
    try run.transaction(1_304, at: base + 201_497, end: 217_306_592) {
      try run.update(comp, at: 217_306_392, old: ("K", ["2", "y", nil, nil]), "2", "z", nil, "zz")
    }
    try run.transaction(1_305, at: base + 201_583, end: 217_306_712) {
      try run.delete(comp, at: 217_306_592, "10", "x", nil, nil)
    }
    try run.transaction(1_306, at: base + 201_722, end: 217_306_880) {
      try run.insert(nopk, at: 217_306_712, "a", "1")
      try run.insert(nopk, at: 217_306_776, nil, nil)
    }
    try run.transaction(1_307, at: base + 201_842, end: 217_307_056) {
      try run.insert(nopkFull, at: 217_306_880, "a", "1")
      try run.insert(nopkFull, at: 217_306_944, "b", nil)
    }
    try run.transaction(1_308, at: base + 201_958, end: 217_307_192) {
      try run.update(nopkFull, at: 217_307_056, old: ("O", ["a", "1"]), "a", "2")
    }
    try run.transaction(1_309, at: base + 202_032, end: 217_307_304) {
      try run.delete(nopkFull, at: 217_307_192, tag: "O", "b", nil)
    }
    try run.transaction(1_310, at: base + 202_155, end: 217_307_416) {
      try run.insert(nopkNothing, at: 217_307_304, "n")
    }
    try run.transaction(1_311, at: base + 202_316, end: 217_307_688) {
      try run.insert(uniqOnly, at: 217_307_416, "1", "u")
    }
    try run.transaction(1_312, at: base + 202_462, end: 217_307_968) {
      try run.insert(uniqIdent, at: 217_307_688, "1", "2", "u")
    }
    try run.transaction(1_313, at: base + 202_569, end: 217_308_096) {
      try run.update(uniqIdent, at: 217_307_968, "1", "2", "v")
    }
    try run.transaction(1_314, at: base + 202_642, end: 217_308_304) {
      try run.update(uniqIdent, at: 217_308_096, old: ("K", ["1", "2", nil]), "7", "2", "v")
    }
    try run.transaction(1_315, at: base + 202_710, end: 217_308_424) {
      try run.delete(uniqIdent, at: 217_308_304, "7", "2", nil)
    }
    try run.transaction(1_316, at: base + 202_868, end: 217_308_832) {
      try run.insert(pkFull, at: 217_308_424, "1", "a", "1")
      try run.insert(pkFull, at: 217_308_656, "2", nil, "2")
    }
    try run.transaction(1_317, at: base + 202_970, end: 217_308_976) {
      try run.update(pkFull, at: 217_308_832, old: ("O", ["1", "a", "1"]), "1", "b", "1")
    }
    try run.transaction(1_318, at: base + 203_052, end: 217_309_184) {
      try run.update(pkFull, at: 217_308_976, old: ("O", ["1", "b", "1"]), "11", "c", "1")
    }
    try run.transaction(1_319, at: base + 203_153, end: 217_309_328) {
      try run.delete(pkFull, at: 217_309_208, tag: "O", "2", nil, "2")
    }
    try run.describe(pkNotNull)
    func send(_ message: [UInt8], at lsn: UInt64) throws { try run.receive(message, at: lsn) }
    try run.transaction(1_320, at: base + 204_115, end: 217_309_752) {
      try send(WireBuilder.insert(8, notNullRow(id: "1", n: "1")), at: 217_309_328)
    }
    try run.transaction(1_321, at: base + 204_211, end: 217_310_024) {
      try send(WireBuilder.update(8, notNullRow(id: "1", n: "2")), at: 217_309_752)
    }
    try run.transaction(1_322, at: base + 204_249, end: 217_310_376) {
      try send(
        WireBuilder.update(8, old: ("K", notNullKey(id: "1")), notNullRow(id: "2", n: "2")), at: 217_310_024)
    }
    try run.transaction(1_323, at: base + 204_281, end: 217_310_648) {
      try send(WireBuilder.delete(8, notNullKey(id: "2")), at: 217_310_376)
    }
    expectEqual(run.records, try RecordedEvent.all("keys"))
  }

  private let toastDefault = TestTable(
    9, "toast_default", key: ["id"],
    [
      column("id", "int4", notNull: true), column("t", "text"), column("nn", "text", notNull: true),
      column("v", "varchar", modifier: TestTypes.characters(9_000)), column("j", "jsonb"), column("b", "bytea"),
      column("a", "_text"), column("ia", "_int4"), column("small", "text"),
    ])
  private let toastFull = TestTable(
    10, "toast_full", key: ["id"],
    [column("id", "int4", notNull: true), column("t", "text"), column("b", "bytea"), column("small", "text")])

  @Test func unchangedToastIsThePlaceholderOrTheOldRowsValue() throws {
    let run = PipelineRun(try PipelineRun.options())
    let base: Int64 = 1_795_225_412_000_000
    func long(_ letter: Character) -> String { String(repeating: letter, count: 12) }
    let bytes = WireBuilder.Value.text("\\x" + String(repeating: "62", count: 12))
    let same = WireBuilder.Value.unchanged
    try run.transaction(2_359, at: base + 117_446, end: 439_796_392) {
      try run.insert(
        toastDefault, at: 439_795_992, "1", .text(long("t")), .text(long("n")), .text(long("v")),
        .text("{\"k\": \"\(long("j"))\"}"), bytes, .text("{\(long("a"))}"), "{1,2,3}", "s")
    }
    try run.transaction(2_360, at: base + 117_846, end: 439_796_704) {
      try run.update(toastDefault, at: 439_796_448, "1", same, same, same, same, same, same, same, "changed")
    }
    try run.transaction(2_361, at: base + 117_949, end: 439_797_112) {
      try run.update(toastDefault, at: 439_796_872, "1", "short", same, same, same, same, same, same, "changed")
    }
    let none = WireBuilder.Value.null
    try run.transaction(2_362, at: base + 118_031, end: 439_797_496) {
      try run.update(
        toastDefault, at: 439_797_168, old: ("K", ["1", none, none, none, none, none, none, none, none]), "2", "short",
        same, same, same, same, same, same, "changed")
    }
    try run.transaction(2_363, at: base + 118_118, end: 439_798_344) {
      try run.delete(toastDefault, at: 439_797_496, "2", none, none, none, none, none, none, none, none)
    }
    let t = WireBuilder.Value.text(long("t"))
    let u = WireBuilder.Value.text(long("u"))
    try run.transaction(2_364, at: base + 118_362, end: 439_805_304) {
      try run.insert(toastFull, at: 439_804_992, "1", t, bytes, "s")
    }
    try run.transaction(2_365, at: base + 118_488, end: 439_811_552) {
      try run.update(toastFull, at: 439_805_360, old: ("O", ["1", t, bytes, "s"]), "1", same, same, "changed")
    }
    try run.transaction(2_366, at: base + 118_754, end: 439_821_224) {
      try run.update(toastFull, at: 439_815_008, old: ("O", ["1", t, bytes, "changed"]), "1", u, same, "changed")
    }
    try run.transaction(2_367, at: base + 118_869, end: 439_821_400) {
      try run.delete(toastFull, at: 439_821_224, tag: "O", "1", u, bytes, "changed")
    }
    expectEqual(run.records, try RecordedEvent.all("toast"))
  }
}
