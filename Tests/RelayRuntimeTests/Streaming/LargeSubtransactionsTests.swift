import Primitives
import Testing

@testable import RelayRuntime

@Suite struct LargeSubtransactionsTests {
  private func add(_ changes: Int, _ id: UInt32, to sizes: inout LargeSubtransactions) {
    for _ in 0..<changes { sizes.addChange(of: TransactionID(rawValue: id)) }
  }

  @Test func oneBeyondTheServersBatchIsLarge() {
    var sizes = LargeSubtransactions()
    add(4_096, 8, to: &sizes)
    #expect(sizes.ids.isEmpty)
    add(1, 8, to: &sizes)
    #expect(sizes.ids.map(\.rawValue) == [8])
  }

  @Test func thoseWithinItDoNotEndItsCount() {
    var sizes = LargeSubtransactions()
    add(4_000, 8, to: &sizes)
    add(10, 9, to: &sizes)
    add(97, 8, to: &sizes)
    #expect(sizes.ids.map(\.rawValue) == [8])
  }

  @Test func whatTheServerToldOfIsNotDoubtful() {
    var sizes = LargeSubtransactions()
    add(5_000, 8, to: &sizes)
    add(5_000, 9, to: &sizes)
    sizes.rolledBack(TransactionID(rawValue: 9))
    #expect(sizes.ids.map(\.rawValue) == [8])
    sizes.rolledBack(TransactionID(rawValue: 8))
    #expect(sizes.ids.isEmpty)
  }

  @Test func oneThatComesAgainAfterThousandsOfOthersIsDoubtful() {
    var sizes = LargeSubtransactions()
    add(1, 8, to: &sizes)
    for id in 9..<10_000 as Range<UInt32> { add(1, id, to: &sizes) }
    #expect(sizes.ids.isEmpty)
    add(1, 8, to: &sizes)
    #expect(sizes.ids.map(\.rawValue) == [8])
  }
}
