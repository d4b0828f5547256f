import Glibc
import Primitives
import Synchronization

/// Writes state records on a thread of its own, so that a slow disk or broker never keeps the relay from answering
/// PostgreSQL. One record is under way at a time.
public final class StateKeeper: Sendable {
  private enum Work {
    case none
    case store(StateRecord)
    case writing
    case finished(StateStoreError?)
    case stop
  }

  private struct Shared {
    var work = Work.none
  }

  private let shared = Mutex(Shared())
  private let wakeUp: WakeUp
  private let finished: WakeUp

  /// `finished` wakes the relay's thread when a write has ended. `makeStore` runs on the keeper's thread.
  public init(finished: WakeUp, makeStore: @escaping @Sendable () -> any StateStore) throws(StateStoreError) {
    guard let wakeUp = WakeUp() else { throw StateStoreError("no file descriptor left for the state store") }
    self.wakeUp = wakeUp
    self.finished = finished
    RelayThread.start(name: "sluice-state") { [self] in run(makeStore()) }
  }

  private func run(_ store: consuming any StateStore) {
    var store = store
    while true {
      wakeUp.wait(timeoutMilliseconds: -1)
      wakeUp.clear()
      let record: StateRecord? = shared.withLock { shared in
        guard case .store(let record) = shared.work else { return nil }
        shared.work = .writing
        return record
      }
      if let record {
        var failure: StateStoreError?
        do throws(StateStoreError) {
          try store.store(record)
        } catch {
          failure = error
        }
        shared.withLock { shared in
          guard case .writing = shared.work else { return }
          shared.work = .finished(failure)
        }
        finished.signal()
      }
      if shared.withLock({ if case .stop = $0.work { true } else { false } }) { return }
    }
  }

  /// Waits until no write is under way and forgets what became of the last one, so that a connector's next life neither
  /// has its record overwritten by an older one nor takes that one's outcome for its own. `false` when the time is over.
  func settle(timeoutMilliseconds: Int64) -> Bool {
    var waited: Int64 = 0
    while true {
      let isSettled = shared.withLock { shared in
        switch shared.work {
        case .store, .writing: return false
        case .finished:
          shared.work = .none
          return true
        case .none, .stop: return true
        }
      }
      if isSettled { return true }
      if waited >= timeoutMilliseconds { return false }
      finished.wait(timeoutMilliseconds: 10)
      finished.clear()
      waited += 10
    }
  }

  /// Starts to write. The last one must have ended.
  func begin(_ record: StateRecord) {
    shared.withLock { $0.work = .store(record) }
    wakeUp.signal()
  }

  func poll() -> PositionStoreOutcome {
    shared.withLock { shared in
      guard case .finished(let failure) = shared.work else { return .pending }
      shared.work = .none
      if let failure { return failure.isOvertaken ? .overtaken(failure.description) : .failed(failure.description) }
      return .stored
    }
  }

  /// Ends the thread; a write that is under way is finished first.
  public func stop() {
    shared.withLock { $0.work = .stop }
    wakeUp.signal()
  }
}

/// The loop's view of the keeper: a record whose position moves.
struct StateRecordStore: PositionStore, ~Copyable {
  let keeper: StateKeeper
  var record: StateRecord
  /// At a shared slot, whose publications the record tells of.
  var seat: SharedSeat?

  mutating func begin(_ position: StreamPosition) {
    move(to: position)
    keeper.begin(record)
  }

  mutating func poll() -> PositionStoreOutcome { keeper.poll() }

  mutating func encode(_ position: StreamPosition, into out: inout EncodedRecord) {
    move(to: position)
    record.encode(into: &out)
  }

  private mutating func move(to position: StreamPosition) {
    record.position = position
    record.publications = seat?.standing(at: position.acknowledged)
  }
}
