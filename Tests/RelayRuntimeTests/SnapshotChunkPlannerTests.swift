import Testing

@testable import RelayRuntime

/// How tables are cut into chunks. The counts are those that Debezium 3.6.3 logs.
@Suite struct SnapshotChunkPlannerTests {
  @Test(arguments: [
    (rows: 0, readers: 3, multiplier: 1, chunks: 1), (1, 3, 1, 1), (2, 3, 1, 2), (7, 3, 1, 3), (10, 3, 1, 3),
    (10, 1, 2, 2), (10, 4, 1, 4), (100, 4, 5, 20), (5, 4, 1, 4),
  ])
  func chunksAreReadersTimesMultiplierButNeverMoreThanRows(
    _ test: (rows: Int, readers: Int, multiplier: Int, chunks: Int)
  ) {
    #expect(
      SnapshotChunkPlanner.chunkCount(rows: Int64(test.rows), readers: test.readers, multiplier: test.multiplier)
        == test.chunks)
  }

  @Test func hugeMultipliersDoNotOverflow() {
    #expect(SnapshotChunkPlanner.chunkCount(rows: 5, readers: .max, multiplier: 2) == 5)
  }

  @Test func boundariesAreEvenlyApartAndTheLastChunkTakesTheRest() {
    #expect(SnapshotChunkPlanner.boundaryPositions(rows: 10, chunks: 3) == [3, 6])
    #expect(SnapshotChunkPlanner.boundaryPositions(rows: 2, chunks: 3) == [])
    #expect(SnapshotChunkPlanner.boundaryPositions(rows: 10, chunks: 1) == [])
  }

  @Test func rangesMeetWithoutGapOrOverlapAndAreInTheKeysOrder() {
    #expect(
      SnapshotChunkPlanner.ranges("SELECT * FROM t", key: ["\"b\"", "\"a\""], bounds: [["1", "x"], ["2", "it's"]]) == [
        #"SELECT * FROM t WHERE ("b", "a") < ('1', 'x') ORDER BY "b", "a""#,
        #"SELECT * FROM t WHERE ("b", "a") >= ('1', 'x') AND ("b", "a") < ('2', 'it''s') ORDER BY "b", "a""#,
        #"SELECT * FROM t WHERE ("b", "a") >= ('2', 'it''s') ORDER BY "b", "a""#,
      ])
    #expect(SnapshotChunkPlanner.ranges("S", key: ["k"], bounds: []) == ["S ORDER BY k"])
  }

  @Test func rangesOfBlocksMeetAndTheLastHasNoEnd() {
    #expect(
      SnapshotChunkPlanner.ranges("SELECT * FROM t", ofBlocks: [10, 20]) == [
        "SELECT * FROM t WHERE ctid < '(10,0)'", "SELECT * FROM t WHERE ctid >= '(10,0)' AND ctid < '(20,0)'",
        "SELECT * FROM t WHERE ctid >= '(20,0)'",
      ])
    #expect(SnapshotChunkPlanner.ranges("S", ofBlocks: []) == ["S"])
  }

  @Test func chunksAreForReadersOrMultipliersBeyondOne() {
    var plan = SnapshotPlan(policy: .initial)
    #expect(!plan.readsInChunks)
    plan.readers = 2
    #expect(plan.readsInChunks)
    plan.readsTablesWhole = true
    #expect(!plan.readsInChunks)
    plan = SnapshotPlan(policy: .initial)
    plan.tableChunkMultipliers = ["public.t": 3]
    #expect(plan.readsInChunks && plan.multiplier(of: "public.t") == 3 && plan.multiplier(of: "public.u") == 1)
  }
}
