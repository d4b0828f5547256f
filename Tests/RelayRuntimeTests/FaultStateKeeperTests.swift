import Dispatch
import EventEncoding
import Glibc
import Primitives
import Synchronization
import Testing

@testable import RelayRuntime

/// A slow state store, and a connector that begins a new life while it writes.
@Suite struct FaultStateKeeperTests {
  private final class Medium: Sendable {
    let written = Mutex<[LSN]>([])
    let gate = DispatchSemaphore(value: 0)
  }

  private struct SlowStore: StateStore {
    let medium: Medium
    mutating func load(connector: String) throws(StateStoreError) -> StateRecord? { nil }
    mutating func store(_ record: StateRecord) throws(StateStoreError) {
      medium.gate.wait()
      medium.written.withLock { $0.append(record.position.acknowledged) }
    }
  }

  private func record(_ position: UInt64) -> StateRecord {
    StateRecord(
      connector: "c", systemIdentifier: "7", timeline: 1, database: "d", slot: "s", ownsSlot: true, snapshot: .complete,
      position: StreamPosition(acknowledged: LSN(rawValue: position), lastCommit: nil))
  }

  private func outcome(_ keeper: StateKeeper) -> PositionStoreOutcome {
    for _ in 0..<500 {
      let outcome = keeper.poll()
      if outcome != .pending { return outcome }
      usleep(10_000)
    }
    return .pending
  }

  @Test func writeOfAnEarlierLifeIsWaitedForAndItsOutcomeForgotten() throws {
    let medium = Medium()
    let finished = try #require(WakeUp())
    let keeper = try StateKeeper(finished: finished) { SlowStore(medium: medium) }
    defer { keeper.stop() }
    keeper.begin(record(100))
    #expect(!keeper.settle(timeoutMilliseconds: 50))
    medium.gate.signal()
    #expect(keeper.settle(timeoutMilliseconds: 5_000))
    #expect(keeper.poll() == .pending)
    keeper.begin(record(200))
    #expect(keeper.poll() == .pending)
    medium.gate.signal()
    #expect(outcome(keeper) == .stored)
    #expect(medium.written.withLock { $0 } == [LSN(rawValue: 100), LSN(rawValue: 200)])
  }

  /// "Stored" must mean this record, or the slot would pass what is on the disk.
  @Test func outcomeOfAnEarlierWriteIsNotTakenForALaterRecord() throws {
    let medium = Medium()
    let finished = try #require(WakeUp())
    let keeper = try StateKeeper(finished: finished) { SlowStore(medium: medium) }
    defer { keeper.stop() }
    keeper.begin(record(100))
    usleep(100_000)
    keeper.begin(record(200))
    medium.gate.signal()
    usleep(100_000)
    #expect(keeper.poll() == .pending)
    medium.gate.signal()
    #expect(outcome(keeper) == .stored)
    #expect(medium.written.withLock { $0.last } == LSN(rawValue: 200))
  }
}
