import CLibpq
import Glibc

/// A Unix socket holds some 160 messages of the server's, or 20 blocks of a COPY, and while it is full the server waits. A turn
/// works on more than that, so within one the socket is read as well, and frames and rows wait in libpq's buffer instead.
public struct ReadAhead {
  /// Worked on in some 200 microseconds; the server fills an empty socket in 600 or more.
  public static let framesBetweenReads = 64
  /// Read ahead until libpq's buffer has been emptied again: it grows with what it holds, and stays as large.
  public static let bytesMax = 256 << 10

  private var frames = 0
  private var bytes = 0

  public init() {}

  /// Whether the socket is to be read before the next frame is taken from libpq's buffer.
  public mutating func isDue() -> Bool {
    frames += 1
    guard frames > ReadAhead.framesBetweenReads, bytes < ReadAhead.bytesMax else { return false }
    frames = 1
    return true
  }

  public mutating func hasRead(_ count: Int) { bytes += count }

  public mutating func bufferWasEmpty() { self = ReadAhead() }

  /// Takes what waits in the socket into libpq's buffer, though that may still hold frames, and returns how many bytes that
  /// were. Should the connection fail, it shows once those are taken.
  static func takeWaiting(_ handle: OpaquePointer) -> Int {
    var waiting: Int32 = 0
    guard unsafe ioctl(PQsocket(handle), UInt(FIONREAD), &waiting) == 0, waiting > 0, unsafe PQconsumeInput(handle) != 0
    else {
      return 0
    }
    return Int(waiting)
  }

  static func isUnixSocket(_ descriptor: Int32) -> Bool {
    var address = sockaddr()
    var size = socklen_t(MemoryLayout<sockaddr>.size)
    return unsafe getsockname(descriptor, &address, &size) == 0 && address.sa_family == AF_UNIX
  }
}
