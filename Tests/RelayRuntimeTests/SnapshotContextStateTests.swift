import EventRouting
import Primitives
import RelayRuntime
import Testing

@Suite struct SnapshotContextStateTests {
  private func record(_ context: IncrementalContext?) -> StateRecord {
    StateRecord(
      connector: "c", systemIdentifier: "1", timeline: 1, database: "d", slot: "s", ownsSlot: true, snapshot: .complete,
      position: StreamPosition(acknowledged: LSN(rawValue: 99), lastCommit: nil, incremental: context))
  }

  @Test func theContextComesBackAsItWasStored() throws {
    let context = IncrementalContext(
      collections: [
        .init(table: TableID(schema: "public", name: "a \"b\""), filter: "v > 'x\\'", surrogateKey: "s"),
        .init(table: TableID(schema: "s2", name: "c.d"), isOfFirstSnapshot: true),
      ], after: ["1", nil], maximum: [nil, ""], correlationID: "ad-hoc",
      stops: ["public.b", ".*"],
      blocking: [
        BlockingSnapshot(
          collections: ["public.*"], queries: [TableID(schema: "public", name: "a"): "SELECT 1"], lsn: LSN(rawValue: 7),
          lastCommit: LSN(rawValue: 5), transactionID: 3)
      ], marks: SignalMarks(topicNext: 17, file: FilePrefix(byteCount: 120, hash: UInt64.max)))
    #expect(try StateRecord(json: record(context).json) == record(context))
    #expect(try StateRecord(json: record(nil).json) == record(nil))
    // A signal that asks for nothing more is followed all the same.
    let marked = record(IncrementalContext(marks: SignalMarks(topicNext: 0)))
    #expect(try StateRecord(json: marked.json) == marked)
  }

  @Test func aRecordThatIsHalfUnderstoodIsRefused() {
    let json = String(
      decoding: record(IncrementalContext(collections: [.init(table: TableID(schema: "p", name: "a"))])).json,
      as: UTF8.self)
    let broken = json.split(separator: "incrementalTable.1").joined(separator: "incrementalTable.9")
    #expect(throws: StateStoreError.self) { try StateRecord(json: Array(broken.utf8)) }
  }
}
