import PgOutput
import Primitives
import RelayTestSupport
import Testing

@Suite struct StreamedMessageTests {
  private func control(_ bytes: [UInt8]) -> Result<StreamControl?, DecodeError> {
    do throws(DecodeError) {
      return .success(try StreamControl.decode(bytes.span.bytes))
    } catch {
      return .failure(error)
    }
  }

  private func content(_ bytes: [UInt8]) -> Result<StreamedMessage, DecodeError> {
    do throws(DecodeError) {
      return .success(try StreamedMessage.decode(bytes.span.bytes))
    } catch {
      return .failure(error)
    }
  }

  private static let transaction = TransactionID(rawValue: 0x8000_0001)
  private static let controls: [(bytes: [UInt8], meaning: StreamControl)] = [
    (
      WireBuilder.streamStart(xid: 0x8000_0001, isFirst: true),
      .start(StreamStart(transaction: transaction, isFirst: true))
    ),
    (
      WireBuilder.streamStart(xid: 0x8000_0001, isFirst: false),
      .start(StreamStart(transaction: transaction, isFirst: false))
    ),
    (WireBuilder.streamStop, .stop),
    (
      WireBuilder.streamCommit(xid: 0x8000_0001, commitLSN: 0x1_0000_0000, endLSN: 0x1_0000_0030, microseconds: -3),
      .commit(
        StreamCommit(
          transaction: transaction, commitLSN: LSN(rawValue: 0x1_0000_0000), endLSN: LSN(rawValue: 0x1_0000_0030),
          committedAt: PostgresTimestamp(microsecondsSince2000: -3)))
    ),
    (
      WireBuilder.streamAbort(xid: 0x8000_0001, subtransaction: 7),
      .abort(StreamAbort(transaction: transaction, subtransaction: TransactionID(rawValue: 7)))
    ),
    (
      WireBuilder.streamAbort(xid: 0x8000_0001, subtransaction: 7, record: (lsn: 99, microseconds: 5)),
      .abort(
        StreamAbort(
          transaction: transaction, subtransaction: TransactionID(rawValue: 7),
          record: .init(lsn: LSN(rawValue: 99), abortedAt: PostgresTimestamp(microsecondsSince2000: 5))))
    ),
  ]

  @Test func controlMessagesCarryTheirTransactionAndPositions() {
    for control in Self.controls { #expect(self.control(control.bytes) == .success(control.meaning)) }
  }

  @Test func otherMessagesAreNoControl() {
    for (name, bytes) in everyMessage { #expect(control(bytes) == .success(nil), "\(name)") }
  }

  @Test func aControlMessageCutAnywhereIsRefused() {
    for (bytes, meaning) in Self.controls {
      for count in 0..<bytes.count {
        // An abort without position is whole.
        if case .abort = meaning, count == 9 { continue }
        #expect(throws: DecodeError.self, "\(meaning) cut to \(count)") { try control(Array(bytes[..<count])).get() }
      }
      #expect(control(bytes + [0]) != .success(meaning), "\(meaning) with a byte too many")
      #expect(throws: DecodeError.self) { try control(bytes + [0]).get() }
    }
  }

  @Test func aChangeInABlockCarriesItsSubtransaction() {
    for (name, bytes) in everyMessage
    where !["begin", "commit", "origin", "relation", "type", "message"].contains(name) {
      #expect(
        content(WireBuilder.streamed(xid: 9, bytes))
          == .success(StreamedMessage(kind: .change, transaction: TransactionID(rawValue: 9))), "\(name)")
    }
  }

  @Test func aDescriptionInABlockNamesItsRelation() {
    let bytes = WireBuilder.streamed(xid: 9, WireBuilder.relation(16_384, name: "t", columns: []))
    #expect(
      content(bytes)
        == .success(
          StreamedMessage(kind: .relation(RelationOID(rawValue: 16_384)), transaction: TransactionID(rawValue: 9))))
    let type = WireBuilder.streamed(xid: 9, WireBuilder.type(16_400, schema: "public", name: "mood"))
    #expect(content(type) == .success(StreamedMessage(kind: .type, transaction: TransactionID(rawValue: 9))))
  }

  @Test func aLogicalMessageInABlockIsNoChangeOfASubtransaction() {
    let message = WireBuilder.message(isTransactional: true, lsn: 12, prefix: "audit", content: [1])
    #expect(
      content(WireBuilder.streamed(xid: 9, message))
        == .success(StreamedMessage(kind: .logicalMessage, transaction: TransactionID(rawValue: 9))))
  }

  @Test func anOriginInABlockHasNoTransaction() {
    #expect(
      content(WireBuilder.origin(commitLSN: 0, name: "elsewhere"))
        == .success(StreamedMessage(kind: .origin, transaction: TransactionID(rawValue: 0))))
  }

  @Test func beginAndCommitInABlockAreRefused() {
    for bytes in [WireBuilder.begin(commitLSN: 1), WireBuilder.commit(commitLSN: 1, endLSN: 2)] {
      #expect(content(bytes) == .failure(.unknownTag(bytes[0], at: 0)))
    }
  }

  @Test func aMessageTooShortForItsIdIsRefused() {
    for count in 0..<5 {
      #expect(throws: DecodeError.self) { try content(Array([UInt8(ascii: "I"), 0, 0, 0, 1][..<count])).get() }
    }
  }

  @Test func idsAreComparedAroundTheCircle() {
    #expect(TransactionID(rawValue: 3).precedes(TransactionID(rawValue: 4)))
    #expect(!TransactionID(rawValue: 4).precedes(TransactionID(rawValue: 4)))
    #expect(TransactionID(rawValue: UInt32.max - 1).precedes(TransactionID(rawValue: 5)))
    #expect(!TransactionID(rawValue: 5).precedes(TransactionID(rawValue: UInt32.max - 1)))
  }
}
