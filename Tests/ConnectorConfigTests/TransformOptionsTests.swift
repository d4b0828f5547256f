import EventRouting
import Testing

@testable import ConnectorConfig

@Suite struct TransformOptionsTests {
  private func file(_ type: String, _ options: [String: String]) -> [String: String?] {
    var map = ["transforms": "a", "transforms.a.type": type]
    for (name, value) in options { map["transforms.a." + name] = value }
    return map.mapValues { $0 }
  }

  private func read(_ type: String, _ options: [String: String]) throws -> RecordTransformOptions? {
    guard case .record(let className, let values) = try Support.options(file(type, options)).transforms[0].kind else {
      return nil
    }
    return try RecordTransformReader.options(className, values)
  }

  private static let connect = "org.apache.kafka.connect.transforms."

  @Test func optionsAreReadWithKafkasDefaults() throws {
    #expect(
      try read(Self.connect + "ExtractField$Key", ["field": " id "])
        == .extractField(.init(part: .key, field: try #require(FieldPath("id", .v1)))))
    #expect(try read("Flatten$Value", [:]) == .flatten(.value, delimiter: "."))
    #expect(
      try read("ReplaceField$Value", ["renames": "a:b, c:d", "exclude": "x,y", "replace.null.with.default": "false"])
        == .replaceField(
          .init(
            part: .value, exclude: ["x", "y"], renames: [.init(from: "a", to: "b"), .init(from: "c", to: "d")],
            replacesNullWithDefault: false)))
    #expect(
      try read("InsertField$Value", ["topic.field": "t!", "static.field": "s?", "static.value": "v"])
        == .insertField(.init(part: .value, topic: .init("t!"), fixed: .init("s?"), fixedText: "v")))
    #expect(
      try read("TimestampRouter", [:])
        == .timestampRouter(topicFormat: "${topic}-${timestamp}", timestampFormat: try SimpleDateFormat("yyyyMMdd")))
    #expect(
      try read("HeaderFrom$Value", ["fields": "a,a", "headers": "x,y", "operation": "move"])
        == .headerFrom(.init(part: .value, fields: ["a", "a"], headers: ["x", "y"], operation: .move)))
    #expect(
      try read("ValueToKey", ["fields": "a,b,a"]) == .valueToKey(fields: ["a", "b"], replacesNullWithDefault: true))
    #expect(
      try read("PartitionRouting", ["partition.payload.fields": "change.a, op", "partition.topic.num": "3"])
        == .partitionRouting(.init(fields: ["change.a", "op"], partitionCount: 3)))
  }

  @Test func filterIsKafkasWhereNoPackageIsNamed() throws {
    #expect(try read("Filter", [:]) == .dropRecord)
  }

  @Test(
    arguments: [
      ("Cast$Value", ["spec": "a:bytes"], "transforms.a.spec"),
      ("Cast$Value", ["spec": ""], "transforms.a.spec"),
      ("Cast$Value", [:], "transforms.a.spec"),
      ("DropHeaders", ["headers": "a,,b"], "transforms.a.headers"),
      ("ExtractField$Value", ["field": "`a", "field.syntax.version": "v2"], "transforms.a.field"),
      ("HeaderFrom$Key", ["fields": "a", "headers": "b,c", "operation": "copy"], "transforms.a.headers"),
      ("HeaderFrom$Key", ["fields": "a", "headers": "b", "operation": "COPY"], "transforms.a.operation"),
      ("InsertField$Value", [:], "transforms.a.type"),
      ("InsertField$Value", ["static.field": "s"], "transforms.a.static.field"),
      ("InsertField$Value", ["offset.field": "o"], "transforms.a.offset.field"),
      ("InsertHeader", ["header": "h", "value.literal": "[1,true]"], "transforms.a.value.literal"),
      ("MaskField$Value", ["fields": "a", "replacement": " "], "transforms.a.replacement"),
      ("ReplaceField$Value", ["renames": "a"], "transforms.a.renames"),
      ("ReplaceField$Value", ["blacklist": "a"], "transforms.a.blacklist"),
      ("SetSchemaMetadata$Value", [:], "transforms.a.type"),
      ("TimestampConverter$Value", ["target.type": "string"], "transforms.a.target.type"),
      ("TimestampConverter$Value", ["target.type": "date"], "transforms.a.target.type"),
      ("TimestampConverter$Value", ["target.type": "Date", "format": "YYYY"], "transforms.a.format"),
      (
        "PartitionRouting", ["partition.payload.fields": "a", "partition.topic.num": "0"],
        "transforms.a.partition.topic.num"
      ),
      ("HeaderToValue", ["headers": "a b", "fields": "c", "operation": "copy"], "transforms.a.headers"),
      ("HeaderToValue", ["headers": "a", "fields": "c,d", "operation": "copy"], "transforms.a.fields"),
      ("TimezoneConverter", ["converted.timezone": "+19:00"], "transforms.a.converted.timezone"),
      ("TimezoneConverter", ["converted.timezone": "../x"], "transforms.a.converted.timezone"),
      ("TimezoneConverter", ["converted.timezone": "UTC", "include.list": "a"], "transforms.a.include.list"),
      (
        "TimezoneConverter", ["converted.timezone": "UTC", "include.list": "a:b", "exclude.list": "a:b"],
        "transforms.a.exclude.list"
      ),
      (
        "SchemaChangeEventFilter", ["schema.change.event.exclude.list": "create"],
        "transforms.a.schema.change.event.exclude.list"
      ),
    ] as [(String, [String: String], String)])
  func whatKafkaOrDebeziumRefuseIsRefused(type: String, options: [String: String], property: String) {
    #expect(Support.problems(file(type, options)).map(\.property) == [property])
  }
}
