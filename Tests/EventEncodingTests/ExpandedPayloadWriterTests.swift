import ConnectData
import EventRouting
import Primitives
import Testing

@testable import EventEncoding

@Suite struct ExpandedPayloadWriterTests {
  /// Outcome and bytes of the way through the tree.
  private func throughTree(
    _ payload: [UInt8], _ behavior: PayloadExpansion.NullBehavior
  ) -> (ExpandedPayloadWriter.Outcome, [UInt8]) {
    switch unsafe PayloadExpansion.expand(payload.span.bytes, nullBehavior: behavior) {
    case .unchanged, .document: return (.unchanged, [])
    case .unchangedWithoutSchema: return (.unchangedWithoutSchema, [])
    case .fails(let failure): return (.fails(failure), [])
    case .expanded(let schema, let value):
      var out = ByteWriter()
      JSONConverter.write(value, schema, into: &out)
      return (.written, out.copiedBytes)
    }
  }

  private func check(_ payloads: [[UInt8]]) {
    for behavior in PayloadExpansion.NullBehavior.allCases {
      var writer = ExpandedPayloadWriter(nullBehavior: behavior)
      for payload in payloads {
        var out = ByteWriter()
        out.append("x")
        let outcome = unsafe writer.write(payload.span.bytes, into: &out)
        let (expected, bytes) = throughTree(payload, behavior)
        #expect(outcome == expected, "\(String(decoding: payload, as: UTF8.self))")
        #expect(out.copiedBytes == [UInt8(ascii: "x")] + bytes, "\(String(decoding: payload, as: UTF8.self))")
      }
    }
  }

  @Test func recordedPayloadsGiveTheSameBytesAsTheTree() throws {
    check(try RecordedExpansion.all().map(\.payload))
  }

  @Test func corruptedPayloadsGiveTheSameBytesAsTheTree() throws {
    var seed: UInt64 = 11
    var payloads: [[UInt8]] = []
    let marks = Array("{}[],:\"\\ue019-.tfn \u{1}".utf8)
    for payload in try RecordedExpansion.all().map(\.payload) where payload.count > 2 && payload.count < 400 {
      for _ in 0..<6 {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        var corrupted = payload
        let position = 1 + Int(seed >> 33) % (payload.count - 1)
        switch seed >> 20 & 3 {
        case 0: corrupted.remove(at: position)
        case 1: corrupted.insert(marks[Int(seed >> 25) % marks.count], at: position)
        case 2: corrupted[position] = marks[Int(seed >> 25) % marks.count]
        default: corrupted.removeLast(payload.count - position)
        }
        // PostgreSQL sends nothing else, and the tree repairs what is not UTF-8.
        if String(validating: corrupted, as: UTF8.self) != nil { payloads.append(corrupted) }
      }
    }
    check(payloads)
  }

  @Test func aUsualPayloadNeedsNoTree() {
    let payload = Array(
      (#"{"id": "a\u00e9\/\ud83d\ude00", "amount": 12.50, "n": -0, "big": 123456789012, "none": null, "#
        + #""lines": [{"sku": "A", "qty": 1, "tags": ["x"]}, {"sku": "B", "qty": 2, "tags": ["y", null]}], "e": []}"#)
        .utf8)
    var writer = ExpandedPayloadWriter(nullBehavior: .ignore)
    var out = ByteWriter()
    #expect(unsafe writer.write(payload.span.bytes, into: &out) == .written)
    #expect(
      String(decoding: out.copiedBytes, as: UTF8.self)
        == #"{"id":"aé/\uD83D\uDE00","amount":12.5,"n":0,"big":123456789012,"#
        + #""lines":[{"sku":"A","qty":1,"tags":["x"]},{"sku":"B","qty":2,"tags":["y",null]}]}"#)
    check([payload])
  }
}
