import ConnectData
import Primitives
import Testing

@testable import EventRouting

@Suite struct PayloadExpansionTests {
  private func expand(
    _ payload: String, _ behavior: PayloadExpansion.NullBehavior = .ignore
  ) -> PayloadExpansion {
    let bytes = Array(payload.utf8)
    return unsafe PayloadExpansion.expand(bytes.span.bytes, nullBehavior: behavior)
  }

  @Test func textThatIsNoObjectStaysAString() {
    for payload in ["", " ", "123", "\"s\"", "null", "  {\"a\":1}", "\u{FEFF}{\"a\":1}", "{bad", "{\"a\":1,}"] {
      #expect(expand(payload) == .unchanged, "\(payload)")
    }
  }

  @Test func anEmptyArrayLosesItsSchema() {
    #expect(expand("[]") == .unchangedWithoutSchema)
  }

  @Test func arraysAtTheTopFail() {
    guard case .fails(let failure) = expand("[1, 2]") else {
      Issue.record("expanded")
      return
    }
    #expect(failure.converterMessage == "Invalid type for ARRAY: class java.lang.String")
  }

  @Test func theNameOfThePayloadsFieldNamesTheSchema() {
    let bytes = Array("{\"a\":{\"b\":1}}".utf8)
    guard
      case .expanded(let schema, _) = unsafe PayloadExpansion.expand(
        bytes.span.bytes, schemaName: "body", nullBehavior: .ignore)
    else {
      Issue.record("not expanded")
      return
    }
    #expect(schema.name == "body")
    #expect(schema.fields[0].schema.name == "body.a")
  }

  @Test func objectsThatDifferShareTheirFieldsInOrderOfAppearance() {
    guard case .expanded(let schema, let value) = expand("{\"x\":[{\"b\":1},{\"a\":\"s\",\"b\":2},{\"c\":{}}]}") else {
      Issue.record("not expanded")
      return
    }
    guard case .array(let element) = schema.fields[0].schema.kind else {
      Issue.record("no array")
      return
    }
    #expect(element.fields.map(\.name) == ["b", "a", "c"])
    #expect(!element.isOptional)
    #expect(
      value
        == .structure([
          .array([
            .structure([.int32(1), .null, .null]), .structure([.int32(2), .text("s"), .null]),
            .structure([.null, .null, .structure([])]),
          ])
        ]))
  }

  @Test func boundsAreJacksons() {
    func nested(_ depth: Int) -> String {
      "{\"a\":" + String(repeating: "[", count: depth - 1) + "1" + String(repeating: "]", count: depth - 1) + "}"
    }
    if case .unchanged = expand(nested(1000)) { Issue.record("1,000 levels are allowed") }
    #expect(expand(nested(1001)) == .unchanged)
    #expect(expand("{\"a\":" + String(repeating: "9", count: 1001) + "}") == .unchanged)
    #expect(expand("{\"" + String(repeating: "é", count: 50_001) + "\":1}") == .unchanged)
    if case .unchanged = expand("{\"" + String(repeating: "é", count: 50_000) + "\":1}") { Issue.record("name") }
  }

  @Test func namesThatGrowWithoutBoundFail() {
    let level = "{\"" + String(repeating: "k", count: 2000) + "\":"
    let payload = String(repeating: level, count: 600) + "1" + String(repeating: "}", count: 600)
    #expect(expand(payload) == .fails(.tooLarge))
  }

  @Test func manyMembersAndManyShapesAreNoSquare() {
    let members = (0..<20_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
    if case .expanded(let schema, _) = expand("{\(members)}") {
      #expect(schema.fields.count == 20_000)
    } else {
      Issue.record("not expanded")
    }
  }

  @Test func cutAndCorruptedTextIsReadOrRefused() {
    let payload = Array(
      "{\"a\": [1, -2.5e3, \"x\\u00e9\\ud83d\\ude00\", null], \"b\": {\"c\": [true, false]}, \"é\": \"😀\"}".utf8)
    var seed: UInt64 = 7
    for length in 0...payload.count {
      _ = unsafe PayloadExpansion.expand(payload.span.bytes.extracting(0..<length), nullBehavior: .ignore)
    }
    for _ in 0..<5000 {
      var corrupted = payload
      for _ in 0..<2 {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        corrupted[Int(seed >> 33) % payload.count] = UInt8(truncatingIfNeeded: seed >> 24)
      }
      _ = unsafe PayloadExpansion.expand(corrupted.span.bytes, nullBehavior: .optionalBytes)
    }
  }
}
