import CLinux
import Glibc

/// A descriptor that one thread signals and another polls beside its sockets (eventfd(2)).
public final class WakeUp: Sendable {
  public let descriptor: Int32

  /// `nil` when the process has no descriptor left.
  public init?() {
    descriptor = sluice_eventfd()
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  /// May be called from a signal handler: write(2) is async-signal-safe.
  public func signal() {
    var one: UInt64 = 1
    _ = unsafe write(descriptor, &one, MemoryLayout<UInt64>.size)
  }

  public func clear() {
    var count: UInt64 = 0
    _ = unsafe read(descriptor, &count, MemoryLayout<UInt64>.size)
  }

  public func wait(timeoutMilliseconds: Int32) {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    _ = unsafe poll(&entry, 1, timeoutMilliseconds)
  }
}
