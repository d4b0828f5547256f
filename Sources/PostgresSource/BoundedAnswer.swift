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
    return unsafe try last(on: handle) { () throws(PostgresError) in
      let left = (end - ContinuousClock.now) / .milliseconds(1)
      var entry = unsafe pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
      if unsafe left <= 0 || poll(&entry, 1, Int32(left.rounded(.up))) == 0 {
        throw PostgresError(kind: .connection, message: "the server has not answered within \(limit) ms")
      }
    }
  }

  /// The same, with `wait` called for as long as nothing has come. Where it throws, the connection is closed. Of a `COPY` the
  /// result that begins it.
  static func last(
    on handle: OpaquePointer, whileBusy wait: () throws(PostgresError) -> Void
  ) throws(PostgresError) -> OpaquePointer? {
    var last: OpaquePointer?
    do throws(PostgresError) {
      while let next = unsafe try next(on: handle, whileBusy: wait) {
        unsafe PQclear(last)
        unsafe last = next
        let status = unsafe PQresultStatus(next)
        if status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH || status == PGRES_COPY_IN { break }
      }
    } catch {
      unsafe PQclear(last)
      throw error
    }
    return unsafe last
  }

  /// The next result of what was sent; `nil` behind the last.
  static func next(
    on handle: OpaquePointer, whileBusy wait: () throws(PostgresError) -> Void
  ) throws(PostgresError) -> OpaquePointer? {
    while unsafe PQisBusy(handle) == 1 {
      do throws(PostgresError) {
        try wait()
      } catch {
        unsafe shutdown(PQsocket(handle), Int32(SHUT_RDWR))
        throw error
      }
      // What cannot be read makes an error of the result.
      guard unsafe PQconsumeInput(handle) == 1 else { break }
    }
    return unsafe PQgetResult(handle)
  }
}
