import CLinux
import Glibc
import PostgresSource
import Synchronization

/// `sluice run` as a process of its own, with its output in a file.
///
/// Its working directory lies inside that of the private PostgreSQL, whose guardian ends what runs there: nothing
/// outlives a test process that is killed.
final class RelayProcess: Sendable {
  let id: pid_t
  private let outputFile: String
  private let result = Mutex<Int32?>(nil)

  /// The binary that was built together with these tests, in the folder of the running test executable.
  static var binary: String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &path, path.count - 1)
    let test = String(decoding: path.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    return test[..<(test.lastIndex(of: "/") ?? test.startIndex)] + "/sluice"
  }

  /// - Parameter directory: for its working directory and its output, `output.log`, which is appended to.
  init(_ arguments: [String], directory: String) throws {
    outputFile = directory + "/output.log"
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, outputFile, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    sluice_close_inherited(&actions)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The test runner's own signal state must not become the relay's.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
    // env(1) changes the directory and then becomes the relay.
    let command = ["/usr/bin/env", "--chdir=\(directory)", Self.binary] + arguments
    var argv: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for pointer in argv { free(pointer) } }
    var id: pid_t = 0
    let code = posix_spawn(&id, command[0], &actions, &attributes, &argv, environ)
    guard code == 0 else { throw ProcessFailure("cannot start \(Self.binary): \(String(cString: strerror(code)))") }
    self.id = id
  }

  deinit {
    if poll() == nil { kill() }
  }

  /// `nil` while it runs; then its status as a shell gives it: 0…255, or 128 + signal.
  func poll() -> Int32? {
    result.withLock { result in
      if result != nil { return result }
      var status: Int32 = 0
      guard waitpid(id, &status, WNOHANG) == id else { return nil }
      let signal = status & 0x7F
      result = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
      return result
    }
  }

  /// `nil` when it still runs after the time.
  func wait(_ time: Duration) -> Int32? {
    let end = ContinuousClock.now + time
    while true {
      if let status = poll() { return status }
      if ContinuousClock.now >= end { return nil }
      usleep(2_000)
    }
  }

  func signal(_ number: Int32) {
    // Not after it was waited for: the number may be another process's by now.
    if poll() == nil { Glibc.kill(id, number) }
  }

  /// `kill -9`, and waits for its end.
  func kill() {
    signal(SIGKILL)
    _ = wait(.seconds(10))
  }

  /// SIGTERM. Throws unless it ends with status 0 in time.
  func stop(within time: Duration = .seconds(20)) throws {
    signal(SIGTERM)
    guard let status = wait(time) else {
      kill()
      throw ProcessFailure("the relay did not end after SIGTERM\n\(output)")
    }
    guard status == 0 else { throw ProcessFailure("the relay ended with status \(status)\n\(output)") }
  }

  /// The last lines of what it wrote.
  var output: String {
    guard let file = fopen(outputFile, "r") else { return "" }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 6_000)
    fseek(file, 0, SEEK_END)
    fseek(file, max(0, ftell(file) - buffer.count), SEEK_SET)
    let count = fread(&buffer, 1, buffer.count, file)
    return String(decoding: buffer[..<count], as: UTF8.self)
  }
}

/// Why a test's processes did not do what the test needs.
struct ProcessFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

extension RelayProcess {
  /// Waits until the one slot there is streams; throws where the relay ends before.
  func waitUntilStreaming(_ server: borrowing PostgresConnection) throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
      if let status = poll() { throw ProcessFailure("ended with status \(status)\n\(output)") }
      let streaming = try server.query(
        """
        SELECT 1 FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid
        WHERE r.state IN ('streaming', 'catchup')
        """)
      if streaming.rows.count == 1 { return }
      usleep(20_000)
    }
    throw ProcessFailure("the slot does not stream\n\(output)")
  }
}
