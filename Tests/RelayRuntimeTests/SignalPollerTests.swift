import EventRouting
import Foundation
import Logging
import Testing

@testable import RelayRuntime

/// The thread that reads `signal.file`; that of a topic is held to the same by `KafkaSignalTests`.
@Suite struct SignalPollerTests {
  private static func line(_ id: String) -> String { #"{"id":"\#(id)","type":"log","data":{"message":"m"}}"# + "\n" }

  private func withFile(_ content: String, _ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("poller-\(UUID().uuidString)").path
    try Data(content.utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func poller(_ path: String, followed: SignalMarks = SignalMarks()) throws -> SignalPoller {
    var settings = SignalPoller.Settings(file: path)
    settings.intervalMilliseconds = 10
    let arrived = try #require(WakeUp())
    return try #require(SignalPoller(settings, followed: followed, arrived: arrived, logger: Logger(label: "test")))
  }

  private func next(_ poller: SignalPoller) -> ChannelSignal? {
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
      if let signal = poller.poll() { return signal }
      usleep(2_000)
    }
    return nil
  }

  private func becomesTrue(_ isTrue: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .seconds(10)
    while !isTrue(), ContinuousClock.now < deadline { usleep(2_000) }
    return isTrue()
  }

  private func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "none" }

  @Test func aLineStaysInTheFileUntilItsEffectIsStored() throws {
    let content = Self.line("1") + Self.line("2")
    try withFile(content) { path in
      let poller = try poller(path)
      defer { poller.stop() }
      #expect(next(poller)?.message.id == "1")
      #expect(next(poller)?.message.id == "2")
      poller.settle(1)
      // Several rounds of the thread.
      usleep(100_000)
      #expect(text(path) == content)
      #expect(!poller.isReleased)
      poller.settle(2)
      #expect(becomesTrue { text(path).isEmpty && poller.isReleased })
    }
  }

  @Test func linesThatAnEarlierProcessHasFollowedAreCutOffUnread() throws {
    let content = Self.line("1") + Self.line("2")
    try withFile(content) { path in
      var file = SignalFile(path: path)
      let lines = file.next()
      let followed = SignalMarks(file: lines?.first?.prefix)
      let poller = try poller(path, followed: followed)
      defer { poller.stop() }
      #expect(next(poller)?.message.id == "2")
      poller.settle(1)
      #expect(becomesTrue { text(path).isEmpty && poller.isReleased })
    }
  }

  @Test func aSignalThatIsTooLongIsPassedOver() throws {
    let long = Self.line(String(repeating: "x", count: SignalMessage.bytesMax))
    try withFile(long + Self.line("short")) { path in
      let poller = try poller(path)
      defer { poller.stop() }
      #expect(next(poller)?.message.id == "short")
    }
  }
}
