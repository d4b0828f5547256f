import ConnectData
import Primitives
import Testing

@testable import EventEncoding

/// Values and texts of Connect 4.3's own converters.
@Suite struct ConverterTests {
  private static let optionalText = ConnectSchema(.string, isOptional: true)
  private static func decimal(_ scale: Int) -> ConnectSchema {
    ConnectSchema(
      .bytes, name: "org.apache.kafka.connect.data.Decimal", version: 1,
      parameters: [ConnectParameter("scale", String(scale))])
  }
  private static func logical(_ kind: ConnectSchema.Kind, _ name: String) -> ConnectSchema {
    ConnectSchema(kind, name: "org.apache.kafka.connect.data.\(name)", version: 1)
  }
  private static let structure = ConnectSchema(
    .structure([
      ConnectField("a", ConnectSchema(.int32)), ConnectField("b", optionalText), ConnectField("c", optionalText),
      ConnectField("d", ConnectSchema(.array(ConnectSchema(.string)), isOptional: true)),
      ConnectField("z", ConnectSchema(.string, isOptional: true, defaultValue: .text("dflt"))),
    ]), name: "n")
  private static let structureValue = ConnectValue.structure([
    .int32(1), .text("x\"y"), .null, .array([.text("q")]), .null,
  ])

  /// Value, schema, header text, StringConverter's text, JSON with `decimal.format` BASE64 and NUMERIC.
  private static let cases: [(ConnectValue, ConnectSchema, String, String, String, String)] = [
    (.text("a\"b\\c"), ConnectSchema(.string), #"a"b\c"#, #"a"b\c"#, #""a\"b\\c""#, #""a\"b\\c""#),
    (
      .array([.text("a\"b\\c"), .null, .text("x\n/é😀"), .text("")]), ConnectSchema(.array(optionalText)),
      "[\"a\\\"b\\\\c\",null,\"x\n/é😀\",\"\"]", "[a\"b\\c, null, x\n/é😀, ]",
      #"["a\"b\\c",null,"x\n/é\uD83D\uDE00",""]"#, #"["a\"b\\c",null,"x\n/é\uD83D\uDE00",""]"#
    ),
    (.decimal(unscaled: [4, 0xE2], scale: 2), decimal(2), "12.50", "12.50", #""BOI=""#, "12.50"),
    (.decimal(unscaled: [1], scale: 10), decimal(10), "1E-10", "1E-10", #""AQ==""#, "1E-10"),
    (.decimal(unscaled: [0x7B], scale: 0), decimal(0), "123", "123", #""ew==""#, "123"),
    (.decimal(unscaled: [0x7B], scale: -2), decimal(-2), "1.23E+4", "1.23E+4", #""ew==""#, "1.23E+4"),
    (.decimal(unscaled: [0], scale: 7), decimal(7), "0E-7", "0E-7", #""AA==""#, "0E-7"),
    (.decimal(unscaled: [0xFA, 0x24], scale: 10), decimal(10), "-1.500E-7", "-1.500E-7", #""+iQ=""#, "-1.500E-7"),
    (
      .bytes([0, 255]), ConnectSchema(.bytes), "AP8=", "java.nio.HeapByteBuffer[pos=0 lim=2 cap=2]", #""AP8=""#,
      #""AP8=""#
    ),
    (
      .array([.bytes([0, 255]), .null]), ConnectSchema(.array(ConnectSchema(.bytes, isOptional: true))),
      #"["AP8=",null]"#, "[java.nio.HeapByteBuffer[pos=0 lim=2 cap=2], null]", #"["AP8=",null]"#, #"["AP8=",null]"#
    ),
    (
      .array([.float64(1.5), .float64(1e22), .float64(.nan), .null]),
      ConnectSchema(.array(ConnectSchema(.float64, isOptional: true))), "[1.5,1.0E22,NaN,null]",
      "[1.5, 1.0E22, NaN, null]", #"[1.5,1.0E22,"NaN",null]"#, #"[1.5,1.0E22,"NaN",null]"#
    ),
    (.float32(1e10), ConnectSchema(.float32), "1.0E10", "1.0E10", "1.0E10", "1.0E10"),
    (.boolean(true), ConnectSchema(.boolean), "true", "true", "true", "true"),
    (
      .map([ConnectMapEntry(.text("a b"), .text("x\"y")), ConnectMapEntry(.text("n"), .null)]),
      ConnectSchema(.map(key: ConnectSchema(.string), value: optionalText)), #"{"a b":"x\"y","n":null}"#,
      #"{a b=x"y, n=null}"#, #"{"a b":"x\"y","n":null}"#, #"{"a b":"x\"y","n":null}"#
    ),
    (
      .map([ConnectMapEntry(.int32(1), .text("x"))]),
      ConnectSchema(.map(key: ConnectSchema(.int32), value: optionalText)), #"{1:"x"}"#, "{1=x}", #"[[1,"x"]]"#,
      #"[[1,"x"]]"#
    ),
    (
      structureValue, structure, #"{"a":1,"b":"x\"y","c":null,"d":["q"],"z":"dflt"}"#, #"Struct{a=1,b=x"y,d=[q]}"#,
      #"{"a":1,"b":"x\"y","c":null,"d":["q"],"z":"dflt"}"#, #"{"a":1,"b":"x\"y","c":null,"d":["q"],"z":"dflt"}"#
    ),
    (.int32(19724), logical(.int32, "Date"), "2024-01-02", "Tue Jan 02 00:00:00 UTC 2024", "19724", "19724"),
    (
      .int32(11_045_678), logical(.int32, "Time"), "03:04:05.678Z", "Thu Jan 01 03:04:05 UTC 1970", "11045678",
      "11045678"
    ),
    (
      .int64(1_704_164_645_678), logical(.int64, "Timestamp"), "2024-01-02T03:04:05.678Z",
      "Tue Jan 02 03:04:05 UTC 2024", "1704164645678", "1704164645678"
    ),
    (
      .int64(-63_775_555_200_000), logical(.int64, "Timestamp"), "00:00:00.000Z", "Thu Jan 15 00:00:00 UTC 52",
      "-63775555200000", "-63775555200000"
    ),
    (
      .int64(-12_220_239_477_000), logical(.int64, "Timestamp"), "01:02:03.000Z", "Mon Sep 24 01:02:03 UTC 1582",
      "-12220239477000", "-12220239477000"
    ),
    (.int32(3_789_548), logical(.int32, "Date"), "12345-06-07", "Thu Jun 07 00:00:00 UTC 12345", "3789548", "3789548"),
  ]

  @Test func valuesReadAsConnectsConvertersWriteThem() {
    for (value, schema, header, text, json, numeric) in Self.cases {
      var out = ByteWriter()
      #expect(SimpleHeaderConverter.write(value, schema, into: &out))
      #expect(String(decoding: out.copiedBytes, as: UTF8.self) == header)
      out.removeAll()
      #expect(StringConverter.write(value, schema, into: &out))
      #expect(String(decoding: out.copiedBytes, as: UTF8.self) == text)
      out.removeAll()
      JSONConverter.write(value, schema, into: &out)
      #expect(String(decoding: out.copiedBytes, as: UTF8.self) == json)
      out.removeAll()
      JSONConverter.write(value, schema, JSONOptions(decimalFormat: .numeric), into: &out)
      #expect(String(decoding: out.copiedBytes, as: UTF8.self) == numeric)
    }
  }

  @Test func nullsHaveNoBytesButInJSON() {
    let schema = ConnectSchema(.string, isOptional: true, defaultValue: .text("d"))
    var out = ByteWriter()
    #expect(!StringConverter.write(.null, schema, into: &out))
    #expect(!SimpleHeaderConverter.write(.null, schema, into: &out))
    #expect(out.count == 0)
    JSONConverter.write(.null, schema, into: &out)
    JSONConverter.write(.null, schema, JSONOptions(replacesNullWithDefault: false), into: &out)
    #expect(String(decoding: out.copiedBytes, as: UTF8.self) == "\"d\"null")
  }

  @Test func schemasHaveConnectsOrderOfMembers() {
    let schema = ConnectSchema(
      .structure([ConnectField("x", ConnectSchema(.int8))]), isOptional: true, name: "N", version: 3,
      parameters: [ConnectParameter("p", "1"), ConnectParameter("a", "2")], documentation: "D")
    #expect(
      String(decoding: JSONConverter.schemaJSON(schema), as: UTF8.self)
        == #"{"type":"struct","fields":[{"type":"int8","optional":false,"field":"x"}],"optional":true,"name":"N","#
        + #""version":3,"doc":"D","parameters":{"p":"1","a":"2"}}"#)
  }

  @Test func converterOfBytesTakesNothingElse() throws {
    var out = ByteWriter()
    #expect(try ByteArrayConverter.write(.bytes([1, 2]), ConnectSchema(.bytes), into: &out))
    #expect(out.copiedBytes == [1, 2])
    #expect(throws: ConverterError.schemaIsNotBytes(.string)) {
      var out = ByteWriter()
      _ = try ByteArrayConverter.write(.text("x"), ConnectSchema(.string), into: &out)
    }
    #expect(throws: ConverterError.valueIsNotBytes) {
      var out = ByteWriter()
      _ = try ByteArrayConverter.write(.text("x"), nil, into: &out)
    }
    out.removeAll()
    #expect(
      try BinaryDataConverter.write(
        .text("x"), ConnectSchema(.string), delegate: .json(schemasEnabled: false, JSONOptions()), into: &out))
    #expect(String(decoding: out.copiedBytes, as: UTF8.self) == "\"x\"")
  }
}
