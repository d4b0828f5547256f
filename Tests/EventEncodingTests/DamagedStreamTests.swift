import ConnectData
import EventEncoding
import EventRouting
import Foundation
import PgOutput
import Primitives
import RelayTestSupport
import Testing

/// Damaged messages give records or errors; that this suite ends shows that none traps. `TEST_SEED` repeats a run.
@Suite struct DamagedStreamTests {
  private static let iterations = 20_000

  private let accounts = RecordedPipelineTests.accounts
  private let outbox = RecordedOutboxTests.outbox("outbox")
  private let arrays = TestTable(
    60, "arrays", key: ["id"],
    [
      column("id", "int4", notNull: true), column("a", "_text"), column("ia", "_int4"), column("b", "bytea"),
      column("f", "float8"), column("n", "numeric"), column("d", "date"), column("t", "time"),
      column("ts", "timestamp"), column("i", "inet"), column("o", "bool"),
    ])

  /// Every kind of message, over tables of every kind.
  private var messages: [[UInt8]] {
    let id = WireBuilder.Value.text("11111111-1111-4111-8111-111111111111")
    let account: [WireBuilder.Value] = [id, "Ada", "100.00", "active", "2024-01-01 10:00:00+00", nil]
    let event: [WireBuilder.Value] = [id, "Order", "k", "t", "{\"a\": [1, 2.5, {\"b\": null}], \"c\": \"é\"}"]
    let array: [WireBuilder.Value] = [
      "1", "{a,\"b c\",NULL}", "{1,2,3}", "\\x00ff", "1.5e10", "-12.50", "2024-02-29", "10:11:12.5",
      "2024-02-29 10:11:12.123456", "10.0.0.1/8", "t",
    ]
    return [
      WireBuilder.begin(commitLSN: 100, microseconds: 1), WireBuilder.commit(commitLSN: 100, endLSN: 108),
      WireBuilder.origin(commitLSN: 1, name: "node"), WireBuilder.type(600, schema: "public", name: "mood"),
      accounts.relation, outbox.relation, arrays.relation, WireBuilder.insert(accounts.oid, account),
      WireBuilder.update(accounts.oid, account),
      WireBuilder.update(accounts.oid, old: ("K", [id, nil, nil, nil, nil, nil]), account),
      WireBuilder.update(accounts.oid, old: ("O", account), [id, .unchanged, "1.00", "x", "infinity", nil]),
      WireBuilder.delete(accounts.oid, [id, nil, nil, nil, nil, nil]), WireBuilder.insert(outbox.oid, event),
      WireBuilder.update(outbox.oid, event), WireBuilder.delete(outbox.oid, tag: "O", event),
      WireBuilder.insert(arrays.oid, array), WireBuilder.update(arrays.oid, old: ("O", array), array),
      WireBuilder.truncate([accounts.oid, arrays.oid]),
      WireBuilder.message(isTransactional: true, lsn: 50, prefix: "p", content: [1, 2, 3]),
      WireBuilder.message(isTransactional: false, lsn: 51, prefix: "p", content: [1, 2, 3]),
    ]
  }

  private func damaged(_ message: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = message
    for _ in 0...Int.random(in: 0...2, using: &random) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<7, using: &random) {
      case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
      case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes.removeSubrange(at...)
      case 3: bytes.remove(at: at)
      case 4: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: at)
      case 5:
        // Lengths and counts at their ends.
        let value: UInt8 = random.oneIn(2) ? 0xFF : (random.oneIn(2) ? 0x7F : 0)
        for index in at..<min(bytes.count, at + 4) { bytes[index] = value }
      default: bytes += bytes[at...]
      }
    }
    return bytes
  }

  private func pipeline() throws -> EventPipeline {
    let kind = try RecordedOutboxTests.eventRouter {
      $0.expandsJSONPayload = true
      $0.placements = [.init(column: "type", target: .envelope, alias: "type")]
    }
    var options = try PipelineRun.options(transforms: [
      TransformStep(
        alias: "o", kind: kind,
        predicate: Predicate(.topicNameMatches(try JavaPattern(".*outbox")), isNegated: false))
    ])
    options.providesTransactionMetadata = true
    options.skippedOperations = []
    return EventPipeline(options, lastCommit: nil)
  }

  /// Returns whether the message was taken.
  private func feed(_ message: [UInt8], _ pipeline: inout EventPipeline, at lsn: UInt64) -> Bool {
    let position = LSN(rawValue: lsn)
    let header = XLogDataHeader(
      walStart: position, walEnd: position, sentAt: PostgresTimestamp(microsecondsSince2000: 0))
    defer {
      _ = pipeline.takeConversionWarning()
      while !pipeline.records.isEmpty { pipeline.records.removeFirst() }
    }
    do throws(PipelineError) {
      if case .needsTable(let relation) = try pipeline.receive(message.span.bytes, header, now: PipelineRun.now) {
        let table = [accounts, outbox, arrays].first { $0.oid == relation.oid.rawValue } ?? accounts
        pipeline.install(relation, table.description)
      }
      return true
    } catch {
      #expect(error.lsn == position)
      return false
    }
  }

  @Test func noDamageTraps() throws {
    let seed =
      ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
    // Printed before, since a trap leaves no other trace.
    print("damaged streams from seed \(seed)")
    var random = SeededRandom(seed: seed)
    let messages = messages
    var pipeline = try pipeline()
    var taken = 0
    for iteration in 0..<Self.iterations {
      if iteration % 40 == 0 {
        pipeline.streamRestarted()
        for message in [accounts.relation, outbox.relation, arrays.relation, messages[0]] {
          #expect(feed(message, &pipeline, at: 1))
        }
      }
      var message = messages.randomElement(using: &random)!
      if !random.oneIn(4) { message = damaged(message, &random) }
      if feed(message, &pipeline, at: UInt64(iteration)) { taken += 1 }
    }
    // Both ends of the test: much is refused, and much still gets through to the encoders.
    #expect(taken > Self.iterations / 10 && taken < Self.iterations * 9 / 10, "seed \(seed): \(taken)")
  }

  @Test func everyMessageCutAnywhereIsAnErrorOrStillAMessage() throws {
    var pipeline = try pipeline()
    for message in messages {
      for length in 0..<message.count {
        pipeline.streamRestarted()
        for setUp in [accounts.relation, outbox.relation, arrays.relation, messages[0]] {
          _ = feed(setUp, &pipeline, at: 1)
        }
        #expect(!feed(Array(message[..<length]), &pipeline, at: 2), "\(message) cut at \(length)")
      }
    }
  }
}
