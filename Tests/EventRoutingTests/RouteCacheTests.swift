import Primitives
import Testing

@testable import EventRouting

@Suite struct RouteCacheTests {
  private func topic(_ cache: RouteCache, _ text: String) -> Int? {
    let bytes = Array(text.utf8)
    return cache.topic(for: bytes.span.bytes)
  }

  private func remember(_ cache: inout RouteCache, _ text: String, _ topic: Int) {
    let bytes = Array(text.utf8)
    cache.remember(bytes.span.bytes, topic: topic)
  }

  @Test func aRememberedValueHasItsTopic() {
    var cache = RouteCache()
    remember(&cache, "Order", 3)
    remember(&cache, "", 4)
    #expect(topic(cache, "Order") == 3)
    #expect(topic(cache, "") == 4)
    #expect(topic(cache, "order") == nil)
    #expect(topic(cache, "Orde") == nil)
  }

  /// Both have the FNV-1a hash 0.
  @Test func valuesWithOneHashHaveTheirOwnTopics() {
    let left: [UInt8] = [0xd5, 0x6b, 0xb9, 0x53, 0x42, 0x87, 0x08, 0x36]
    let right = Array("!0IC=VloaY".utf8)
    var cache = RouteCache()
    cache.remember(left.span.bytes, topic: 1)
    cache.remember(right.span.bytes, topic: 2)
    #expect(cache.topic(for: left.span.bytes) == 1)
    #expect(cache.topic(for: right.span.bytes) == 2)
  }

  @Test func memoryStaysBoundedByForgettingAll() {
    var cache = RouteCache()
    for number in 0..<RouteCache.entriesMax { remember(&cache, "v\(number)", number) }
    #expect(topic(cache, "v0") == 0)
    remember(&cache, "one more", 7)
    #expect(topic(cache, "v0") == nil)
    #expect(topic(cache, "one more") == 7)
  }
}
