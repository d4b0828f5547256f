import Foundation
import Migrations
import PostgresSource
import Testing

/// A private PostgreSQL in a temporary directory, over its Unix socket alone, for one suite.
final class PrivateServer: Sendable {
  /// A superuser on database `postgres`.
  let settings: ConnectionSettings
  private let directory: String
  private let binaries: String

  private init(directory: String, binaries: String) {
    self.directory = directory
    self.binaries = binaries
    settings = ConnectionSettings(["host": directory, "user": "postgres", "dbname": "postgres"])
  }

  static func start() throws -> PrivateServer {
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    guard let newest = versions.compactMap({ Int($0) }).max() else {
      throw PostgresError(kind: .connection, message: "no PostgreSQL server under /usr/lib/postgresql")
    }
    let directory = FileManager.default.temporaryDirectory.path + "/sluice-generator-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    if getuid() == 0 { try run("/usr/bin/chown", ["postgres", directory]) }
    let server = PrivateServer(directory: directory, binaries: "/usr/lib/postgresql/\(newest)/bin")
    do {
      try server.control(
        "initdb",
        ["-D", directory + "/data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync", "--no-locale"])
      try server.launch()
    } catch {
      server.stop()
      throw error
    }
    return server
  }

  func stop() {
    try? control("pg_ctl", ["-D", directory + "/data", "-m", "immediate", "-w", "-s", "stop"])
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Ends all connections, as an operator's restart does, and comes back.
  func restart() throws {
    try control("pg_ctl", ["-D", directory + "/data", "-m", "fast", "-w", "-s", "stop"])
    try launch()
  }

  /// A new database with the shipped schema.
  func makeBank() throws -> ConnectionSettings {
    let name = "bank_" + UUID().uuidString.lowercased().filter { $0 != "-" }
    try PostgresConnection(settings).execute("CREATE DATABASE \(name)")
    let bank = settings.merging(["dbname": name])
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    try MigrationRunner(directory: MigrationDirectory(path: root.path + "/migrations"), settings: bank).up()
    return bank
  }

  private func launch() throws {
    try control(
      "pg_ctl",
      [
        "-D", directory + "/data", "-w", "-s", "-l", directory + "/log", "start", "-o",
        "-c listen_addresses='' -c unix_socket_directories='\(directory)' -c wal_level=logical -c fsync=off",
      ])
  }

  /// The server refuses to run as root.
  private func control(_ program: String, _ arguments: [String]) throws {
    let path = binaries + "/" + program
    if getuid() != 0 { return try PrivateServer.run(path, arguments) }
    try PrivateServer.run("/usr/sbin/runuser", ["-u", "postgres", "--", path] + arguments)
  }

  /// `waitpid` and not Foundation's `Process`: that one waits for a socket to close which the server of another suite,
  /// started in the same moment, inherits and keeps open.
  private static func run(_ path: String, _ arguments: [String]) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [STDIN_FILENO, STDOUT_FILENO] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    var words = ([path] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var process: pid_t = 0
    var status: Int32 = 0
    guard posix_spawn(&process, path, &actions, nil, words, environ) == 0 else {
      throw PostgresError(kind: .connection, message: "\(path) cannot be started")
    }
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { break }
    }
    guard status == 0 else {
      throw PostgresError(kind: .connection, message: "\(path) ended with status \(status)")
    }
  }
}

/// Gives a suite a server of its own, stopped when the suite ends.
struct PrivateServerTrait: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let server = try PrivateServer.start()
    defer { server.stop() }
    try await PrivateServer.$running.withValue(server, operation: function)
  }
}

extension Trait where Self == PrivateServerTrait {
  static var privateServer: PrivateServerTrait { PrivateServerTrait() }
}

extension PrivateServer {
  @TaskLocal static var running: PrivateServer?

  static var current: PrivateServer {
    get throws { try #require(running) }
  }
}
