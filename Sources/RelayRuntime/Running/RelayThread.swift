import CLinux
import Glibc

/// Starts threads for blocking C loops, which must not run on Swift's cooperative pool.
public enum RelayThread {
  private final class Body: Sendable {
    let name: String
    let run: @Sendable () -> Void
    init(name: String, run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }

  /// At least, whatever `ulimit -s` says: documents may be nested 1,000 deep. Pages that are not used take no memory.
  private static let stackBytesMin = 8 << 20

  /// Names longer than 15 bytes are cut, as the kernel would refuse them.
  public static func start(name: String, _ run: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var stackBytes = 0
    unsafe pthread_attr_getstacksize(&attributes, &stackBytes)
    unsafe pthread_attr_setstacksize(&attributes, max(stackBytes, stackBytesMin))
    var thread = pthread_t()
    // The retain is balanced by takeRetainedValue in the thread, or below when no thread was made.
    let body = unsafe Unmanaged.passRetained(
      Body(name: String(decoding: name.utf8.prefix(15), as: UTF8.self), run: run))
    let code = unsafe pthread_create(
      &thread, &attributes,
      { argument in
        let body = unsafe Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
        unsafe sluice_name_thread(body.name)
        body.run()
        return nil
      }, body.toOpaque())
    unsafe pthread_attr_destroy(&attributes)
    if code != 0 {
      unsafe body.release()
      preconditionFailure("no thread could be started: error \(code)")
    }
  }
}
