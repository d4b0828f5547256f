import EmbeddedServers
import Glibc
import PostgresSource
import Testing

@Suite struct EmbeddedPostgresTests {
  func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
  func isAlive(_ id: Int32) -> Bool { kill(id, 0) == 0 || errno == EPERM }

  func waitUntil(milliseconds: Int = 8000, _ condition: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .milliseconds(milliseconds)
    while ContinuousClock.now < deadline {
      if condition() { return true }
      usleep(10_000)
    }
    return condition()
  }

  @Test func serverAnswersOnBothTransportsAndLeavesNothing() throws {
    var options = EmbeddedPostgres.Options()
    options.settings = ["application_name": "it's set"]
    let postgres = try EmbeddedPostgres(options)
    let id = try #require(postgres.processID)
    for settings in [postgres.tcpSettings(), postgres.socketSettings()] {
      let connection = try PostgresConnection(settings)
      #expect(try connection.query("SHOW wal_level").firstValue == "logical")
      #expect(try connection.query("SHOW max_replication_slots").firstValue == "20")
      #expect(try connection.query("SHOW server_encoding").firstValue == "UTF8")
      #expect(try connection.query("SHOW fsync").firstValue == "off")
      #expect(
        try connection.query("SELECT datcollate FROM pg_database WHERE datname = 'postgres'").firstValue == "C.UTF-8")
      #expect(try connection.query("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").firstValue == "t")
    }
    #expect(postgres.isRunning)
    let directory = postgres.directory
    postgres.stop()
    #expect(!postgres.isRunning)
    #expect(!isAlive(id))
    #expect(!exists(directory))
    postgres.stop()
  }

  @Test func dataSurvivesShutDownAndKillOnTheSamePort() throws {
    let postgres = try EmbeddedPostgres()
    try PostgresConnection(postgres.tcpSettings()).execute("CREATE TABLE t (v int); INSERT INTO t VALUES (1)")
    for end in [{ postgres.shutDown() }, { postgres.shutDown(.immediate) }, { postgres.killServer() }] {
      let before = try #require(postgres.processID)
      end()
      #expect(!postgres.isRunning)
      #expect(postgres.processID == nil)
      #expect(throws: PostgresError.self) { _ = try PostgresConnection(postgres.tcpSettings()) }
      try postgres.start()
      #expect(postgres.processID != before)
      #expect(try PostgresConnection(postgres.tcpSettings()).query("SELECT v FROM t").firstValue == "1")
    }
  }

  @Test func twoServersRunSideBySide() throws {
    let first = try EmbeddedPostgres()
    let second = try EmbeddedPostgres()
    #expect(first.port != second.port)
    #expect(first.directory != second.directory)
    #expect(first.isRunning && second.isRunning)
  }

  @Test func wrongSettingFailsWithTheServersLogAndLeavesNothing() throws {
    var options = EmbeddedPostgres.Options()
    options.settings = ["wal_level": "sideways"]
    do {
      _ = try EmbeddedPostgres(options)
      Issue.record("started")
    } catch {
      #expect(error.description.contains("sideways"))
      #expect(error.message == "PostgreSQL did not start")
    }
  }

  @Test func busyPortFailsWithTheServersLog() throws {
    let first = try EmbeddedPostgres()
    var options = EmbeddedPostgres.Options()
    options.port = first.port
    do {
      _ = try EmbeddedPostgres(options)
      Issue.record("started")
    } catch {
      #expect(error.description.contains("Address already in use"))
    }
  }

  @Test func missingProgramsAreNamed() {
    do {
      _ = try PostgresBinaries.find(environment: ["PG_BIN": "/nowhere"])
      Issue.record("found")
    } catch {
      #expect(error.message.contains("/nowhere"))
      #expect(error.message.contains("PG_BIN"))
    }
  }

  /// The owner is a process of its own that dies by SIGKILL; its server and directory must be gone soon after.
  @Test func ownersDeathStopsTheServerAndRemovesTheDirectory() async throws {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let report = "\(folder)/sluice-guardian-test-\(getpid())"
    setenv("SLUICE_GUARDIAN_TEST", report, 1)
    defer { unlink(report) }
    await #expect(processExitsWith: .signal(SIGKILL)) {
      let postgres = try EmbeddedPostgres()
      let path = try #require(getenv("SLUICE_GUARDIAN_TEST"))
      let file = try #require(fopen(path, "w"))
      fputs("\(postgres.processID ?? -1) \(postgres.directory)", file)
      fclose(file)
      kill(getpid(), SIGKILL)
      withExtendedLifetime(postgres) { _ = sleep(10) }
    }
    let file = try #require(fopen(report, "r"))
    var buffer = [CChar](repeating: 0, count: 512)
    fgets(&buffer, Int32(buffer.count), file)
    fclose(file)
    let words = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(
      separator: " ")
    let id = try #require(words.first.flatMap { Int32($0) })
    let directory = String(try #require(words.last))
    #expect(id > 1)
    #expect(waitUntil { !isAlive(id) })
    #expect(waitUntil { !exists(directory) })
  }
}
