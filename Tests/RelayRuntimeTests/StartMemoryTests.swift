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
