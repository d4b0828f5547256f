import Glibc
import PostgresSource
import Synchronization

/// A private PostgreSQL in a temporary directory, for demo and tests. Everyone on this machine who can reach its port
/// gets in: it trusts loopback and its socket.
///
/// Nothing of it outlives its owner: `stop()` and `deinit` remove it, and when this process dies in any way, a guardian
/// process stops the server and removes the directory.
public final class EmbeddedPostgres: Sendable {
  public struct Options: Sendable {
    /// 0 picks a free port.
    public var port: UInt16 = 0
    public var walLevel = "logical"
    public var maxReplicationSlots = 20
    public var maxWalSenders = 20
    /// Off, a crash of the machine may lose the database; a crash of the server does not.
    public var fsync = false
    public var synchronousCommit = "on"
    /// Further settings of `postgresql.conf`; they win over ours.
    public var settings: [String: String] = [:]
    /// `nil` looks for them: see `PostgresBinaries.find`.
    public var binaries: PostgresBinaries?
    public var startTimeoutMilliseconds = 30_000

    public init() {}
  }

  public enum StopMode: Int32, Sendable {
    /// Ends sessions, writes a checkpoint.
    case fast = 2  // SIGINT
    /// Leaves at once; the next start recovers from the log.
    case immediate = 3  // SIGQUIT
  }

  private struct State {
    var server: ChildProcess?
    var guardian: Guardian?
    /// Keeps the port ours while the server is down; see `freePort`.
    var reservation: Int32?
  }

  public let port: UInt16
  /// Holds everything: data, socket, log.
  public let directory: String
  public let binaries: PostgresBinaries
  private let options: Options
  private let account: ServerAccount
  private let state = Mutex(State())

  private var dataDirectory: String { directory + "/data" }
  private var logFile: String { directory + "/server.log" }

  /// Makes a new cluster (superuser `postgres`, UTF-8, C.UTF-8) and starts the server.
  public init(_ options: Options = Options()) throws(EmbeddedServerError) {
    self.options = options
    binaries = if let given = options.binaries { given } else { try PostgresBinaries.find() }
    account = try ServerAccount.forThisProcess()
    directory = try EmbeddedPostgres.makeDirectory(owner: account)
    var reservation: Int32?
    if options.port == 0 {
      let free: (port: UInt16, socket: Int32)
      do throws(EmbeddedServerError) {
        free = try EmbeddedPostgres.freePort()
      } catch {
        rmdir(directory)
        throw error
      }
      port = free.port
      reservation = free.socket
    } else {
      port = options.port
    }
    state.withLock { $0.reservation = reservation }
    // From here on the guardian cleans up, also when this process is killed during initdb.
    do throws(EmbeddedServerError) {
      let guardian = try Guardian(directory: directory)
      state.withLock { $0.guardian = guardian }
      try initialize()
      try start()
    } catch {
      stop()
      throw error
    }
  }

  deinit { stop() }

  // MARK: Reaching it

  /// Settings for TCP on 127.0.0.1, as the superuser.
  public func tcpSettings(database: String = "postgres") -> ConnectionSettings {
    ConnectionSettings(["host": "127.0.0.1", "port": String(port), "user": "postgres", "dbname": database])
  }

  /// Settings for the Unix socket, as the superuser.
  public func socketSettings(database: String = "postgres") -> ConnectionSettings {
    ConnectionSettings(["host": directory, "port": String(port), "user": "postgres", "dbname": database])
  }

  /// Process id of the server, while it runs.
  public var processID: Int32? { state.withLock { $0.server }.flatMap { _ in postmasterFile()?.id } }

  public var isRunning: Bool {
    state.withLock { state in
      guard let server = state.server else { return false }
      if server.poll() == nil { return true }
      state.server = nil
      return false
    }
  }

  /// Last lines of the server's log.
  public var logTail: String { tail(of: logFile) }

  // MARK: Starting and stopping

  /// Starts the server again after `shutDown` or `killServer`, on the same port.
  public func start() throws(EmbeddedServerError) {
    if isRunning { return }
    let deadline = ContinuousClock.now + .milliseconds(options.startTimeoutMilliseconds)
    while true {
      // The file of a killed server would look like that of the new one.
      let stale = postmasterFile()?.id
      let mark = logSize()
      let server = try ChildProcess(
        account.command([binaries.directory + "/postgres", "-D", dataDirectory]),
        environment: environment, outputFile: logFile)
      state.withLock { $0.server = server }
      while server.poll() == nil {
        if let file = postmasterFile(), file.id != stale, file.isReady { return }
        if ContinuousClock.now >= deadline {
          server.signal(SIGKILL)
          _ = server.wait(milliseconds: 5000)
          state.withLock { $0.server = nil }
          throw EmbeddedServerError("PostgreSQL did not become ready", log: tail(of: logFile))
        }
        usleep(5000)
      }
      state.withLock { $0.server = nil }
      // Children of a killed server take a moment to notice; until then the new one refuses to start.
      let log = tail(of: logFile, bytes: min(4096, max(1, logSize() - mark)))
      let isPassing = log.contains("pre-existing shared memory block") || log.contains("lock file")
      guard isPassing, ContinuousClock.now < deadline else {
        throw EmbeddedServerError("PostgreSQL did not start", log: log)
      }
      usleep(50_000)
    }
  }

  /// Stops the server and keeps its directory, for `start()`.
  public func shutDown(_ mode: StopMode = .fast) {
    guard
      let server = state.withLock({ state in
        defer { state.server = nil }
        return state.server
      })
    else { return }
    server.signal(mode.rawValue)
    // A walsender that waits for its client can hold a fast shutdown up.
    if server.wait(milliseconds: 10_000) != nil { return }
    server.signal(SIGQUIT)
    if server.wait(milliseconds: 5000) != nil { return }
    server.signal(SIGKILL)
    _ = server.wait(milliseconds: 5000)
  }

  /// `kill -9` of the server, as the kernel's memory killer would.
  public func killServer() {
    guard
      let server = state.withLock({ state in
        defer { state.server = nil }
        return state.server
      })
    else { return }
    server.signal(SIGKILL)
    _ = server.wait(milliseconds: 5000)
  }

  /// Stops the server and removes everything. Nothing can be started again.
  public func stop(_ mode: StopMode = .fast) {
    shutDown(mode)
    let (guardian, reservation) = state.withLock { state in
      defer {
        state.guardian = nil
        state.reservation = nil
      }
      return (state.guardian, state.reservation)
    }
    guardian?.release()
    if let reservation { close(reservation) }
  }

  // MARK: Setting up

  private var environment: [String: String] {
    // Nothing of ours: PGPORT and the like would change the server.
    ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "HOME": directory]
  }

  private func initialize() throws(EmbeddedServerError) {
    let child = try ChildProcess(
      account.command(
        [
          binaries.directory + "/initdb", "-D", dataDirectory, "-U", "postgres", "-A", "trust", "-E", "UTF8",
          "--locale=C.UTF-8", "--no-sync", "--no-instructions",
        ]),
      environment: environment, outputFile: logFile)
    guard let status = child.wait(milliseconds: 60_000) else {
      child.signal(SIGKILL)
      _ = child.wait(milliseconds: 5000)
      throw EmbeddedServerError("initdb did not end within 60 seconds", log: tail(of: logFile))
    }
    guard status == 0 else { throw EmbeddedServerError("initdb failed", log: tail(of: logFile)) }

    var settings = [
      "listen_addresses": "127.0.0.1", "port": String(port), "unix_socket_directories": directory,
      "wal_level": options.walLevel, "max_replication_slots": String(options.maxReplicationSlots),
      "max_wal_senders": String(options.maxWalSenders), "fsync": options.fsync ? "on" : "off",
      "synchronous_commit": options.synchronousCommit, "full_page_writes": options.fsync ? "on" : "off",
      "logging_collector": "off", "log_destination": "stderr", "log_timezone": "UTC", "timezone": "UTC",
    ]
    settings.merge(options.settings) { _, given in given }
    var text = "\n"
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
      text += "\(name) = '\(value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'\n"
    }
    guard let file = fopen(dataDirectory + "/postgresql.conf", "a") else {
      throw EmbeddedServerError("cannot write postgresql.conf: \(String(cString: strerror(errno)))", log: nil)
    }
    fputs(text, file)
    fclose(file)
  }

  /// What the server writes about itself. Source: PostgreSQL source, `src/include/utils/pidfile.h`: the first line is the
  /// process id, the eighth the status.
  private func postmasterFile() -> (id: Int32, isReady: Bool)? {
    let lines = tail(of: dataDirectory + "/postmaster.pid").split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = lines.first, let id = Int32(first) else { return nil }
    return (id, lines.count >= 8 && lines[7].hasPrefix("ready"))
  }

  private func logSize() -> Int {
    var status = stat()
    return stat(logFile, &status) == 0 ? Int(status.st_size) : 0
  }

  /// A new directory, as short as the socket's path must be.
  private static func makeDirectory(owner: ServerAccount) throws(EmbeddedServerError) -> String {
    // A socket's path has 107 bytes at most (`sun_path`), with "/sluice-pg-XXXXXX" and "/.s.PGSQL.65535.lock" in it.
    let folder = temporaryFolder().utf8.count <= 107 - 17 - 20 ? temporaryFolder() : "/tmp"
    var template = Array((folder + "/sluice-pg-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else {
      throw EmbeddedServerError(
        "cannot make a directory in \(folder): \(String(cString: strerror(errno)))", log: nil)
    }
    let directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    if let id = owner.switchTo, chown(directory, id.user, id.group) != 0 {
      let reason = String(cString: strerror(errno))
      rmdir(directory)
      throw EmbeddedServerError("cannot give \(directory) to \(id.name): \(reason)", log: nil)
    }
    return directory
  }

  /// A free port, and a socket that stays bound to it without listening: the system then gives it to nobody else, while
  /// the server, which sets SO_REUSEADDR as this socket does, can listen on it, after a restart too.
  private static func freePort() throws(EmbeddedServerError) -> (port: UInt16, socket: Int32) {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { throw EmbeddedServerError("cannot open a socket", log: nil) }
    var on: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(socket, pointer, size) == 0 ? getsockname(socket, pointer, &size) : -1
      }
    }
    guard result == 0 else {
      close(socket)
      throw EmbeddedServerError("no free port on 127.0.0.1", log: nil)
    }
    return (UInt16(bigEndian: address.sin_port), socket)
  }
}
