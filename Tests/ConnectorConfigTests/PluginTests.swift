import Testing

@testable import ConnectorConfig

@Suite struct PluginTests {
  private func router(_ options: [String: String]) -> [String: String?] {
    var map = ["transforms": "o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter"]
    for (name, value) in options { map["transforms.o." + name] = value }
    return map.mapValues { $0 }
  }

  private func options(_ options: [String: String]) throws -> EventRouterOptions {
    guard case .eventRouter(let read) = try Support.options(router(options)).transforms[0].kind else {
      throw ConfigError([])
    }
    return read
  }

  @Test func eventRouterDefaultsAreDebeziums() throws { #expect(try options([:]) == EventRouterOptions()) }

  @Test func placementsAreReadAndWrongWordsKept() throws {
    let read = try options([
      "table.fields.additional.placement": "a:header, b:Envelope:x ,c:PARTITION,type:body",
      "table.op.invalid.behavior": "FATAL", "table.field.event.timestamp": "at", "table.expand.json.payload": "true",
    ])
    #expect(
      read.additionalPlacements == [
        .init(column: "a", place: .header), .init(column: "b", place: .envelope, alias: "x"),
        .init(column: "c", place: .partition), .init(column: "type", place: .invalid("body")),
      ])
    #expect(read.invalidOperationBehavior == .fatal && read.eventTimestampColumn == "at" && read.expandJSONPayload)
  }

  @Test(arguments: ["a", "a:header:b:c", ":header", ",a:header", "a:", ","])
  func placementsOfAnotherShapeAreErrors(text: String) {
    #expect(Support.problems(router(["table.fields.additional.placement": text])).count == 1)
  }

  @Test func chainKeepsItsOrderAndPredicates() throws {
    let options = try Support.options([
      "transforms": "b,a", "transforms.a.type": "RegexRouter", "transforms.a.regex": "(.*)",
      "transforms.a.replacement": "", "transforms.b.type": "org.apache.kafka.connect.transforms.RegexRouter",
      "transforms.b.regex": "x", "transforms.b.replacement": "$1", "transforms.b.predicate": "p",
      "transforms.b.negate": "true", "predicates": "p,q,r",
      "predicates.p.type": "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
      "predicates.p.pattern": "a.*",
      "predicates.q.type": "HasHeaderKey", "predicates.q.name": "h", "predicates.r.type": "RecordIsTombstone",
    ])
    #expect(
      options.transforms == [
        TransformOptions(alias: "b", kind: .regexRouter(regex: "x", replacement: "$1"), predicate: "p", negate: true),
        TransformOptions(alias: "a", kind: .regexRouter(regex: "(.*)", replacement: "")),
      ])
    #expect(
      options.predicates.map(\.kind) == [
        .topicNameMatches(pattern: "a.*"), .hasHeaderKey(name: "h"), .recordIsTombstone,
      ])
  }

  @Test(
    arguments: [
      (["transforms": "a"], "transforms.a.type: is missing"),
      (["transforms": "a,a", "transforms.a.type": "RegexRouter"], "listed twice"),
      (["transforms.b.type": "RegexRouter"], "\"b\" is not in transforms"),
      (["transforms": "a", "transforms.a.type": "RegexRuter"], "RegexRouter"),
      (
        ["transforms": "a", "transforms.a.type": "io.debezium.transforms.SwapGeometryCoordinates"],
        "not supported by this version"
      ),
      (
        ["transforms": "a", "transforms.a.type": "RegexRouter", "transforms.a.regexp": "x"],
        "Did you mean transforms.a.regex?"
      ),
      (["predicates": "p", "predicates.p.type": "Nope"], "no predicate"),
      (
        ["predicates": "p", "predicates.p.type": "TopicNameMatches", "predicates.p.pattern": "("], "regular expression"
      ),
      (["key.converter": "io.confluent.connect.avro.AvroConverter"], "not supported by this version"),
      (["key.converter": "JsonConvertor"], "Did you mean"),
      (
        ["key.converter": "JsonConverter", "key.converter.schema.enable": "x"],
        "Did you mean key.converter.schemas.enable?"
      ),
      (["key.converter": "StringConverter", "key.converter.schema.enable": "true"], "no such property"),
      (["header.converter": "ByteArrayConverter"], "not supported by this version"),
      (["value.converter": "StringConverter", "value.converter.converter.encoding": "UTF-16"], "only UTF-8"),
    ] as [([String: String], String)])
  func wrongPluginsAreErrors(properties: [String: String], expected: String) {
    let text = Support.problems(properties.mapValues { $0 }).map(\.description).joined(separator: "\n")
    #expect(text.contains(expected), "\(text)")
  }

  @Test func predicateMustBeDeclared() {
    let text = Support.problems(
      router(["predicate": "isOutbx"]).merging([
        "predicates": "isOutbox", "predicates.isOutbox.type": "RecordIsTombstone",
      ]) { $1 }
    ).map(\.description).joined()
    #expect(text.contains("Did you mean \"isOutbox\"?"), "\(text)")
  }

  @Test func connectorsConverterReplacesTheWorkersAltogether() throws {
    let worker =
      Support.worker + "key.converter=org.apache.kafka.connect.json.JsonConverter\nkey.converter.schemas.enable=false\n"
    var plain = JSONConverterOptions()
    plain.schemasEnable = false
    #expect(try Support.options(worker: worker).keyConverter == .json(plain))
    // A converter of its own does not inherit the worker's options.
    #expect(
      try Support.options(["key.converter": "JsonConverter"], worker: worker).keyConverter
        == .json(JSONConverterOptions()))
    // Options without a converter have no effect.
    let loaded = try Support.load(["key.converter.schemas.enable": "true"], worker: worker)
    #expect(loaded.connectors[0].keyConverter == .json(plain))
    #expect(loaded.notices.map(\.property) == ["key.converter.schemas.enable"])
  }

  @Test func optionOfAnotherConverterMakesANotice() throws {
    let loaded = try Support.load(["key.converter": "StringConverter", "key.converter.schemas.enable": "true"])
    #expect(loaded.connectors[0].keyConverter == .string)
    #expect(loaded.notices.map(\.property) == ["key.converter.schemas.enable"])
  }

  @Test func binaryDataConverterHasItsDelegate() throws {
    let options = try Support.options([
      "value.converter": "io.debezium.converters.BinaryDataConverter",
      "value.converter.delegate.converter.type": "org.apache.kafka.connect.json.JsonConverter",
      "value.converter.delegate.converter.type.schemas.enable": "false",
      "value.converter.delegate.converter.type.decimal.format": "numeric", "key.converter": "BinaryDataConverter",
    ])
    var json = JSONConverterOptions()
    json.schemasEnable = false
    json.decimalFormat = .numeric
    #expect(options.valueConverter == .binaryData(delegate: .json(json)))
    #expect(options.keyConverter == .binaryData(delegate: nil))
    let problems = Support.problems([
      "value.converter": "BinaryDataConverter", "value.converter.delegate.converter.type": "JsonConverter",
      "value.converter.delegate.converter.type.nope": "1",
    ])
    #expect(problems.map(\.property) == ["value.converter.delegate.converter.type.nope"])
  }
}
