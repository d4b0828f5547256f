import Glibc
import Testing

@testable import RelayRuntime

@Suite struct WaitingCallTests {
  private func isReadable(_ wakeUp: WakeUp) -> Bool {
    var entry = pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) == 1
  }

  /// A signal that is left over would end every wait for the next call at once.
  @Test func callThatIsTakenAsItEndsLeavesNoSignal() throws {
    let call = try #require(WaitingCall())
    defer { call.stop() }
    var left = 0
    for _ in 0..<3_000 {
      call.begin {}
      while try !call.take() {}
      usleep(50)
      if isReadable(call.ended) { left += 1 }
    }
    #expect(left == 0)
  }
}
