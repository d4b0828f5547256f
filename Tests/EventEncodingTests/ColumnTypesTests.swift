import ConnectData
import Primitives
import Testing

@testable import EventEncoding

@Suite struct ColumnTypesTests {
  private func base(_ oid: TypeOID, _ name: String = "") -> TypeDescription { TypeDescription(oid: oid, name: name) }

  private func unavailable(_ type: TypeDescription, _ options: ValueOptions = ValueOptions()) -> String? {
    guard let codec = ColumnCodec.make(ColumnDescription(name: "c", type: type), options) else { return nil }
    var out = ByteWriter()
    try? codec.writeUnavailableJSON(into: &out)
    return String(decoding: out.copiedBytes, as: UTF8.self)
  }

  private func array(_ element: TypeDescription) -> TypeDescription {
    TypeDescription(oid: TypeOID(rawValue: 1), name: "_", kind: .array(element: element))
  }

  @Test func unchangedToastValuesHaveTheirTypesPlaceholder() {
    let text = "\"__debezium_unavailable_value\""
    #expect(unavailable(base(.text)) == text)
    #expect(unavailable(base(.jsonb)) == text)
    #expect(unavailable(base(.bytea)) == "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"")
    #expect(unavailable(base(.bytea), ValueOptions(binary: .hex)) == text)
    #expect(unavailable(base(.bytea), ValueOptions(binary: .base64)) == "null")
    #expect(unavailable(base(.numeric)) == "null")
    #expect(unavailable(base(.numeric), ValueOptions(decimal: .string)) == text)
    #expect(unavailable(base(TypeOID(rawValue: 99_999), "ltree")) == text)
    #expect(
      unavailable(base(TypeOID(rawValue: 99_999), "hstore"))
        == #""{\"__debezium_unavailable_value\":\"__debezium_unavailable_value\"}""#)
    #expect(unavailable(array(base(.text))) == "[\(text)]")
    #expect(unavailable(array(base(.uuid))) == "[\"b68a35a7-17ad-35b3-af2a-ae46edb4545a\"]")
    #expect(
      unavailable(array(base(.int4)), ValueOptions(unavailableValuePlaceholder: Array("(gone)".utf8)))
        == "[40,103,111,110,101,41]")
    #expect(unavailable(array(base(.float8))) == "null")
  }

  @Test func typesWithoutMappingStayOut() {
    for oid: UInt32 in [600 + 28, 601, 602, 603, 604, 718, 3220, 28, 2205, 4072, 3615] {
      #expect(ColumnCodec.make(ColumnDescription(name: "c", type: base(TypeOID(rawValue: oid))), ValueOptions()) == nil)
    }
    let posint = TypeDescription(
      oid: TypeOID(rawValue: 16_400), name: "posint", kind: .domain(base(.int4), modifier: -1))
    #expect(ColumnCodec.make(ColumnDescription(name: "c", type: posint), ValueOptions()) != nil)
    #expect(ColumnCodec.make(ColumnDescription(name: "c", type: array(posint)), ValueOptions()) == nil)
  }

  @Test func aDomainsModifierIsThatOfItsBase() {
    let amount = TypeDescription(
      oid: TypeOID(rawValue: 16_401), name: "amount", kind: .domain(base(.numeric), modifier: 12 << 16 | 3 + 4))
    let codec = ColumnCodec.make(ColumnDescription(name: "c", type: amount), ValueOptions())
    #expect(codec?.schema.parameters.first == ConnectParameter("scale", "3"))
  }

  @Test func aValueThatCannotBeThrowsForARequiredColumn() {
    let column = ColumnDescription(name: "c", type: base(.numeric), typeModifier: 15 << 16 | 2 + 4, isNullable: false)
    let text = Array("NaN".utf8)
    #expect(throws: ConversionError(.noCounterpart, at: 0)) {
      var out = ByteWriter()
      try unsafe ColumnCodec.make(column, ValueOptions())?.writeJSON(text.span.bytes, into: &out)
    }
  }

  @Test func datesBeyondAllReasonAreThoseOfDebeziumsStream() throws {
    let codec = ColumnCodec.make(ColumnDescription(name: "c", type: base(.date)), ValueOptions())
    for (text, days) in [("infinity", -2_147_472_692), ("-infinity", -2_147_472_691), ("0044-03-15 BC", -735_160)] {
      let bytes = Array(text.utf8)
      #expect(try unsafe codec?.value(bytes.span.bytes) == .int32(Int32(days)))
    }
  }

  @Test func hundredThousandDigitsKeepTheirValue() throws {
    let codec = ColumnCodec.make(ColumnDescription(name: "c", type: base(.numeric)), ValueOptions())
    let digits = "-" + String(repeating: "123456789", count: 2000) + ".000123"
    let bytes = Array(digits.utf8)
    guard case .structure(let parts)? = try unsafe codec?.value(bytes.span.bytes), case .bytes(let unscaled) = parts[1]
    else {
      Issue.record("no value")
      return
    }
    #expect(parts[0] == .int32(6))
    var out = ByteWriter()
    DecimalNumberText.write(unscaled: unscaled, scale: 6, plain: true, into: &out)
    #expect(out.copiedBytes == bytes)
  }

  @Test func digestsAreThoseOfRFC1321() {
    // MD5 of "abc" is 900150983cd24fb0d6963f7d28e17f72.
    #expect(NameUUID.text(of: Array("abc".utf8)) == Array("90015098-3cd2-3fb0-9696-3f7d28e17f72".utf8))
  }
}
