import CLibpq
import Glibc

/// A statement's answer, waited for no longer than told. `PQexec` waits for as long as the connection stands, and a server
/// that hangs (a frozen machine, a middleman whose other side is gone) keeps it standing for ever.
enum BoundedAnswer {
  /// Sends by the simple protocol; the last result, as `PQexec` gives it, for the caller to clear.
  static func of(
    _ text: String, on handle: OpaquePointer, withinMilliseconds limit: Int
  ) throws(PostgresError) -> OpaquePointer? {
    guard unsafe PQsendQuery(handle, text) == 1 else { throw unsafe PostgresError(connection: handle) }
    return unsafe try last(on: handle, withinMilliseconds: limit)
  }

  /// The last result of what was sent. A connection whose answer did not come is of no use any more, and closed.
  static func last(
    on handle: OpaquePointer, withinMilliseconds limit: Int
  ) throws(PostgresError) -> OpaquePointer? {
    let end = ContinuousClock.now + .milliseconds(limit)
    var last: OpaquePointer?
    while true {
      while unsafe PQisBusy(handle) == 1 {
        let left = (end - ContinuousClock.now) / .milliseconds(1)
        var entry = unsafe pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        if unsafe left <= 0 || poll(&entry, 1, Int32(left.rounded(.up))) == 0 {
          unsafe PQclear(last)
          unsafe shutdown(PQsocket(handle), Int32(SHUT_RDWR))
          throw PostgresError(kind: .connection, message: "the server has not answered within \(limit) ms")
        }
        // What cannot be read makes an error of the result.
        guard unsafe PQconsumeInput(handle) == 1 else { break }
      }
      guard let next = unsafe PQgetResult(handle) else { return unsafe last }
      unsafe PQclear(last)
      unsafe last = next
    }
  }
}
