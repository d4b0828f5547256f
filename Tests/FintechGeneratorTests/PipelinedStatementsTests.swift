import PostgresSource
import Primitives
import Testing

/// The binary forms of parameters, read back as the server prints them.
@Suite(.privateServer, .serialized) struct PipelinedStatementsTests {
  static let statements = [
    StatementText("INSERT INTO sent VALUES ($1, $2)", [.int4, .numeric]),
    StatementText(
      "INSERT INTO texts VALUES ($1, $2, $3, $4, $5, $6)", [.text, .jsonb, .inet, .date, .timestamptz, .uuid]),
  ]

  static func pipeline(_ settings: ConnectionSettings) throws -> PipelinedStatements {
    try PostgresConnection(settings).execute(
      """
      DROP TABLE IF EXISTS sent, texts;
      CREATE TABLE sent (id int PRIMARY KEY, value numeric);
      CREATE TABLE texts (a text, b jsonb, c inet, d date, e timestamptz, f uuid)
      """)
    return try PipelinedStatements(settings.merging(["options": "-c TimeZone=UTC"]), statements: statements)
  }

  @Test func numericsArriveAsTheyAre() throws {
    let settings = try PrivateServer.current.settings
    var pipeline = try Self.pipeline(settings)
    let values: [(Int64, Int, String)] = [
      (0, 2, "0.00"), (1, 2, "0.01"), (-1, 2, "-0.01"), (100, 2, "1.00"), (1_000_000, 2, "10000.00"),
      (123_456_789_012, 2, "1234567890.12"), (.max, 2, "92233720368547758.07"), (.min, 2, "-92233720368547758.08"),
      (9_990_000, 6, "9.990000"), (1, 18, "0.000000000000000001"), (12_345, 3, "12.345"), (10_000, 0, "10000"),
      (5, 4, "0.0005"), (50_000, 5, "0.50000"), (1_000_001, 6, "1.000001"), (10_000_000_000, 4, "1000000.0000"),
    ]
    let calls = StatementCalls()
    for (place, value) in values.enumerated() {
      calls.begin(statement: 0)
      calls.int32(Int32(place))
      calls.numeric(unscaled: value.0, scale: value.1)
    }
    try pipeline.send(calls)
    try pipeline.synchronise()
    var committed = 0
    while committed == 0 { committed = try pipeline.collect(waitMicroseconds: 1_000_000) }
    let rows = try PostgresConnection(settings).query("SELECT value FROM sent ORDER BY id").rows
    #expect(rows.map { $0[0] } == values.map(\.2))
  }

  @Test func otherTypesArriveAsTheyAre() throws {
    let settings = try PrivateServer.current.settings
    var pipeline = try Self.pipeline(settings)
    let calls = StatementCalls()
    calls.begin(statement: 1)
    calls.text([])
    calls.jsonb { $0.append("{\"a\":\"1.00\"}") }
    calls.inet(ipv4: 0xC612_0304)
    calls.date(daysSince2000: -1)
    calls.timestamp(PostgresTimestamp(microsecondsSince2000: 1))
    calls.uuid(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
    calls.begin(statement: 1)
    for _ in 0..<6 { calls.null() }
    try pipeline.send(calls)
    try pipeline.synchronise()
    while pipeline.transactionsInFlight > 0 { _ = try pipeline.collect(waitMicroseconds: 1_000_000) }
    let connection = try PostgresConnection(settings)
    try connection.execute("SET TimeZone = 'UTC'")
    let rows = try connection.query("SELECT * FROM texts").rows
    #expect(
      rows == [
        [
          "", "{\"a\": \"1.00\"}", "198.18.3.4", "1999-12-31", "2000-01-01 00:00:00.000001+00",
          "01234567-89ab-cdef-fedc-ba9876543210",
        ],
        [nil, nil, nil, nil, nil, nil],
      ])
  }

  @Test func aRefusedTransactionIsNamedAndLeavesThoseBeforeIt() throws {
    let settings = try PrivateServer.current.settings
    var pipeline = try Self.pipeline(settings)
    let all = (0..<3).map { place in
      let calls = StatementCalls()
      for id in [place == 2 ? 0 : place, place + 10] {
        calls.begin(statement: 0)
        calls.int32(Int32(id))
        calls.null()
      }
      return calls
    }
    for calls in all { try pipeline.send(calls) }
    try pipeline.synchronise()
    var refusal: PostgresError?
    var turns = 0
    while refusal == nil, turns < 100 {
      turns += 1
      do throws(PostgresError) { _ = try pipeline.collect(waitMicroseconds: 100_000) } catch { refusal = error }
    }
    #expect(refusal?.sqlState == "23505")
    let isThird = pipeline.refused?.transaction === all[2]
    let call = pipeline.refused?.call
    #expect(isThird)
    #expect(call == 0)
    let rows = try PostgresConnection(settings).query("SELECT id FROM sent ORDER BY id").rows
    #expect(rows.map { $0[0] } == ["0", "1", "10", "11"])
  }
}
