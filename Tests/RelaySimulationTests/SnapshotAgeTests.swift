import Acknowledgement
import ConnectData
import EventEncoding
import EventRouting
import PgOutput
import Primitives
import RelayRuntime
import RelayTestSupport
import Testing

/// Exactly once: a snapshot that cannot be divided has filled half of `transaction.timeout.ms`.
@Suite struct SnapshotAgeTests {
  private static let relation = RelationOID(rawValue: 77)
  private static let origin = SnapshotOrigin(lsn: LSN(rawValue: 1_000), unixMicroseconds: 0, transactionID: 1)

  /// Gives rows until half a time-out of 20 s has passed. Returns what the loop says then.
  /// - Parameters:
  ///   - isSilent: the brokers acknowledge nothing from the third second on.
  ///   - hasRows: the server gives rows from then on, too.
  private func failure(isSilent: Bool, hasRows: Bool = true) throws -> SinkError? {
    var bounds = TransactionBatch.Bounds()
    bounds.timeoutMilliseconds = 20_000
    let start = StreamPosition(acknowledged: LSN(rawValue: 1_000), lastCommit: nil)
    let kafka = TransactionalKafka(start)
    let options = PipelineOptions(
      topics: TopicName(prefix: "p"), database: "d", values: ValueOptions(),
      keyConverter: .json(schemasEnabled: false, JSONOptions()),
      valueConverter: .json(schemasEnabled: false, JSONOptions()), filter: try TableFilter(),
      columnFilter: try ColumnFilter(), transforms: [], runID: "run")
    var loop = TransactionalLoop(
      source: StreamedTransactions(ScriptedSource(ScriptedPostgres(), from: start.acknowledged)),
      sink: TransactionalSink(kafka, queueMax: 10), store: TransactionalStore(kafka),
      pipeline: EventPipeline(options, lastCommit: nil), position: start, transactions: bounds)
    install(&loop)
    for now in stride(from: Int64(0), through: 20_000, by: 100) {
      let time = RelayTime(monotonicMilliseconds: now, wallNanoseconds: 1_700_000_000_000_000_000)
      if !isSilent || now < 3_000 { loop.sink.progress(write: 10, acknowledge: 10) }
      do throws(RelayFailure) {
        guard try loop.turnSnapshot(time), hasRows || now < 3_000 else { continue }
        var row = CopyRow()
        let line = Array("1\t\(now + 1)\n".utf8)
        do throws(DecodeError) { try row.decode(text: line.span.bytes) } catch { Issue.record("\(error)") }
        _ = try loop.takeSnapshotRow(Self.relation, row, marker: .true, at: Self.origin, time)
      } catch {
        guard case .sink(let failure) = error else { throw error }
        #expect(now == 10_000)
        return failure
      }
    }
    return nil
  }

  private func install(_ loop: inout TransactionalLoop) {
    let type = TypeDescription(oid: .int4, name: "int4")
    let names = ["key", "version"]
    loop.pipeline.install(
      Relation(
        oid: Self.relation, schema: "public", name: "t", replicaIdentity: .default,
        columns: names.map {
          Relation.Column(isKey: $0 == "key", name: $0, type: type.oid, typeModifier: -1)
        }),
      TableDescription(
        id: TableID(schema: "public", name: "t"),
        columns: names.map { ColumnDescription(name: $0, type: type, typeModifier: -1, isNullable: false) },
        keyColumns: ["key"]),
      origin: .snapshot)
  }

  @Test func itIsTakenAgainWhereTheBrokersWereSilent() throws {
    #expect(try failure(isSilent: true)?.remedy == .startOver)
  }

  /// It may be as slow each time.
  @Test func itStopsTheConnectorWhereTheServerWasSilent() throws {
    #expect(try failure(isSilent: false, hasRows: false)?.remedy == .stop)
  }

  @Test func itStopsTheConnectorWhereAllWentWell() throws {
    let failure = try failure(isSilent: false)
    #expect(failure?.remedy == .stop)
    #expect(failure?.description.contains("Raise producer.transaction.timeout.ms") == true)
  }
}
