import Primitives
import Testing

@testable import RelayRuntime

/// The judgement of single keys, and the spill in which they wait.
@Suite struct ProofComparisonTests {
  private static func content(_ value: UInt64, lsn: UInt64 = 0, operation: UInt8 = 0) -> RecordContent {
    RecordContent(
      kind: .row, fields: [.init(name: 1, value: value), .init(name: 2, value: 7)], lsn: lsn, operation: operation)
  }

  private static let gone = RecordContent(kind: .deletion)

  private struct Case {
    var entries: [ProofEntry] = []

    mutating func row(_ content: RecordContent, number: UInt64 = 1, isInWindow: Bool = true) {
      entries.append(
        ProofEntry(
          side: .expected, topic: 0, identity: [1], line: 0, number: number, isInWindow: isInWindow, content: content))
    }

    mutating func record(
      _ side: ProofEntry.Side, _ content: RecordContent, at offset: UInt64 = 0, partition: Int32 = 0
    ) {
      entries.append(
        ProofEntry(side: side, topic: 0, identity: [1], number: offset, partition: partition, content: content))
    }
  }

  private func judge(
    _ table: ProofTable = ProofTable(name: "public.t"), truncations: [Int: UInt64] = [:], keepsOutbox: Bool = false,
    _ fill: (inout Case) -> Void
  ) -> ProofReport {
    var subject = ProofSubject()
    subject.keepsOutbox = keepsOutbox
    subject.tables = [table]
    var report = ProofReport(connector: "c", database: "d", slot: "s")
    let topic = subject.topic("t")
    subject.tableOfTopic[topic] = 0
    _ = subject.line(0, topic, aggregate: nil, &report)
    report.topics = [.init(name: "t")]
    var comparison = ProofComparison(
      subject: subject, names: [1: "a", 2: "b"], truncations: truncations, differencesMax: 10)
    var given = Case()
    fill(&given)
    for entry in given.entries { comparison.add(entry, to: &report) }
    comparison.finish(&report)
    return report
  }

  private func kinds(_ report: ProofReport) -> [ProofReport.Difference.Kind] { report.differences.map(\.kind) }

  @Test func rowMustBeTheLastSettledStateOrOneSince() {
    #expect(
      kinds(
        judge {
          $0.row(Self.content(1)); $0.record(.settled, Self.content(1))
        }
      ).isEmpty)
    let stale = judge {
      $0.row(Self.content(2)); $0.record(.settled, Self.content(1))
    }
    #expect(kinds(stale) == [.different])
    #expect(stale.differences[0].columns == ["a"])
    #expect(
      kinds(
        judge {
          $0.row(Self.content(1)); $0.record(.settled, Self.content(1)); $0.record(.settled, Self.content(2), at: 1)
        })
        == [.different], "an older state of Kafka proves nothing")
    #expect(
      kinds(
        judge {
          $0.row(Self.content(2)); $0.record(.settled, Self.content(1)); $0.record(.tail, Self.content(2), at: 1);
          $0.record(.tail, Self.content(3), at: 2)
        }
      )
      .isEmpty, "the row may have changed since it was read")
  }

  @Test func rowWithoutRecordIsMissingAndSoIsOneThatKafkaSaysIsGone() {
    #expect(kinds(judge { $0.row(Self.content(1)) }) == [.missing])
    #expect(
      kinds(
        judge {
          $0.row(Self.content(1)); $0.record(.settled, Self.content(1)); $0.record(.settled, Self.gone, at: 1)
        })
        == [.missing])
    let old = judge { $0.row(Self.content(1), isInWindow: false) }
    #expect(kinds(old).isEmpty && old.lines[0].outsideWindow == 1)
    let letter = judge {
      $0.row(Self.content(1)); $0.record(.letter, Self.content(1))
    }
    #expect(kinds(letter).isEmpty && letter.lines[0].deadLettered == 1 && letter.lines[0].matched == 0)
  }

  @Test func keyWithoutRowMustBeGoneInKafka() {
    #expect(kinds(judge { $0.record(.settled, Self.content(1)) }) == [.extra])
    #expect(
      kinds(
        judge {
          $0.record(.settled, Self.content(1)); $0.record(.settled, Self.gone, at: 1)
        }
      ).isEmpty)
    #expect(
      kinds(
        judge {
          $0.record(.settled, Self.content(1)); $0.record(.tail, Self.gone, at: 1)
        }
      ).isEmpty)
    #expect(kinds(judge { $0.record(.tail, Self.content(1)) }).isEmpty, "it came after the database was read")
    #expect(kinds(judge(truncations: [0: 9]) { $0.record(.settled, Self.content(1, lsn: 5, operation: 99)) }).isEmpty)
    #expect(
      kinds(judge(truncations: [0: 9]) { $0.record(.settled, Self.content(1, lsn: 10, operation: 99)) }) == [.extra])
    var silent = ProofTable(name: "public.t")
    silent.publishesDeletes = false
    let report = judge(silent) { $0.record(.settled, Self.content(1)) }
    #expect(kinds(report).isEmpty && report.topics[0].notJudged == 1)
  }

  @Test func eventWithoutRowIsAFaultOnlyWhereTheOutboxIsKept() {
    var outbox = ProofTable(name: "public.outbox")
    outbox.isOutbox = true
    #expect(judge(outbox) { $0.record(.settled, Self.content(1)) }.topics[0].withoutRow == 1)
    #expect(kinds(judge(outbox, keepsOutbox: true) { $0.record(.settled, Self.content(1)) }) == [.extra])
    let twice = judge(outbox) {
      $0.row(Self.content(1)); $0.record(.settled, Self.content(1)); $0.record(.settled, Self.content(1), at: 1)
    }
    #expect(twice.duplicates == 1 && kinds(twice).isEmpty)
  }

  @Test func theSameChangeTwiceIsADuplicateAndTheSameStateTwiceIsNot() {
    func twice(_ first: RecordContent, _ second: RecordContent) -> UInt64 {
      judge {
        $0.row(second); $0.record(.settled, first); $0.record(.settled, second, at: 1)
      }.duplicates
    }
    let update = UInt8(ascii: "u")
    #expect(twice(Self.content(1, lsn: 5, operation: update), Self.content(1, lsn: 5, operation: update)) == 1)
    #expect(twice(Self.content(1, lsn: 5, operation: update), Self.content(1, lsn: 6, operation: update)) == 0)
    let read = UInt8(ascii: "r")
    #expect(twice(Self.content(1, lsn: 5, operation: read), Self.content(1, lsn: 5, operation: read)) == 0)
  }

  @Test func fieldsOfTimeDoNotCountAndValuesLeftOutAreTaken() {
    var table = ProofTable(name: "public.t")
    table.volatile = [1]
    #expect(
      kinds(
        judge(table) {
          $0.row(Self.content(1)); $0.record(.settled, Self.content(2))
        }
      ).isEmpty)
    table.volatile = []
    table.unavailable = [1: 2]
    let taken = judge(table) {
      $0.row(Self.content(1)); $0.record(.settled, Self.content(2))
    }
    #expect(kinds(taken).isEmpty && taken.lines[0].unavailableValues == 1)
    #expect(
      kinds(
        judge(table) {
          $0.row(Self.content(1)); $0.record(.settled, Self.content(3))
        }) == [.different])
  }

  @Test func oneOfARowsFormsIsEnoughAndTwoRowsOfAKeyAreTwo() {
    #expect(
      kinds(
        judge {
          $0.row(Self.content(1)); $0.row(Self.content(2)); $0.record(.settled, Self.content(2))
        }
      ).isEmpty)
    #expect(
      kinds(
        judge {
          $0.row(Self.content(1)); $0.row(Self.content(2), number: 2); $0.record(.settled, Self.content(2))
        })
        == [.different])
  }

  @Test func recordWithFewerColumnsIsTakenOnlyWhereTheRowHasTheirDefault() {
    let short = RecordContent(kind: .row, fields: [.init(name: 2, value: 7)])
    #expect(
      kinds(
        judge {
          $0.row(Self.content(1)); $0.record(.settled, short)
        }) == [.different])
    #expect(
      kinds(
        judge {
          $0.row(Self.content(RecordContent.nullHash)); $0.record(.settled, short)
        }
      ).isEmpty)
    var table = ProofTable(name: "public.t")
    table.lateColumns = [1]
    let taken = judge(table) {
      $0.row(Self.content(1)); $0.record(.settled, short)
    }
    #expect(kinds(taken).isEmpty && taken.lines[0].addedColumns == 1)
  }

  @Test func entriesComeBackInOrderWhereverTheyLie() throws {
    // Every partition of 64 MB of entries goes to the file several times.
    var spill = ProofSpill(entriesEstimated: 1_000_000, directory: "/tmp")
    #expect(spill.partitionCount > 1)
    let fields = (0..<40).map { RecordContent.Field(name: $0, value: ~$0) }
    var made: [ProofEntry] = []
    for number in 0..<4_000 {
      let entry = ProofEntry(
        side: number % 2 == 0 ? .expected : .tail, topic: 3, identity: Array("key \(number % 500)".utf8), line: 2,
        number: UInt64(number), partition: 5, isInWindow: number % 3 == 0,
        content: RecordContent(kind: .row, fields: fields, lsn: 9, operation: 117))
      made.append(entry)
      try spill.add(entry)
    }
    #expect(spill.spilledBytes > 0)
    var found: [ProofEntry] = []
    for partition in 0..<spill.partitionCount { try spill.forEach(inPartition: partition) { found.append($0) } }
    #expect(found.sorted { $0.number < $1.number } == made)
    for key in 0..<500 {
      let numbers = found.filter { $0.identity == Array("key \(key)".utf8) }.map(\.number)
      #expect(numbers == numbers.sorted())
    }
  }

  @Test func positionBehindAPageHeaderIsThePageBefore() {
    #expect(DeliveryProof.withoutPageHeader(LSN(rawValue: 0x2000028)) == LSN(rawValue: 0x2000000))
    #expect(DeliveryProof.withoutPageHeader(LSN(rawValue: 0x2000029)) == LSN(rawValue: 0x2000029))
  }

  @Test func recordsAreReadByWhatTheySayOfTheirRow() {
    var reader = RecordContentReader()
    func read(_ text: String) -> RecordContent { reader.read(Array(text.utf8).span.bytes) }
    let plain = read(#"{"id":1,"b":"x"}"#)
    let envelope = read(#"{"before":null,"after":{"id":1,"b":"x"},"source":{"lsn":42,"x":{}},"op":"c","ts_ms":1}"#)
    #expect(envelope.fields == plain.fields && envelope.lsn == 42 && envelope.operation == UInt8(ascii: "c"))
    #expect(read(#"{"schema":{"type":"struct"},"payload":{"id":1,"b":"x"}}"#) == plain)
    #expect(read(#"{"before":{"id":1},"after":null,"source":{"lsn":42},"op":"d","ts_ms":1}"#).kind == .deletion)
    #expect(read(#"{"before":null,"after":null,"source":{"lsn":42},"op":"t","ts_ms":1}"#).kind == .truncation)
    #expect(read(#"{"schema":null,"payload":null}"#).kind == .deletion)
    #expect(read(#"{"id":1,"__deleted":"true"}"#).kind == .deletion)
    #expect(reader.read(nil).kind == .deletion)
    #expect(read("Struct{id=1}").fields.count == 1)
    #expect(read("Struct{id=1}") != read("Struct{id=2}"))
  }
}
