import Testing

@Suite struct DeliveredVersionsTests {
  private static func take(_ versions: [Int], into delivered: inout DeliveredVersions) -> [String] {
    versions.compactMap { delivered.take(Array(#"{"after":{"key":7,"version":\#($0)}}"#.utf8)) }
  }

  @Test func versionsInOrderMayComeAgain() {
    var delivered = DeliveredVersions()
    #expect(Self.take([1, 2, 3, 2, 3, 1, 2, 3, 4], into: &delivered).isEmpty)
    #expect(delivered.missing([7: 4]).isEmpty)
    #expect(delivered.repeated == 5)
  }

  @Test func passedOverVersionIsFound() {
    var delivered = DeliveredVersions()
    #expect(Self.take([1, 3], into: &delivered) == ["key 7 has version 3 after 1"])
  }

  @Test func lostNewestVersionIsMissing() {
    var delivered = DeliveredVersions()
    #expect(Self.take([1, 2], into: &delivered).isEmpty)
    #expect(delivered.missing([7: 3, 8: 1]).count == 2)
  }

  @Test func rolledBackVersionIsFound() {
    var delivered = DeliveredVersions()
    #expect(Self.take([1, Item.rolledBackVersion], into: &delivered) == ["key 7 has a version that was rolled back"])
  }

  @Test func recordOfAnotherShapeIsFound() {
    var delivered = DeliveredVersions()
    #expect(delivered.take(nil) != nil)
    #expect(delivered.take(Array("{}".utf8)) != nil)
  }

  @Test func versionsOfAnEventAreRead() {
    var delivered = DeliveredVersions()
    #expect(delivered.take(Array(#"{"key":5,"version":1}"#.utf8)) == nil)
    #expect(delivered.newest == [5: 1])
  }
}
