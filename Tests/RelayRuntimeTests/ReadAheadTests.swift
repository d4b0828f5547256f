import EmbeddedServers
import Glibc
import PostgresSource
import Primitives
import Testing

@testable import RelayRuntime

/// What a Unix socket holds is taken in before it keeps the server waiting.
@Suite struct ReadAheadTests {
  @Test func socketIsReadAfterEverySoManyFrames() {
    var ahead = ReadAhead()
    let due = (1...200).filter { _ in ahead.isDue() }
    #expect(due == [65, 129, 193])
  }

  @Test func noMoreThanTheBoundIsReadBeforeTheBufferIsEmpty() {
    var ahead = ReadAhead()
    var bytes = 0
    for _ in 1...10_000 where ahead.isDue() {
      ahead.hasRead(50_000)
      bytes += 50_000
    }
    #expect(bytes >= ReadAhead.bytesMax && bytes < ReadAhead.bytesMax + 50_000)
    ahead.bufferWasEmpty()
    #expect((1...65).filter { _ in ahead.isDue() } == [65])
  }

  // MARK: Against a server

  private static let textBytes = 300
  /// A row's frame has 43 bytes around its text.
  private static let frameBytesMax = textBytes + 60

  /// A stream of `rows` inserts in one transaction.
  private func stream(
    _ postgres: EmbeddedPostgres, _ settings: ConnectionSettings, rows: Int
  ) throws -> ReplicationConnection {
    let sql = try PostgresConnection(settings)
    try sql.execute("CREATE TABLE t (a text)")
    try sql.execute("CREATE PUBLICATION p FOR TABLE t")
    let connection = try ReplicationConnection(settings)
    _ = try connection.createSlot("s", exportsSnapshot: false)
    try sql.execute("INSERT INTO t SELECT repeat('x', \(Self.textBytes)) FROM generate_series(1, \(rows))")
    return connection
  }

  private func waitUntil(_ descriptor: Int32, holds bytes: Int) throws {
    let begin = ContinuousClock.now
    while true {
      var waiting: Int32 = 0
      try #require(unsafe ioctl(descriptor, UInt(FIONREAD), &waiting) == 0)
      if waiting >= bytes { return }
      try #require(ContinuousClock.now - begin < .seconds(20), "\(waiting) bytes of \(bytes)")
      usleep(1_000)
    }
  }

  private static let options = [(name: "proto_version", value: "1"), (name: "publication_names", value: "p")]

  /// Bytes of the frames that come without the socket being read.
  private func drain(_ connection: borrowing ReplicationConnection) throws -> Int {
    var bytes = 0
    while try connection.receive(readingSocket: false, { bytes += $0.byteCount }) == .frame {}
    return bytes
  }

  @Test func oneReadTakesAllThatAUnixSocketHolds() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop(.immediate) }
    let connection = try stream(postgres, postgres.socketSettings(), rows: 5_000)
    let isLocal = connection.isLocal
    #expect(isLocal)
    try connection.startReplication(slot: "s", at: .invalid, options: Self.options)
    // libpq begins with half of that.
    try waitUntil(connection.socket, holds: 32 << 10)
    let first = try connection.receive(readingSocket: true) { _ in }
    #expect(first == .frame)
    let atOnce = try drain(connection)
    #expect(atOnce > 30 << 10)
    try waitUntil(connection.socket, holds: 32 << 10)
    let ahead = connection.readAhead()
    #expect(ahead >= 32 << 10)
    let afterwards = try drain(connection)
    #expect(afterwards > 30 << 10)
  }

  @Test func whatWasReadAheadIsGivenThoughTheConnectionFails() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop(.immediate) }
    let connection = try stream(postgres, postgres.socketSettings(), rows: 5_000)
    try connection.startReplication(slot: "s", at: .invalid, options: Self.options)
    try waitUntil(connection.socket, holds: 32 << 10)
    postgres.stop(.immediate)
    for _ in 1...100 { _ = connection.readAhead() }
    let kept = try drain(connection)
    #expect(kept > 30 << 10)
    #expect(throws: PostgresError.self) {
      while true { _ = try connection.receive(readingSocket: true) { _ in } }
    }
  }

  @Test func turnGoesOnWithWhatComesMeanwhile() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop(.immediate) }
    let settings = postgres.socketSettings()
    // More than the bound, what the socket holds and what is taken together, so that there is always more to come.
    let rows = 5_000
    var source = PostgresReplicationSource(
      try stream(postgres, settings, rows: rows), catalog: try PostgresConnection(reading: settings))
    try source.start(slot: "s", at: .invalid, options: Self.options)
    try waitUntil(source.socket, holds: 32 << 10)
    var inserts = 0
    func count(_ frame: RawSpan) {
      if frame.byteCount > Self.textBytes { inserts += 1 }
    }
    let first = try source.receive(readingSocket: true, count)
    #expect(first == .frame)
    // Never again reading the socket for want of frames: more than the first read took, and less than the bound, which counts
    // what waited though one read may take less, allows in any case.
    let end = 220
    while inserts < end, try source.receive(readingSocket: false, count) == .frame {
      if inserts % ReadAhead.framesBetweenReads == 0 {
        try waitUntil(source.socket, holds: ReadAhead.framesBetweenReads * Self.frameBytesMax)
      }
    }
    #expect(inserts == end)
  }

  @Test func everyRowOfACopyIsLentOnceAndInOrder() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop(.immediate) }
    let connection = try PostgresConnection(postgres.socketSettings())
    let rows = 20_000
    // Ten times the bound, in rows from a few bytes to more than libpq's first buffer.
    var copy = try CopyOutReader(
      "COPY (SELECT i, repeat('x', i * 7919 % 20000 * (i % 10 / 9)) FROM generate_series(1, \(rows)) i) TO STDOUT",
      on: connection)
    var expected = 1
    var isWaiting = false
    while try copy.next(
      timeoutMilliseconds: 10_000, isWaiting: &isWaiting,
      { row in
        #expect(row.byteCount == "\(expected)\t\n".utf8.count + expected * 7919 % 20000 * (expected % 10 / 9))
      })
    {
      expected += 1
    }
    #expect(!isWaiting)
    #expect(expected == rows + 1)
  }

  @Test func networkIsReadAsBefore() throws {
    let postgres = try EmbeddedPostgres()
    defer { postgres.stop(.immediate) }
    let isLocal = try ReplicationConnection(postgres.tcpSettings()).isLocal
    #expect(!isLocal)
  }
}
