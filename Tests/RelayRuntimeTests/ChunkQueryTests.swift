import EventRouting
import Primitives
import Testing

@testable import RelayRuntime

@Suite struct ChunkQueryTests {
  private let table = TableID(schema: "public", name: "t")

  @Test func aKeyThatIsNeverNullIsComparedAsARow() {
    let query = ChunkQuery(
      table: table, columns: ["a", "b", "v"],
      key: [.init(name: "b", isNullable: false), .init(name: "a", isNullable: false)], filter: "v > 1 OR v = 0")
    let (sql, parameters) = query.chunk(after: ["2", "x"], maximum: ["9", "z"], rows: 5)
    #expect(
      sql
        == #"SELECT "a", "b", "v" FROM "public"."t" WHERE ROW("b", "a") > ROW($1, $2) AND ROW("b", "a") <= ROW($3, $4) AND (v > 1 OR v = 0) ORDER BY "b", "a" LIMIT 5"#
    )
    #expect(parameters == ["2", "x", "9", "z"])
    #expect(
      query.maximum
        == #"SELECT "b", "a" FROM "public"."t" WHERE (v > 1 OR v = 0) ORDER BY "b" DESC, "a" DESC LIMIT 1"#)
  }

  @Test func theFirstChunkHasNoBounds() {
    let query = ChunkQuery(table: table, columns: ["a"], key: [.init(name: "a", isNullable: false)], filter: nil)
    #expect(
      query.chunk(after: nil, maximum: ["9"], rows: 2).sql == #"SELECT "a" FROM "public"."t" ORDER BY "a" LIMIT 2"#)
  }

  @Test func nullIsTheHighestValueOfAKeyThatMayBeNull() {
    let query = ChunkQuery(
      table: table, columns: ["s", "id"],
      key: [.init(name: "s", isNullable: true), .init(name: "id", isNullable: false)], filter: nil)
    let (sql, parameters) = query.chunk(after: ["2", "6"], maximum: [nil, "5"], rows: 2)
    #expect(
      sql
        == #"SELECT "s", "id" FROM "public"."t" WHERE ((("s" > $1 OR "s" IS NULL)) OR ("s" = $1 AND "id" > $2)) AND NOT ((FALSE) OR ("s" IS NULL AND "id" > $3)) ORDER BY "s", "id" LIMIT 2"#
    )
    #expect(parameters == ["2", "6", "5"])
  }

  @Test func aKeyThatRowsMayShareIsNotCutInTwo() {
    let query = ChunkQuery(
      table: table, columns: ["s"], key: [.init(name: "s", isNullable: true)], filter: nil, isKeyUnique: false)
    #expect(
      query.chunk(after: nil, maximum: [nil], rows: 2).sql
        == #"SELECT "s" FROM "public"."t" ORDER BY "s" FETCH FIRST 2 ROWS WITH TIES"#)
  }

  @Test func watermarksHaveTimesAsJavaPrintsThem() {
    #expect(WatermarkWriter.instant(1_795_227_928_126_760_404) == "2026-11-21T02:25:28.126760404Z")
  }
}
