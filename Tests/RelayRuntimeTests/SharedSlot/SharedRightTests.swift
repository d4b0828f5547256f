import PgOutput
import Primitives
import Testing

@testable import RelayRuntime

/// The right to a shared slot, which one session holds for all its connectors.
@Suite struct SharedRightTests {
  private func makeSlot() throws -> SharedSlot {
    try #require(SharedSlot(name: "s", members: [("a", "p"), ("b", "q")], waitMilliseconds: 60_000))
  }

  /// Begins as a connector does: the right, what it looks up by it, and then the stream.
  private func begin(_ slot: SharedSlot, _ member: Int) {
    #expect(slot.right(for: member) == .held(1))
    slot.wait(member, from: LSN(rawValue: 100))
  }

  /// When nobody is waited for any more.
  private func starters(_ slot: SharedSlot) -> [Int] {
    _ = slot.starters(0)
    return slot.starters(10_000).map(\.member)
  }

  private func failure(_ slot: SharedSlot, _ member: Int) -> SourceError? {
    do throws(SourceError) {
      _ = try slot.take(member, returning: FrameBatch())
      return nil
    } catch {
      return error
    }
  }

  /// Another relay may have sent later changes while the session was gone, and this one's memory knows nothing of them.
  @Test func whoReadsAsksAgainWhenTheRightIsTakenAnew() throws {
    let slot = try makeSlot()
    slot.takeRight()
    begin(slot, 0)
    #expect(starters(slot) == [0])
    slot.keepRight()
    #expect(failure(slot, 0) == nil)
    slot.takeRight()
    #expect(failure(slot, 0)?.remedy == .reconnect)
    #expect(starters(slot).isEmpty)
    #expect(slot.right(for: 0) == .held(2))
    slot.wait(0, from: LSN(rawValue: 100))
    #expect(failure(slot, 0) == nil)
  }

  /// Between its look at the state record and its first frame.
  @Test func whoIsAboutToReadAsksAgainAsWell() throws {
    let slot = try makeSlot()
    slot.takeRight()
    slot.setRight(.unknown("cut"))
    slot.keepRight()
    #expect(slot.right(for: 1) == .held(1))
    slot.takeRight()
    slot.wait(1, from: LSN(rawValue: 100))
    #expect(failure(slot, 1)?.remedy == .reconnect)
    #expect(starters(slot).isEmpty)
  }
}
