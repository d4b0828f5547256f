import PgOutput
import Primitives
import RelayTestSupport
import Testing

@Suite struct StreamFrameTests {
  private func frame(_ bytes: [UInt8]) -> Result<StreamFrame, DecodeError> {
    do throws(DecodeError) {
      return .success(try StreamFrame.decode(bytes.span.bytes))
    } catch {
      return .failure(error)
    }
  }

  @Test func xLogDataHasATwentyFiveByteHeader() {
    let bytes = WireBuilder.xLogData(at: 100, [1, 2, 3], microseconds: 5)
    #expect(
      frame(bytes)
        == .success(
          .xLogData(
            XLogDataHeader(
              walStart: LSN(rawValue: 100), walEnd: LSN(rawValue: 100),
              sentAt: PostgresTimestamp(microsecondsSince2000: 5)))))
    #expect(Array(bytes[XLogDataHeader.byteCount...]) == [1, 2, 3])
  }

  @Test func keepaliveTellsWhetherAnAnswerIsWanted() {
    let bytes = WireBuilder.keepalive(walEnd: 7, replyRequested: true)
    #expect(
      frame(bytes)
        == .success(
          .keepalive(
            PrimaryKeepalive(
              walEnd: LSN(rawValue: 7), sentAt: PostgresTimestamp(microsecondsSince2000: 0), replyRequested: true))))
  }

  @Test func everyCutOfAHeaderIsAnError() {
    for bytes in [WireBuilder.xLogData(at: 1, []), WireBuilder.keepalive(walEnd: 1)] {
      for count in 0..<bytes.count {
        if case .success = frame(Array(bytes.prefix(count))) {
          Issue.record("accepted \(count) of \(bytes.count) bytes")
        }
      }
    }
  }

  @Test func anotherTagIsAnError() {
    #expect(frame([UInt8(ascii: "x")]) == .failure(.unknownTag(UInt8(ascii: "x"), at: 0)))
  }

  @Test func statusUpdateIsThirtyFourBytesInProtocolOrder() {
    var out = ByteWriter()
    StandbyStatusUpdate(
      written: LSN(rawValue: 3), flushed: LSN(rawValue: 2), applied: LSN(rawValue: 1),
      sentAt: PostgresTimestamp(microsecondsSince2000: 256), replyRequested: true
    ).encode(into: &out)
    let expected: [UInt8] =
      [UInt8(ascii: "r")] + [0, 0, 0, 0, 0, 0, 0, 3] + [0, 0, 0, 0, 0, 0, 0, 2] + [0, 0, 0, 0, 0, 0, 0, 1]
      + [0, 0, 0, 0, 0, 0, 1, 0] + [1]
    let written = out.array
    #expect(written == expected)
    #expect(written.count == StandbyStatusUpdate.byteCount)
  }
}
