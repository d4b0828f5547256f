import Glibc

/// When the stream is fast, waking for each frame costs more than the frame: the server sends each message by itself, and
/// a relay that is faster than the server would sleep and wake once a row. So under load it pauses for a moment that is
/// short beside a round trip to Kafka, and reads what has gathered. A quiet stream is read at once.
struct ReadPace {
  /// Above so many frames a millisecond, on average over the last pauses, the relay lets frames gather.
  static let busyFramesPerMillisecond = 8.0
  /// A Unix socket holds some 160 messages of the server's, however large its reader's buffer is; then the server waits, too.
  /// At 200,000 rows a second they come in 800 microseconds, so the pause has to end well before.
  static let pauseMicroseconds = 400
  /// Above so many, records are worth gathering, too: requests of a few would cost more than the records in them. Below, each
  /// record would only come later.
  static let gatheringFramesPerMillisecond = 32.0

  /// Lets frames gather. Nothing can be missed meanwhile that would not wait in the socket as well.
  static func nap(microseconds: Int) {
    var time = timespec(tv_sec: 0, tv_nsec: microseconds * 1_000)
    _ = unsafe nanosleep(&time, nil)
  }

  private var lastFrames: UInt64 = 0
  private var lastNanoseconds: Int64 = 0
  private var rate = 0.0

  /// Whether records are to be gathered before they go to Kafka: not once nothing more has come.
  private(set) var gathers = false

  /// Microseconds to pause before the next read; `nil` for none. Wall time will do: a wrong pause is only a short one.
  mutating func pause(afterFrames frames: UInt64, at nanoseconds: Int64) -> Int? {
    defer {
      lastFrames = frames
      lastNanoseconds = nanoseconds
    }
    let elapsed = Double(max(1_000, nanoseconds - lastNanoseconds)) / 1_000_000
    let now = Double(frames - lastFrames) / elapsed
    // A long wait says that the stream has gone quiet, whatever it was before.
    rate = elapsed > 5 ? now : rate * 0.8 + now * 0.2
    gathers = rate > ReadPace.gatheringFramesPerMillisecond && frames != lastFrames
    return rate > ReadPace.busyFramesPerMillisecond ? ReadPace.pauseMicroseconds : nil
  }
}
