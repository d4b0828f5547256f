/// A Unix socket holds some 160 messages of the server's (`ReadPace`), and while it is full the server waits. A turn works on
/// more than that, so within one the socket is read as well, and frames wait in libpq's buffer instead.
struct ReadAhead {
  /// Worked on in some 200 microseconds; the server fills an empty socket in 600 or more.
  static let framesBetweenReads = 64
  /// Read ahead until libpq's buffer has been emptied again: it grows with what it holds, and stays as large.
  static let bytesMax = 256 << 10

  private var frames = 0
  private var bytes = 0

  /// Whether the socket is to be read before the next frame is taken from libpq's buffer.
  mutating func isDue() -> Bool {
    frames += 1
    guard frames > ReadAhead.framesBetweenReads, bytes < ReadAhead.bytesMax else { return false }
    frames = 1
    return true
  }

  mutating func hasRead(_ count: Int) { bytes += count }

  mutating func bufferWasEmpty() { self = ReadAhead() }
}
