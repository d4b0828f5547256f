import EventRouting
import Testing

@testable import RelayRuntime

@Suite struct SignalsTakenTests {
  private final class Channel: SignalReading {
    var signals: [ChannelSignal]
    init(_ signals: [ChannelSignal]) { self.signals = signals }
    func poll() -> ChannelSignal? { signals.isEmpty ? nil : signals.removeFirst() }
    func settle(_ count: Int) {}
    var isReleased: Bool { true }
  }

  private func signal(_ offset: Int64) -> ChannelSignal {
    ChannelSignal(SignalMessage(id: "\(offset)", type: "log", data: nil), at: .topic(next: offset))
  }

  private func stored(_ taken: inout SignalsTaken, _ version: UInt64) -> Int? { taken.stored(version) }
  private func next(_ taken: inout SignalsTaken, _ channel: Channel) -> ChannelSignal? { taken.next(from: channel) }

  @Test func signalsAreSettledOnceTheirContextIsStoredAndNotBefore() {
    var taken = SignalsTaken()
    taken.followed(signal(1), version: 1)
    taken.followed(signal(2), version: 4)
    #expect(stored(&taken, 0) == nil)
    #expect(stored(&taken, 3) == 1)
    #expect(stored(&taken, 3) == nil)
    #expect(!taken.isEmpty)
    #expect(stored(&taken, 4) == 2)
    #expect(taken.isEmpty)
  }

  @Test func whatWasForgottenWithAConnectionIsFollowedAgainBeforeWhatIsNew() {
    let channel = Channel([signal(4)])
    var taken = SignalsTaken()
    for (offset, version) in [(Int64(1), UInt64(1)), (2, 2), (3, 3)] {
      taken.followed(signal(offset), version: version)
    }
    taken.interrupted(handedOver: 1)
    #expect(!taken.isEmpty)
    #expect(stored(&taken, 3) == 1, "the first was handed over; the others have not been followed yet")
    #expect(next(&taken, channel) == signal(2))
    taken.followed(signal(2), version: 5)
    #expect(next(&taken, channel) == signal(3))
    #expect(next(&taken, channel) == signal(4))
    #expect(next(&taken, channel) == nil)
    #expect(stored(&taken, 5) == 2)
  }
}
