import Glibc
import Testing

@testable import RelayRuntime

@Suite struct StartMemoryTests {
  /// KiB of mapped files that are resident.
  private func residentFileKiB() throws -> Int {
    let file = try #require(fopen("/proc/self/status", "r"))
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      if text.hasPrefix("RssFile:") {
        return try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) })
      }
    }
    throw CancellationError()
  }

  /// The code of this test goes with it, and comes back. Other tests in this process may have given theirs back just before, or
  /// need it again at once: then it is tried again.
  @Test func codeThatIsNotInUseLeavesTheProcess() throws {
    for _ in 0..<200 {
      let before = try residentFileKiB()
      StartMemory.releaseNow()
      if try residentFileKiB() < before / 2 { return }
      usleep(20_000)
    }
    Issue.record("half of the code has never left")
  }

  /// Times far ahead, so that connectors of other tests in this process are never due in between.
  @Test func codeLeavesAgainEveryTenSecondsWhicheverConnectorAsks() {
    let start = Int64.max / 2
    #expect(StartMemory.release(dueAt: start))
    #expect(!StartMemory.release(dueAt: start))
    #expect(!StartMemory.release(dueAt: start + 9_999))
    #expect(StartMemory.release(dueAt: start + 10_000))
  }
}

@Suite struct DescribingPhaseTests {
  /// Whether code goes back after each of the turns.
  private func releases(_ turns: [(described: Int, frames: UInt64)]) -> [Bool] {
    var phase = DescribingPhase(described: 0, frames: 0)
    return turns.map { phase.isReleaseDue(described: $0.described, frames: $0.frames) }
  }

  @Test func isOverWhenRowsGoOnWithoutTables() {
    #expect(releases([(300, 600), (300, 600), (300, 631), (300, 663)]) == [false, false, false, true])
  }

  @Test func isOverOnceAndThenAfterMoreTables() {
    #expect(releases([(300, 600), (300, 900), (300, 1_200)]) == [false, true, false])
    #expect(releases([(300, 600), (300, 900), (555, 1_500), (555, 1_900)]) == [false, true, false, false])
    #expect(releases([(300, 600), (300, 900), (556, 1_500), (556, 1_900)]) == [false, true, false, true])
  }

  @Test func isNotWaitedForByThousandsOfTables() {
    let due = releases((1...4_100).map { ($0, UInt64($0) * 2) } + [(4_100, 8_500)])
    #expect(due.indices.filter { due[$0] } == [1_023, 2_047, 3_071, 4_095, 4_100])
  }

  @Test func beginsAnewWithAConnection() {
    var phase = DescribingPhase(described: 5_000, frames: 90_000)
    let due = [(5_000, 91_000), (5_255, 92_000), (5_255, 93_000), (5_256, 94_000), (5_256, 95_000)].map {
      phase.isReleaseDue(described: $0, frames: $1)
    }
    #expect(due == [false, false, false, false, true])
  }

  @Test func ofFewTablesIsNoneOfOurs() {
    #expect(!releases((1...100).map { (200, UInt64($0) * 500) }).contains(true))
  }
}
