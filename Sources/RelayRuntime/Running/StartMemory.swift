import CLinux
import Glibc
import Synchronization

/// What is needed now and then: reading configuration, the catalogue, TLS and authentication of two clients, a snapshot. Its
/// code, and that of the libraries it takes, would stay resident for as long as the relay runs.
enum StartMemory {
  private static let released: Void = releaseNow()
  private static let releasedAt = Atomic<Int64>(0)

  /// Tables are described, connections are made again, chunks are read: some milliseconds' work each, and a third of the code.
  static let pauseMilliseconds: Int64 = 10_000

  /// Once in a process, when the first stream has begun.
  static func release() { released }

  /// Again while it streams, whichever connector asks first. Returns whether it was due.
  /// - Parameter now: monotonic.
  @discardableResult
  static func release(dueAt now: Int64) -> Bool {
    let last = releasedAt.load(ordering: .relaxed)
    guard now - last >= pauseMilliseconds,
      releasedAt.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
    else { return false }
    releaseNow()
    return true
  }

  /// Before the rows of a snapshot, too, which fill the producer. What is in use comes back within a millisecond, from the page cache.
  static func releaseNow() {
    sluice_release_code()
    malloc_trim(0)
  }
}

/// What describing tables takes is not needed for their rows, which fill the producer from then on: it goes back when many have
/// been described, and while very many are.
struct DescribingPhase {
  static let relationsMin = 256
  static let relationsMax = 1_024
  /// Read in a turn that described nothing.
  static let framesMin = 32

  private var described: Int
  private var frames: UInt64
  private var begunAt: Int
  private var releasedAt: Int

  /// - Parameter described: what a connection before this one has seen does not count.
  init(described: Int, frames: UInt64) {
    self.described = described
    self.frames = frames
    begunAt = described
    releasedAt = described
  }

  /// Once a turn, with the counts so far.
  mutating func isReleaseDue(described: Int, frames: UInt64) -> Bool {
    let goesOn = described != self.described
    let newFrames = frames - self.frames
    self.described = described
    self.frames = frames
    let isOver =
      !goesOn && newFrames >= DescribingPhase.framesMin && described - begunAt >= DescribingPhase.relationsMin
    guard isOver || described - releasedAt >= DescribingPhase.relationsMax else { return false }
    if isOver { begunAt = described }
    releasedAt = described
    return true
  }
}
