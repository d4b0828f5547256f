import Primitives
import Testing

@Suite struct CompactJSONTests {
  private func compact(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    var out = ByteWriter()
    out.append("kept")
    let isWritten = CompactJSON.writeDocument(bytes.span.bytes, into: &out)
    let result = String(decoding: out.array, as: UTF8.self)
    guard isWritten else {
      #expect(result == "kept", "a refused text leaves nothing: \(text)")
      return nil
    }
    return String(result.dropFirst(4))
  }

  @Test(arguments: [
    (#"{"a": 12.50, "b":12345678901234567890123}"#, #"{"a":12.50,"b":12345678901234567890123}"#),
    (#"{"n":1E5,"m":-0,"k":1e-400,"z":-0.0}"#, #"{"n":1E5,"m":-0,"k":1e-400,"z":-0.0}"#),
    ("[1, \"a\", null, [], {}, [[ ]], {\"x\" : null}]", #"[1,"a",null,[],{},[[]],{"x":null}]"#),
    (#"{"a":1,"a":2,"":3}"#, #"{"a":1,"a":2,"":3}"#), ("\n\t {} \r\n", "{}"), ("[ ]", "[]"), ("[[[[1]]]]", "[[[[1]]]]"),
    (#"{"t":true,"f":false,"n":null}"#, #"{"t":true,"f":false,"n":null}"#),
  ])
  func onlySpaceBetweenTokensIsLost(text: String, expected: String) { #expect(compact(text) == expected) }

  @Test func stringsAreWrittenAsJacksonWritesThem() {
    #expect(
      compact(#"{"\u0061\/":"é\u00e9 \u001f\n\u000a\ud83d\ude00😀 \ud800 \"\\ \u007f"}"#)
        == "{\"a/\":\"éé \\u001F\\n\\n\\uD83D\\uDE00\\uD83D\\uDE00 \\uD800 \\\"\\\\ \u{7F}\"}")
  }

  @Test(arguments: [
    "", " ", "1", "\"s\"", "null", "true", "{", "[", "{}x", "{} {}", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}",
    "{\"a\":1,}",
    "{a:1}", "[01]", "[1.]", "[.5]", "[+1]", "[-]", "[1e]", "[NaN]", "[nul]", "[\"\t\"]", #"["\x"]"#, #"["\u00g0"]"#,
    "[\"", "[1}", "{\"a\":1]", "['a']", "[1 2]", "{\"a\" 1}", "{1:2}", "/**/{}", "\u{FEFF}{}",
  ])
  func whatIsNoObjectOrArrayAsAWholeIsRefused(text: String) { #expect(compact(text) == nil) }

  @Test func depthIsBounded() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[{\"a\":", count: depth / 2) + "1" + String(repeating: "}]", count: depth / 2)
    }
    #expect(compact(nested(1000)) == nested(1000))
    #expect(compact(nested(1002)) == nil)
  }

  @Test func everyCutTextIsRefused() {
    let text = #"{"a":[1.5e3,{"b":"\u00e9"},null],"c":true}"#
    for count in 0..<text.utf8.count {
      #expect(compact(String(decoding: Array(text.utf8.prefix(count)), as: UTF8.self)) == nil)
    }
  }
}
