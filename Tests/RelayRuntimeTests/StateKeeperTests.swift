import Primitives
import Synchronization
import Testing

@testable import RelayRuntime

@Suite struct StateKeeperTests {
  /// A store whose writes wait until the test lets them go, and fail when it says so.
  private final class Medium: Sendable {
    let written = Mutex<[StateRecord]>([])
    let failures = Mutex<[StateStoreError]>([])
    let concurrent = Atomic<Int>(0)
    let concurrentMax = Atomic<Int>(0)
    let started = WakeUp()!
    let released = WakeUp()!
    let isHeld: Bool
    init(isHeld: Bool) { self.isHeld = isHeld }
  }

  private struct Store: StateStore {
    let medium: Medium
    mutating func load(connector: String) throws(StateStoreError) -> StateRecord? { nil }
    mutating func store(_ record: StateRecord) throws(StateStoreError) {
      medium.concurrentMax.max(
        medium.concurrent.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
      defer { medium.concurrent.subtract(1, ordering: .relaxed) }
      medium.started.signal()
      if medium.isHeld {
        medium.released.wait(timeoutMilliseconds: 5_000)
        medium.released.clear()
      }
      if let failure = medium.failures.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw failure }
      medium.written.withLock { $0.append(record) }
    }
  }

  private func record(_ position: UInt64) -> StateRecord {
    var record = StateRecordTests.record
    record.position.acknowledged = LSN(rawValue: position)
    return record
  }

  private func keeper(_ medium: Medium, _ finished: WakeUp) throws -> StateKeeper {
    try StateKeeper(finished: finished) { Store(medium: medium) }
  }

  /// The outcome of the write that is under way.
  private func outcome(_ keeper: StateKeeper, _ finished: WakeUp) -> PositionStoreOutcome {
    finished.wait(timeoutMilliseconds: 5_000)
    finished.clear()
    return keeper.poll()
  }

  @Test func aWriteIsPendingUntilTheStoreHasIt() throws {
    let medium = Medium(isHeld: true)
    let finished = try #require(WakeUp())
    let keeper = try keeper(medium, finished)
    defer { keeper.stop() }
    keeper.begin(record(1))
    medium.started.wait(timeoutMilliseconds: 5_000)
    #expect(keeper.poll() == .pending)
    medium.released.signal()
    #expect(outcome(keeper, finished) == .stored)
    #expect(medium.written.withLock { $0 } == [record(1)])
    #expect(keeper.poll() == .pending)
  }

  @Test func writesGoOneAfterTheOther() throws {
    let medium = Medium(isHeld: false)
    let finished = try #require(WakeUp())
    let keeper = try keeper(medium, finished)
    defer { keeper.stop() }
    for position in 1...50 {
      keeper.begin(record(UInt64(position)))
      #expect(outcome(keeper, finished) == .stored)
    }
    #expect(medium.written.withLock { $0 } == (1...50).map { record(UInt64($0)) })
    #expect(medium.concurrentMax.load(ordering: .relaxed) == 1)
  }

  @Test func afterAFailureTheNextWriteIsTried() throws {
    let medium = Medium(isHeld: false)
    medium.failures.withLock { $0 = [StateStoreError("disk full", isTransient: true)] }
    let finished = try #require(WakeUp())
    let keeper = try keeper(medium, finished)
    defer { keeper.stop() }
    keeper.begin(record(1))
    #expect(outcome(keeper, finished) == .failed("disk full"))
    keeper.begin(record(2))
    #expect(outcome(keeper, finished) == .stored)
    #expect(medium.written.withLock { $0 } == [record(2)])
  }

  @Test func aStopLetsTheWriteUnderWayFinish() throws {
    let medium = Medium(isHeld: true)
    let finished = try #require(WakeUp())
    let keeper = try keeper(medium, finished)
    keeper.begin(record(1))
    medium.started.wait(timeoutMilliseconds: 5_000)
    keeper.stop()
    medium.released.signal()
    finished.wait(timeoutMilliseconds: 5_000)
    #expect(medium.written.withLock { $0 } == [record(1)])
    // The stop still stands, so the thread ends.
    #expect(keeper.poll() == .pending)
  }

  @Test func theLoopsStoreMovesOnlyThePosition() throws {
    let medium = Medium(isHeld: false)
    let finished = try #require(WakeUp())
    let keeper = try keeper(medium, finished)
    defer { keeper.stop() }
    var store = StateRecordStore(keeper: keeper, record: record(1))
    store.begin(StreamPosition(acknowledged: LSN(rawValue: 9), lastCommit: LSN(rawValue: 8)))
    finished.wait(timeoutMilliseconds: 5_000)
    let stored = store.poll()
    #expect(stored == .stored)
    var expected = record(9)
    expected.position.lastCommit = LSN(rawValue: 8)
    #expect(medium.written.withLock { $0 } == [expected])
  }
}
