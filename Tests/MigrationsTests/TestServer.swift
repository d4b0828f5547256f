import Foundation
import PostgresSource
import Synchronization

/// A private PostgreSQL in a temporary directory, reachable over its Unix socket alone.
final class TestServer: Sendable {
  let settings: ConnectionSettings
  private let directory: String
  private let process: Process
  private let shared = Mutex<ConnectionSettings?>(nil)

  /// Settings of a role that may do everything, on database `postgres`.
  private init(directory: String, binaries: String) {
    self.directory = directory
    let (postgres, arguments) = TestServer.unprivileged(
      binaries + "/postgres",
      [
        "-D", directory + "/data", "-k", directory, "-c", "listen_addresses=", "-c", "wal_level=logical",
        "-c", "fsync=off",
      ])
    process = TestServer.process(postgres, arguments)
    settings = ConnectionSettings(["host": directory, "user": "postgres", "dbname": "postgres"])
  }

  static func start() async throws -> TestServer {
    let binaries = try findBinaries()
    // Short, since a Unix socket's path has room for 107 bytes.
    let directory = "/tmp/sluice-" + UUID().uuidString.prefix(13)
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    if getuid() == 0 { try run("/usr/bin/chown", ["postgres", directory]) }
    let server = TestServer(directory: directory, binaries: binaries)
    do {
      let (initdb, arguments) = unprivileged(
        binaries + "/initdb",
        ["-D", directory + "/data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync", "--no-locale"])
      try run(initdb, arguments)
      try server.process.run()
      try await server.waitUntilReady()
    } catch {
      server.stop()
      throw error
    }
    return server
  }

  func stop() {
    if process.isRunning {
      // SIGINT: fast shutdown (manual, "Shutting Down the Server").
      process.interrupt()
      process.waitUntilExit()
    }
    try? FileManager.default.removeItem(atPath: directory)
  }

  private func waitUntilReady() async throws {
    for _ in 0..<300 where process.isRunning {
      if (try? PostgresConnection(settings)) != nil { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw PostgresError(kind: .connection, message: "the server in \(directory) did not start")
  }

  /// A new, empty database of its own for one test.
  func makeDatabase(owner: String = "postgres") throws -> ConnectionSettings {
    let name = "test_" + UUID().uuidString.lowercased().filter { $0 != "-" }
    try PostgresConnection(settings).execute("CREATE DATABASE \(name) OWNER \(owner)")
    return settings.merging(["dbname": name])
  }

  /// The database that `make` gives the first caller, for tests that leave nothing in it.
  func sharedDatabase(_ make: () throws -> ConnectionSettings) throws -> ConnectionSettings {
    try shared.withLock { shared in
      let settings = try shared ?? make()
      shared = settings
      return settings
    }
  }

  /// `SLUICE_POSTGRES_BIN` chooses another server than Debian's newest.
  private static func findBinaries() throws -> String {
    if let chosen = ProcessInfo.processInfo.environment["SLUICE_POSTGRES_BIN"] { return chosen }
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    guard let newest = versions.compactMap({ Int($0) }).max() else {
      throw PostgresError(kind: .connection, message: "no PostgreSQL server under /usr/lib/postgresql")
    }
    return "/usr/lib/postgresql/\(newest)/bin"
  }

  /// The server refuses to run as root. `setpriv` becomes the program, so that signals reach it.
  private static func unprivileged(_ path: String, _ arguments: [String]) -> (String, [String]) {
    if getuid() != 0 { return (path, arguments) }
    return ("/usr/bin/setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path] + arguments)
  }

  private static func process(_ path: String, _ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: "/")
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }

  private static func run(_ path: String, _ arguments: [String]) throws {
    let process = process(path, arguments)
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw PostgresError(kind: .connection, message: "\(path) ended with \(process.terminationStatus)")
    }
  }
}
