import Primitives
import Testing

@testable import RelayRuntime

@Suite struct KeptSubtransactionsTests {
  private func ids(_ changes: [UInt32], rollingBack: UInt32? = nil) -> [UInt32] {
    var kept = KeptSubtransactions()
    for id in changes { kept.addChange(of: TransactionID(rawValue: id)) }
    if let rollingBack { kept.rolledBack(TransactionID(rawValue: rollingBack)) }
    return kept.ids.map(\.rawValue)
  }

  @Test func eachIsAskedForOnceHoweverFewItsChanges() {
    #expect(ids([8, 8, 9, 8, 11, 9, 10]) == [8, 9, 10, 11])
  }

  @Test func whatTheServerToldOfIsNotAskedForNorWhatIsWithinIt() {
    #expect(ids([8, 9, 10, 8], rollingBack: 9) == [8])
    #expect(ids([8, 10], rollingBack: 9) == [8])
    #expect(ids([8, 9], rollingBack: 8) == [])
  }

  @Test func idsGoOnBehindTheirLargest() {
    #expect(ids([.max, 3, .max - 1, 4], rollingBack: 4) == [.max - 1, .max, 3])
  }
}
