import CLibpq
import Glibc
import Primitives

/// Rows of one `COPY … TO STDOUT`, lent one at a time. Reads as the caller asks, so that a slow consumer
/// slows the server down instead of filling memory.
@safe
public struct CopyOutReader: ~Copyable {
  private let handle: OpaquePointer
  private let isLocal: Bool
  private var readAhead = ReadAhead()
  private var finished = false
  private let watch: SessionWatch?
  private var silentSince: ContinuousClock.Instant?

  /// Starts the copy on `connection`, which must not be used for anything else, nor closed, until it has ended.
  public init(_ sql: String, on connection: borrowing PostgresConnection) throws(PostgresError) {
    unsafe handle = connection.handle
    isLocal = unsafe ReadAhead.isUnixSocket(PQsocket(handle))
    watch = connection.watch
    let result = unsafe try connection.result(of: sql)
    defer { unsafe PQclear(result) }
    guard unsafe PQresultStatus(result) == PGRES_COPY_OUT else {
      throw unsafe PostgresError(result: result, connection: handle)
    }
  }

  /// Lends the next row to `body` as the server sent it: with its line end, or in binary. Returns `false` at the end, or after `timeoutMilliseconds` without
  /// a row when `isWaiting` is then set.
  public mutating func next(
    timeoutMilliseconds: Int32, isWaiting: inout Bool, _ body: (RawSpan) -> Void
  ) throws(PostgresError) -> Bool {
    isWaiting = false
    if finished { return false }
    if isLocal, readAhead.isDue() { unsafe readAhead.hasRead(ReadAhead.takeWaiting(handle)) }
    var hasRead = false
    while true {
      var buffer: UnsafeMutablePointer<CChar>?
      let count = unsafe PQgetCopyData(handle, &buffer, 1)
      switch count {
      case 0:
        if timeoutMilliseconds == 0 {
          // libpq's sockets do not block: one look at what has come takes no poll before it.
          if hasRead {
            isWaiting = true
            try watch?.lookAfterSilence(since: &silentSince)
            return false
          }
          hasRead = true
          readAhead.bufferWasEmpty()
          if unsafe PQconsumeInput(handle) == 0 { throw unsafe PostgresError(connection: handle) }
          continue
        }
        var descriptor = unsafe pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        let ready = unsafe poll(&descriptor, 1, timeoutMilliseconds)
        if ready == 0 || (ready < 0 && errno == EINTR) {
          isWaiting = true
          try watch?.lookAfterSilence(since: &silentSince)
          return false
        }
        if unsafe PQconsumeInput(handle) == 0 { throw unsafe PostgresError(connection: handle) }
      case -1:
        try finish()
        return false
      case -2:
        throw unsafe PostgresError(connection: handle)
      default:
        silentSince = nil
        unsafe body(RawSpan(_unsafeStart: UnsafeRawPointer(buffer!), byteCount: Int(count)))
        unsafe PQfreemem(buffer)
        return true
      }
    }
  }

  /// Reads the command's result, and the end of the exchange behind it.
  private mutating func finish() throws(PostgresError) {
    finished = true
    var failure: PostgresError?
    while let result = unsafe try nextResult() {
      if unsafe PQresultStatus(result) != PGRES_COMMAND_OK {
        failure = unsafe PostgresError(result: result, connection: handle)
      }
      unsafe PQclear(result)
    }
    if let failure { throw failure }
  }

  private func nextResult() throws(PostgresError) -> OpaquePointer? {
    if let watch { return unsafe try watch.nextResult(on: handle) }
    return unsafe PQgetResult(handle)
  }
}
