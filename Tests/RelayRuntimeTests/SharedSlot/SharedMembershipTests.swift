import Primitives
import Testing

@testable import RelayRuntime

/// `#expect` does not take calls that change a value.
private final class Shared {
  private var membership: SharedMembership

  init(_ count: Int) {
    var limits = SharedMembership.Limits()
    limits.queueBytesMax = 100
    limits.waitMilliseconds = 1_000
    limits.gatherMilliseconds = 300
    limits.restartMilliseconds = 50
    membership = SharedMembership((0..<count).map { ("c\($0)", "p\($0)") }, limits: limits)
  }

  var confirmable: LSN? { membership.confirmable }
  var haveAllEnded: Bool { membership.haveAllEnded }
  var isBlocked: Bool { membership.isBlocked }
  var members: [SharedMembership.Member] { membership.members }
  func wait(_ index: Int, from position: LSN) { membership.wait(index, from: position) }
  func settle(_ index: Int, at position: LSN) { membership.settle(index, at: position) }
  func leave(_ index: Int) { membership.leave(index) }
  func end(_ index: Int) { membership.end(index) }
  func told(_ index: Int, flushed: LSN) { membership.told(index, flushed: flushed, asksForPosition: false) }
  func starters(_ now: Int64) -> [Int] { membership.starters(now) }
  func readAlone(until position: LSN) { membership.readAlone(until: position) }
  func startOneByOne() -> Bool { membership.startOneByOne() }
  func isAwaited(beyond frontier: LSN, _ now: Int64) -> Bool { membership.isAwaited(beyond: frontier, now) }
  func isRestartDue(at frontier: LSN, _ now: Int64) -> Bool { membership.isRestartDue(at: frontier, now) }
  func restart(at frontier: LSN, _ now: Int64) -> [Int] { membership.restart(at: frontier, now) }
  func started(_ starters: [Int], _ now: Int64) -> LSN { membership.started(starters, now) }
  func queued(_ index: Int, bytes: Int) { membership.queued(index, bytes: bytes) }
  func taken(_ index: Int, bytes: Int) { membership.taken(index, bytes: bytes) }
  func detachStuck(_ now: Int64) -> [Int] { membership.detachStuck(now) }
  func takeReassured(_ now: Int64) -> [(index: Int, position: LSN)] { membership.takeReassured(now) }
}

/// Who starts when, what may be confirmed, and who holds whom up.
@Suite struct SharedMembershipTests {
  private static func lsn(_ value: UInt64) -> LSN { LSN(rawValue: value) }

  private func membership(_ count: Int = 3) -> Shared { Shared(count) }

  @Test func nothingIsConfirmedWhileOnePositionIsUnknown() {
    let shared = membership()
    shared.wait(0, from: Self.lsn(10))
    shared.wait(1, from: Self.lsn(20))
    #expect(shared.confirmable == nil)
    // It has failed before it said where it stands.
    shared.end(2)
    #expect(shared.confirmable == nil)
  }

  @Test func theSmallestPositionIsConfirmedAlsoOfOneThatHasEnded() {
    let shared = membership()
    for (index, position) in [30, 20, 10].enumerated() { shared.wait(index, from: Self.lsn(UInt64(position))) }
    #expect(shared.confirmable == Self.lsn(10))
    shared.told(2, flushed: Self.lsn(25))
    #expect(shared.confirmable == Self.lsn(20))
    shared.end(1)
    shared.told(0, flushed: Self.lsn(90))
    shared.told(2, flushed: Self.lsn(90))
    #expect(shared.confirmable == Self.lsn(20))
    #expect(!shared.haveAllEnded)
  }

  /// It reads on from what it has handed over, which a crash would lose.
  @Test func whatIsHandedOverButNotStoredIsStillHeld() {
    let shared = membership(1)
    shared.wait(0, from: Self.lsn(10))
    shared.leave(0)
    shared.wait(0, from: Self.lsn(50))
    #expect(shared.confirmable == Self.lsn(10))
  }

  @Test func theStreamStartsAtTheSmallestPositionOnceAllAreThere() {
    let shared = membership()
    shared.wait(0, from: Self.lsn(30))
    #expect(shared.starters(0).isEmpty)
    shared.settle(1, at: Self.lsn(40))
    #expect(shared.starters(10).isEmpty)
    shared.wait(2, from: Self.lsn(20))
    let starters = shared.starters(20)
    #expect(starters == [0, 2])
    #expect(shared.started(starters, 20) == Self.lsn(20))
  }

  @Test func oneThatIsLateIsNotWaitedForLong() {
    let shared = membership()
    shared.wait(0, from: Self.lsn(30))
    #expect(shared.starters(0).isEmpty)
    #expect(shared.starters(299).isEmpty)
    #expect(shared.starters(300) == [0])
  }

  /// One after the other, the one that is furthest behind first; whoever is there already waits, and then all go on together.
  @Test func upToADoubtfulPositionEachReadsAlone() {
    let shared = membership()
    for (index, position) in [30, 20, 120].enumerated() { shared.wait(index, from: Self.lsn(UInt64(position))) }
    shared.readAlone(until: Self.lsn(100))
    shared.readAlone(until: Self.lsn(50))
    #expect(shared.starters(0) == [1])
    #expect(shared.started([1], 0) == Self.lsn(20))
    #expect(!shared.isRestartDue(at: Self.lsn(99), 1_000))
    #expect(shared.isAwaited(beyond: Self.lsn(99), 1_000))
    #expect(shared.isRestartDue(at: Self.lsn(100), 2_000))
    #expect(shared.restart(at: Self.lsn(100), 2_000) == [0])
    #expect(shared.members[1].stage == .waiting(from: Self.lsn(100)))
    #expect(shared.started([0], 2_000) == Self.lsn(30))
    #expect(!shared.isRestartDue(at: Self.lsn(60), 3_000))
    #expect(shared.isRestartDue(at: Self.lsn(110), 4_000))
    #expect(shared.restart(at: Self.lsn(110), 4_000) == [0, 1])
    #expect(shared.started([0, 1], 4_000) == Self.lsn(100))
    // The third is taken in as ever.
    #expect(!shared.isRestartDue(at: Self.lsn(115), 5_000))
    #expect(shared.isRestartDue(at: Self.lsn(120), 6_000))
    #expect(shared.restart(at: Self.lsn(120), 6_000) == [0, 1, 2])
  }

  @Test func whoFailsWhileItReadsAloneDoesNotKeepTheOthers() {
    let shared = membership(2)
    shared.wait(0, from: Self.lsn(20))
    shared.wait(1, from: Self.lsn(100))
    shared.readAlone(until: Self.lsn(100))
    #expect(shared.starters(0) == [0])
    _ = shared.started([0], 0)
    shared.leave(0)
    #expect(shared.starters(10) == [1])
    _ = shared.started([1], 10)
    shared.wait(0, from: Self.lsn(20))
    #expect(!shared.isRestartDue(at: Self.lsn(110), 20))
    #expect(shared.isRestartDue(at: Self.lsn(120), 500))
    #expect(shared.restart(at: Self.lsn(120), 500) == [0])
    #expect(shared.members[1].stage == .waiting(from: Self.lsn(120)))
  }

  /// The publication of one may be younger than the position of another.
  @Test func oneByOneTheStreamStartsForThoseThatAreFurthestBehind() {
    let shared = membership()
    for (index, position) in [30, 20, 20].enumerated() { shared.wait(index, from: Self.lsn(UInt64(position))) }
    #expect(shared.startOneByOne())
    #expect(!shared.startOneByOne())
    let starters = shared.starters(0)
    #expect(starters == [1, 2])
    #expect(shared.started(starters, 0) == Self.lsn(20))
    #expect(!shared.isRestartDue(at: Self.lsn(29), 0))
    #expect(shared.isRestartDue(at: Self.lsn(30), 1_000))
  }

  @Test func oneThatComesLaterIsTakenInBetweenTransactions() {
    let shared = membership(2)
    shared.wait(0, from: Self.lsn(10))
    shared.settle(1, at: Self.lsn(60))
    _ = shared.started(shared.starters(0), 0)
    shared.wait(1, from: Self.lsn(60))
    // The stream has not come to its position.
    #expect(!shared.isRestartDue(at: Self.lsn(50), 1_000))
    #expect(shared.isAwaited(beyond: Self.lsn(50), 1_000))
    #expect(shared.isRestartDue(at: Self.lsn(70), 2_000))
    let starters = shared.restart(at: Self.lsn(70), 2_000)
    #expect(starters == [0, 1])
    #expect(shared.started(starters, 2_000) == Self.lsn(60))
    #expect(shared.members[0].stage == .streaming(from: Self.lsn(70)))
  }

  /// One that fails again and again does not keep the others where they are.
  @Test func theOthersGetFurtherBetweenTwoStarts() {
    let shared = membership(2)
    shared.wait(0, from: Self.lsn(10))
    shared.wait(1, from: Self.lsn(10))
    _ = shared.started(shared.starters(0), 0)
    _ = shared.restart(at: Self.lsn(500), 0)
    _ = shared.started([0], 0)
    shared.leave(1)
    shared.wait(1, from: Self.lsn(10))
    // Read again from further back, and not yet where the first has been.
    #expect(!shared.isRestartDue(at: Self.lsn(400), 5_000))
    #expect(!shared.isRestartDue(at: Self.lsn(501), 6_000))
    // Caught up after 6 s, so the next start is no earlier than 6 s after that.
    #expect(!shared.isRestartDue(at: Self.lsn(600), 11_999))
    #expect(shared.isRestartDue(at: Self.lsn(600), 12_000))
  }

  @Test func oneThatTakesNothingIsTakenOutAndComesBackLater() {
    let shared = membership(2)
    shared.wait(0, from: Self.lsn(10))
    shared.wait(1, from: Self.lsn(10))
    _ = shared.started(shared.starters(0), 0)
    #expect(!shared.isRestartDue(at: Self.lsn(90), 0))
    shared.queued(1, bytes: 100)
    #expect(shared.isBlocked)
    #expect(shared.detachStuck(0).isEmpty)
    #expect(shared.detachStuck(999).isEmpty)
    #expect(shared.detachStuck(1_000) == [1])
    #expect(!shared.isBlocked)
    // Its log is kept.
    shared.told(0, flushed: Self.lsn(90))
    #expect(shared.confirmable == Self.lsn(10))
    shared.wait(1, from: Self.lsn(10))
    #expect(!shared.isRestartDue(at: Self.lsn(90), 1_500))
    #expect(shared.isRestartDue(at: Self.lsn(90), 2_500))
    // Stuck again without having come further: the next time it waits for twice as long.
    _ = shared.started(shared.restart(at: Self.lsn(90), 2_500), 2_500)
    shared.queued(1, bytes: 100)
    #expect(shared.detachStuck(2_500).isEmpty)
    #expect(shared.detachStuck(3_500) == [1])
    #expect(shared.members[1].admittedFrom == 5_500)
  }

  @Test func oneThatTakesSomethingNowAndThenIsNotStuck() {
    let shared = membership(1)
    shared.wait(0, from: Self.lsn(10))
    _ = shared.started(shared.starters(0), 0)
    shared.queued(0, bytes: 300)
    #expect(shared.detachStuck(0).isEmpty)
    shared.taken(0, bytes: 100)
    #expect(shared.detachStuck(900).isEmpty)
    #expect(shared.detachStuck(1_500).isEmpty)
    #expect(shared.detachStuck(1_900) == [0])
  }

  @Test func whoeverHearsNothingIsToldThatAllIsWell() {
    let shared = membership(2)
    shared.wait(0, from: Self.lsn(10))
    #expect(shared.takeReassured(0).isEmpty)
    #expect(shared.takeReassured(4_999).isEmpty)
    let reassured = shared.takeReassured(5_000)
    #expect(reassured.map(\.index) == [0])
    #expect(reassured.map(\.position) == [Self.lsn(10)])
    #expect(shared.takeReassured(5_001).isEmpty)
  }
}
