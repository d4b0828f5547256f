import ConnectData
import Testing

@testable import EventRouting

/// Edges of Kafka Connect's transforms that a database's changes hardly reach. What they do is that of Kafka 4.3.0.
@Suite struct ConnectTransformTests {
  private let inner = ConnectSchema(
    .structure([
      ConnectField("a.b", ConnectSchema(.string)),
      ConnectField("n", ConnectSchema(.int32, isOptional: true, defaultValue: .int32(5))),
    ]), isOptional: true)

  private var outer: SharedSchema {
    SharedSchema(
      ConnectSchema(
        .structure([ConnectField("in", inner), ConnectField("list", ConnectSchema(.array(ConnectSchema(.int32))))]),
        name: "outer", version: 2))
  }

  private func record(_ value: ConnectValue, _ schema: SharedSchema?) -> ConnectRecord {
    ConnectRecord(topic: "t", keySchema: nil, key: .null, valueSchema: schema, value: value)
  }

  private func map(_ entries: KeyValuePairs<String, ConnectValue>) -> ConnectValue {
    .map(entries.map { ConnectMapEntry(.text($0.key), $0.value) })
  }

  // MARK: ExtractField

  private func extracted(
    _ field: String, _ value: ConnectValue, _ schema: SharedSchema?, replaces: Bool = true
  ) throws -> ConnectRecord {
    let path = try #require(FieldPath(field, .v2))
    var transform = ExtractField(.init(part: .value, field: path, replacesNullWithDefault: replaces))
    var record = record(value, schema)
    #expect(try transform.apply(&record))
    return record
  }

  @Test func aPathLeadsThroughStructuresAndMaps() throws {
    let value = ConnectValue.structure([.structure([.text("x"), .null]), .array([])])
    #expect(try extracted("in.`a.b`", value, outer).value == .text("x"))
    #expect(try extracted("in.n", value, outer).value == .int32(5))
    #expect(try extracted("in.n", value, outer, replaces: false).value == .null)
    #expect(try extracted("in.n", .structure([.null, .array([])]), outer).value == .null)
    #expect(try extracted("a.b", map(["a": map(["b": .int8(1)])]), nil).value == .int8(1))
    #expect(try extracted("a.b", map(["c": .null]), nil).value == .null)
    #expect(throws: TransformFailure.self) { try extracted("in.none", value, outer) }
    #expect(throws: TransformFailure.self) { try extracted("list.x", value, outer) }
  }

  @Test func pathsAreSplitAsKafkaSplitsThem() {
    #expect(FieldPath("a.b", .v1)?.names == ["a.b"])
    #expect(FieldPath("a.b.", .v2)?.names == ["a", "b", ""])
    #expect(FieldPath("`a.b`.c", .v2)?.names == ["a.b", "c"])
    #expect(FieldPath("a.`b`c`.d", .v2)?.names == ["a", "b`c", "d"])
    #expect(FieldPath("`a\\`.b`", .v2)?.names == ["a`.b"])
    #expect(FieldPath("`a", .v2) == nil)
    #expect(FieldPath("a.`b\\`", .v2) == nil)
  }

  // MARK: Flatten

  @Test func flatFieldsTakeOptionalityAndDefaultsFromAbove() throws {
    var transform = Flatten(part: .value, delimiter: "_")
    var record = record(.structure([.null, .array([.int32(1)])]), outer)
    #expect(try transform.apply(&record))
    #expect(record.value == .structure([.null, .null, .array([.int32(1)])]))
    let schema = try #require(record.valueSchema?.schema)
    #expect(schema.fields.map(\.name) == ["in_a.b", "in_n", "list"])
    #expect(schema.fields[0].schema == ConnectSchema(.string, isOptional: true))
    #expect(schema.name == "outer" && schema.version == 2 && !schema.isOptional)
  }

  @Test func mapsAreFlattenedWithoutASchemaOnly() throws {
    var transform = Flatten(part: .value)
    var plain = record(map(["a": map(["b": .int8(1), "c": .null]), "d": .array([])]), nil)
    #expect(try transform.apply(&plain))
    #expect(plain.value == map(["a.b": .int8(1), "a.c": .null, "d": .array([])]))
    let text = ConnectSchema(.string)
    let schema = SharedSchema(
      ConnectSchema(.structure([ConnectField("m", ConnectSchema(.map(key: text, value: text)))])))
    var typed = record(.structure([.map([])]), schema)
    #expect(throws: TransformFailure.self) { try transform.apply(&typed) }
  }

  // MARK: ReplaceField

  private let pair = SharedSchema(
    ConnectSchema(
      .structure([
        ConnectField("a", ConnectSchema(.string)), ConnectField("b", ConnectSchema(.string, isOptional: true)),
      ])))

  private func replaced(_ options: ReplaceField.Options) throws -> ConnectRecord {
    var transform = ReplaceField(options)
    var record = record(.structure([.text("1"), .text("2")]), pair)
    #expect(try transform.apply(&record))
    return record
  }

  @Test func aFieldWithTheNameOfADroppedOnesRenameTakesItsValue() throws {
    let rename = ReplaceField.Rename(from: "a", to: "b")
    let record = try replaced(.init(part: .value, exclude: ["a"], renames: [rename]))
    #expect(record.value == .structure([.text("1")]))
    #expect(throws: TransformFailure.self) { try replaced(.init(part: .value, renames: [rename])) }
  }

  @Test func excludeWinsOverInclude() throws {
    let record = try replaced(.init(part: .value, include: ["a", "b"], exclude: ["a"]))
    #expect(record.valueSchema?.schema.fields.map(\.name) == ["b"])
  }

  // MARK: Maps without a schema

  /// Read off Java 17.
  @Test func mapsHaveTheOrderOfJavasHashMap() {
    let names = ["field0", "field7", "field14", "field21", "field28"]
    var map = JavaHashMap(copying: names.map { ConnectMapEntry(.text($0), .null) })
    map.put("zz", .int8(1))
    map.put("topic", .int8(2))
    let expected = ["zz", "field0", "field21", "field14", "field7", "topic", "field28"]
    #expect(map.entries.map(\.key) == expected.map { .text($0) })
    var small = JavaHashMap(copying: [ConnectMapEntry(.text("field0"), .null)])
    small.put("zz", .null)
    small.put("topic", .null)
    #expect(small.entries.map(\.key) == [.text("zz"), .text("topic"), .text("field0")])
  }

  @Test func aNullIsHoistedIntoAMapAndPassesOthers() throws {
    var hoist = HoistField(part: .value, field: "line")
    var tombstone = record(.null, nil)
    #expect(try hoist.apply(&tombstone))
    #expect(tombstone.value == map(["line": .null]))
    for options: RecordTransformOptions in [
      .replaceField(.init(part: .value, exclude: ["x"])), .flatten(.value, delimiter: "."),
      .insertField(.init(part: .value, topic: .init("t"))),
      .setSchemaMetadata(.init(part: .value, name: "n", version: nil)), .cast(.init(part: .value, .whole(.string))),
      .timestampConverter(.init(part: .value, field: "x", target: .unix)),
    ] {
      var transform = options.transform(now: 0) { _ in ZoneRules(fixedOffsetSeconds: 0) }
      var record = record(.null, nil)
      #expect(try transform.apply(&record))
      #expect(record.value == .null && record.valueSchema == nil)
    }
    for options: RecordTransformOptions in [
      .maskField(.init(part: .value, fields: ["x"])), .valueToKey(fields: ["x"], replacesNullWithDefault: true),
      .headerFrom(.init(part: .value, fields: ["x"], headers: ["h"], operation: .copy)),
    ] {
      var transform = options.transform(now: 0) { _ in ZoneRules(fixedOffsetSeconds: 0) }
      var record = record(.null, nil)
      #expect(throws: TransformFailure.self) { try transform.apply(&record) }
    }
  }

  // MARK: MaskField

  @Test func aReplacementIsMadeTheTypeOfItsField() throws {
    let types: [(ConnectSchema, ConnectValue, ConnectValue?)] = [
      (ConnectSchema(.int8), .int8(5), .int8(44)), (ConnectSchema(.float32), .float32(5), .float32(300.75)),
      (ConnectSchema(.string), .text("x"), .text("300.75")), (ConnectSchema(.boolean), .boolean(true), nil),
      (ConnectSchema(.bytes), .bytes([1]), nil), (LogicalType.date.schema, .int32(1), nil),
      (ConnectSchema(.int64, isOptional: true), .null, .null),
    ]
    for (schema, value, expected) in types {
      var mask = MaskField(.init(part: .value, fields: ["f"], replacement: "300.75"))
      var record = record(
        .structure([value]), SharedSchema(ConnectSchema(.structure([ConnectField("f", schema)]))))
      if let expected {
        #expect(try mask.apply(&record))
        #expect(record.value == .structure([expected]))
      } else {
        #expect(throws: TransformFailure.self) { try mask.apply(&record) }
      }
    }
  }

  // MARK: InsertHeader

  @Test func literalsBecomeTheTypesThatConnectGuesses() throws {
    let decimal = try #require(JavaDecimal("99999999999999999999")).value
    let literals: [(String, ConnectValue)] = [
      ("null", .null), ("true", .boolean(true)), ("True", .text("True")), ("12", .int8(12)), ("12,34", .int8(12)),
      ("1:2", .int8(1)), ("1.50", .float32(1.5)), ("+5", .int8(5)), ("-", .text("-")), ("1e3", .int16(1000)),
      ("1e20", .float32(1e20)), ("99999999999999999999", decimal), ("3.4e39", .float64(3.4e39)),
      ("2024-01-02", .int32(19_724)), ("2024-13-45", .int32(20_133)), ("12:34:56.789Z", .int32(45_296_789)),
      ("2024-01-02T03:04:05.006Z", .int64(1_704_164_645_006)), ("0x10", .text("0x10")), ("a,b", .text("a,b")),
      ("\"12\"", .text("\"12\"")), ("12\\:34\\:56.789Z", .int32(45_296_789)), ("128", .int16(128)),
      ("40000", .int32(40_000)), ("3000000000", .int64(3_000_000_000)), ("1.0", .int8(1)), ("true}", .text("true}")),
      ("1.5f", .text("1.5f")), ("", .text("")),
    ]
    for (text, value) in literals { #expect(try HeaderLiteral(text).value == value, "\(text)") }
  }

  @Test func literalsThatAreListsOrMapsHaveTheWidestTypeOfTheirElements() throws {
    let list = try HeaderLiteral(" [1, 300,2.5]")
    #expect(list.value == .array([.float32(1), .float32(300), .float32(2.5)]))
    #expect(list.schema == ConnectSchema(.array(ConnectSchema(.float32))))
    let map = try HeaderLiteral("{\"a\":1,\"b\":300,\"a\":2} rest")
    #expect(
      map.value
        == .map([
          ConnectMapEntry(.text("a"), .int16(2)), ConnectMapEntry(.text("b"), .int16(300)),
        ]))
    #expect(try HeaderLiteral("[[true]]").value == .array([.array([.boolean(true)])]))
    #expect(try HeaderLiteral("[\"2024-01-02\"]").value == .array([.int32(19_724)]))
    for text in ["[1,null]", "[1", "[,]", "[a]", "{\"a\"}", "{null:1}", "[1 2]", "[\"a\":1]"] {
      #expect(try HeaderLiteral(text).value == .text(text), "\(text)")
    }
    for text in ["[]", "{}", "[null]", "[1,\"a\"]", "{\"a\":null}", String(repeating: "[", count: 100_000)] {
      #expect(throws: HeaderLiteral.Refusal.self) { try HeaderLiteral(text) }
    }
  }

  // MARK: TimestampRouter

  @Test func aTopicIsNamedByTheRecordsTime() throws {
    var router = TimestampRouter(
      topicFormat: "${topic}-${timestamp}-${topic}", timestampFormat: try SimpleDateFormat("yyyyMM"))
    var record = record(.null, nil)
    record.topic = "a${timestamp}"
    record.timestampMilliseconds = 1_704_164_645_006
    #expect(try router.apply(&record))
    #expect(record.topic == "a202401-202401-a202401")
    record.timestampMilliseconds = nil
    #expect(throws: TransformFailure.self) { try router.apply(&record) }
  }
}
