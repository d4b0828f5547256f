import Testing

@testable import ConnectorConfig

@Suite struct ConnectorFileTests {
  private func read(_ text: String, file: String = "c.json") throws -> [String] {
    try ConnectorFile.read(ConfigSource(file: file, text: text)).entries.map { "\($0.name)=\($0.value)@\($0.line)" }
  }

  private func message(_ text: String) -> String {
    do {
      _ = try read(text)
      return ""
    } catch { return "\(error)" }
  }

  @Test func nameAndConfigAndBareMapAndPropertiesAreRead() throws {
    #expect(try read("{\"name\":\"n\",\n\"config\":{\n\"a\":\"b\"}}") == ["name=n@1", "a=b@3"])
    #expect(try read("{\"config\":{\"a\":\"b\"},\"name\":\"n\"}\n") == ["name=n@1", "a=b@1"])
    #expect(try read("{\"name\":\"n\",\"a\":\"b\"}") == ["name=n@1", "a=b@1"])
    #expect(try read("name=n\na=b", file: "c.properties") == ["name=n@1", "a=b@2"])
    #expect(try read("\u{FEFF}{\"a\":\"b\"}") == ["a=b@1"])
  }

  @Test func numbersAndBooleansBecomeTheTextAsWritten() throws {
    #expect(
      try read("{\"a\":5432,\"b\":true,\"c\":1.50,\"d\":-1e3,\"e\":123456789012345678901234567890,\"f\":false}")
        == ["a=5432@1", "b=true@1", "c=1.50@1", "d=-1e3@1", "e=123456789012345678901234567890@1", "f=false@1"])
    #expect(try read(#"{"a":"\u00e9\n\"é🎉"}"#) == ["a=é\n\"é🎉@1"])
  }

  @Test(arguments: [
    ("{\"config\":{\n\"a\":null}}", "a: must be a text"), ("{\"a\":[1]}", "not an array"),
    ("{\"a\":{}}", "not an object"),
    ("[]", "JSON object"), ("{\"config\":1}", "config"), ("{\"name\":1,\"config\":{}}", "name: must be a text"),
    ("{\"config\":{},\"nome\":\"x\"}", "nome: does not belong"),
    ("{\"name\":\"a\",\"config\":{\"name\":\"b\"}}", "name"),
    ("{\"a\":1,\n\"a\":2}", "c.json:2: the key \"a\" is written twice"), ("{\"a\":1,\"\\u0061\":2}", "written twice"),
    ("{\"a\\u0000b\":1}", "NUL"), ("{\"a\":1,}", "not valid JSON"), ("{'a':1}", "not valid JSON"),
    ("{\"a\":1} x", "not valid JSON"), ("{\"a\":NaN}", "not valid JSON"), ("{\"a\":1} // c", "not valid JSON"),
    ("", "ends before"), ("{\n\"a\":\n", "c.json:3: is not valid JSON: ends before"),
  ])
  func wrongShapesAreToldWithTheirPlace(text: String, expected: String) {
    #expect(message(text).contains(expected), "\(message(text))")
  }

  @Test func cutAtAnyByteItThrows() {
    let text = Array(#"{"name":"n","config":{"é🎉":"\u00e9\ud83c\udf89","b":-12.5e3,"c":true,"d":[1,{"x":null}]}}"#.utf8)
    for end in 0..<text.count {
      #expect(throws: ConfigError.self) {
        try ConnectorFile.read(ConfigSource(file: "c.json", bytes: Array(text[..<end])))
      }
    }
  }

  @Test func anyByteChangedItReadsOrThrows() {
    let text = Array(#"{"name":"n","config":{"a":"\u00e9","b":-12.5e3,"c":[{"x":1}]}}"#.utf8)
    for at in text.indices {
      for byte in [0, 0x22, 0x5C, 0x7B, 0x7D, 0x5B, 0x5D, 0x2C, 0x3A, 0x4E, 0x80, 0xFF, 0x31, 0x0A] as [UInt8] {
        var changed = text
        changed[at] = byte
        _ = try? ConnectorFile.read(ConfigSource(file: "c.json", bytes: changed))
      }
    }
  }

  @Test func bytesThatAreNoUTF8AreAnErrorWithTheirLine() {
    let bytes = Array("{\n\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8)
    let error = #expect(throws: ConfigError.self) { try ConnectorFile.read(ConfigSource(file: "f", bytes: bytes)) }
    #expect(error?.problems.first?.line == 2)
  }

  @Test func deepNestingAndHugeFilesAreErrors() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(message("{\"a\":\(deep)").contains("too deep"), "\(message("{\"a\":\(deep)").prefix(200))")
    let huge = "{\"a\":\"" + String(repeating: "x", count: ConfigSource.bytesMax) + "\"}"
    #expect(message(huge).contains("bytes"))
  }
}
