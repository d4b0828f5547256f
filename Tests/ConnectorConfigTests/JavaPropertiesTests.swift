import Testing

@testable import ConnectorConfig

@Suite struct JavaPropertiesTests {
  private func read(_ text: String) throws -> [String: String] {
    let raw = try JavaProperties.read(ConfigSource(file: "f", text: text))
    return Dictionary(uniqueKeysWithValues: raw.entries.map { ($0.name, $0.value) })
  }

  @Test func separatorsCommentsAndBlanksAreJavas() throws {
    let read = try read("# c\n! c = d\n\n a = b \n c:d\r\n\te  f\rg\n=h\n i\\=j = k=l\n m : = n\n")
    #expect(read == ["a": "b ", "c": "d", "e": "f", "g": "", "": "h", "i=j": "k=l", "m": "= n"])
  }

  @Test func backslashesContinueAndEscape() throws {
    #expect(try read("a=b\\\n   c\\\r\n  d") == ["a": "bcd"])
    #expect(try read("a=b\\\\\nc=d") == ["a": "b\\", "c": "d"])
    #expect(try read(#"a=\t\n\q\u00e9\uD83C\uDF89\:"#) == ["a": "\t\nqé🎉:"])
    // A comment line does not go on, and a backslash at the very end is dropped.
    #expect(try read("# a\\\nb=c\\") == ["b": "c"])
  }

  @Test(arguments: [
    #"a=\u"#, #"a=\u12"#, #"a=\u12g4"#, #"a=\ud800"#, #"a=\ud800x"#, #"a=\ud800\u0041"#, #"a=\udc00"#, #"\uzzzz=a"#,
  ])
  func badEscapesAreErrorsWithTheirLine(line: String) throws {
    let error = #expect(throws: ConfigError.self) { try read("ok=1\n" + line + "\nok2=1") }
    #expect(error?.problems.map(\.line) == [2])
  }

  @Test func nameWrittenTwiceIsAnErrorThatNamesTheFirstLine() {
    let error = #expect(throws: ConfigError.self) { try read("a=1\nb=2\na=3") }
    #expect(error?.problems.first?.line == 3)
    #expect(error?.description.contains("line 1") == true)
  }

  @Test func entriesKnowTheLineTheyBeginIn() throws {
    let raw = try JavaProperties.read(ConfigSource(file: "f", text: "a=b\\\n c\n\nd=e"))
    #expect(raw.entries.map(\.line) == [1, 4])
  }

  @Test func cutAtAnyByteItReadsOrThrows() {
    let text = Array("# é\nname=a\\\n  b\nc\\u00e9=\\uD83C\\uDF89 🎉\n".utf8)
    for end in 0...text.count {
      _ = try? JavaProperties.read(ConfigSource(file: "f", bytes: Array(text[..<end])))
    }
  }
}
