import ConnectData
import EventRouting
import Primitives
import Testing

@testable import EventEncoding

@Suite struct PayloadExpansionTests {
  @Test func payloadsExpandAsDebeziumRecorded() throws {
    var count = 0
    for recorded in try RecordedExpansion.all() {
      let payload = String(decoding: recorded.payload, as: UTF8.self)
      for (behavior, expected) in recorded.outcomes {
        let expansion = unsafe PayloadExpansion.expand(recorded.payload.span.bytes, nullBehavior: behavior)
        count += 1
        switch expansion {
        case .document: Issue.record("a document without exact mode: \(payload)")
        case .unchanged: #expect(expected.name == "unchanged", "\(payload)")
        case .unchangedWithoutSchema: #expect(expected.name == "noschema text", "\(payload)")
        case .fails(.valueDoesNotFit(let schema)):
          let isArray = if case .array = schema.kind { true } else { false }
          #expect(expected.name == (isArray ? "fails ARRAY" : "fails STRUCT"), "\(payload)")
        case .fails: #expect(expected.name == "fails STRUCT", "\(payload)")
        case .expanded(let schema, let value):
          #expect(expected.name == "expanded", "\(payload)")
          var out = ByteWriter()
          JSONConverter.write(value, schema, into: &out)
          #expect(out.copiedBytes == expected.json, "\(payload)")
          out.removeAll()
          out.append("{\"schema\":")
          JSONConverter.writeSchema(schema, fieldName: nil, into: &out)
          out.append(",\"payload\":")
          JSONConverter.write(value, schema, into: &out)
          out.append("}")
          #expect(out.copiedBytes == expected.jsonWithSchema, "\(payload)")
          out.removeAll()
          #expect(StringConverter.write(value, schema, into: &out))
          #expect(out.copiedBytes == expected.text, "\(payload)")
        }
      }
    }
    #expect(count > 400)
  }
}
