import Testing

@testable import TerminalScreens

struct JSONNodeTests {
  @Test func numbersAndStringsStayAsTheyWereWritten() {
    let text = #"{"a":1.50e+3,"b":12345678901234567890123,"c":"\u00e9\ud800","d":[null,true,-0]}"#
    #expect(JSONNode(text)?.compactText == text)
  }

  @Test func whiteSpaceBetweenTokensIsNoPartOfTheValue() {
    #expect(JSONNode(" { \"a\" :\n[ 1 ,\t2 ] } ")?.compactText == #"{"a":[1,2]}"#)
  }

  @Test func escapesBecomeTheirCharactersOnlyWhenAskedFor() {
    let node = JSONNode(#"{"k":"a\n\"\u00fc\ud83d\ude00\/"}"#)
    #expect(node?["k"]?.scalarText == "a\n\"ü😀/")
  }

  @Test(arguments: [
    "", "{", "[1,", "{\"a\"}", "{\"a\":}", "01", "1.", "-", "+1", "nul", "\"a", "\"\\x\"", "\"\\u12g4\"", "[1] 2",
    "{'a':1}", "\"a\nb\"",
  ])
  func textThatIsNotJSONIsRefused(_ text: String) {
    #expect(JSONNode(text) == nil)
  }

  @Test func everyCutOfADocumentIsRefused() {
    let text = #"{"a":[1.5,"x\u00e9",{"b":null}],"c":true}"#
    for length in 0..<text.count { #expect(JSONNode(String(text.prefix(length))) == nil) }
  }

  @Test func nestingIsBounded() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(JSONNode(nested(JSONReader.depthMax)) != nil)
    #expect(JSONNode(nested(100_000)) == nil)
  }

  @Test func prettyTextIndentsObjectsAndKeepsFlatArraysOnTheirLine() {
    let pretty = JSONNode(#"{"a":{"b":[1,2]},"c":{}}"#)?.prettyText()
    #expect(pretty == "{\n  \"a\": {\n    \"b\": [1, 2]\n  },\n  \"c\": {}\n}")
  }
}
