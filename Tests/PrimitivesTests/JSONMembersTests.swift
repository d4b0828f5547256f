import Primitives
import Testing

@Suite struct JSONMembersTests {
  private func members(_ text: String) -> [String]? {
    let bytes = Array(text.utf8)
    var found: [String] = []
    let isObject = JSONMembers.forEach(bytes.span.bytes, in: 0..<bytes.count) { name, value in
      found.append(String(decoding: bytes[name], as: UTF8.self) + "=" + String(decoding: bytes[value], as: UTF8.self))
    }
    return isObject ? found : nil
  }

  @Test func namesAndValuesAreRangesOfTheText() {
    #expect(
      members(#"{"a":1,"b":{"c":["}",2]},"d\"e":"x,y\\","f":null}"#) == [
        "a=1", #"b={"c":["}",2]}"#, #"d\"e="x,y\\""#, "f=null",
      ])
    #expect(members(#" { "a" : [ 1 , 2 ] , "b" : true } "#) == ["a=[ 1 , 2 ]", "b=true"])
    #expect(members("{}") == [])
  }

  @Test func whatIsNoObjectIsRefused() {
    for text in ["", "[1]", "1", "{", #"{"a""#, #"{"a":"#, #"{"a":1"#, #"{"a":1,}x"#, #"{"a":1} 2"#, #"{"a":[1}"#] {
      #expect(members(text) == nil, "\(text)")
    }
  }

  @Test func everyCutOfATextIsRefusedAndTrapsNothing() {
    let text = Array(#"{"a":{"b":"c\\\""},"d":[1,{"e":"f"}]}"#.utf8)
    for end in 0..<text.count {
      #expect(!JSONMembers.forEach(text.span.bytes, in: 0..<end) { _, _ in })
    }
  }

  @Test func hashesTellContentsApartAndSumsForgetOrder() {
    let texts = (0..<2_000).map { "content \($0)" } + ["", "\0", "\0\0", "a", "aaaaaaaa", "aaaaaaaaa"]
    #expect(Set(texts.map(ContentHash.of)).count == texts.count)
    var one = OrderFreeHash()
    var other = OrderFreeHash()
    for text in texts { one.add(ContentHash.of(text)) }
    for text in texts.reversed() { other.add(ContentHash.of(text)) }
    #expect(one == other && one.text.count == 32)
    other.add(ContentHash.of("more"))
    #expect(one != other)
  }
}
