import Foundation
import PostgresSource
import Synchronization

/// A private PostgreSQL in a temporary directory, reachable over its Unix socket alone.
final class TestServer: Sendable {
  let settings: ConnectionSettings
  private let directory: String
  private let binaries: String
  private let shared = Mutex<ConnectionSettings?>(nil)

  /// Settings of a role that may do everything, on database `postgres`.
  private init(directory: String, binaries: String) {
    self.directory = directory
    self.binaries = binaries
    settings = ConnectionSettings(["host": directory, "user": "postgres", "dbname": "postgres"])
  }

  static func start() async throws -> TestServer {
    let binaries = try findBinaries()
    let directory = try run("/usr/bin/mktemp", ["-d", "/tmp/sluice-migrations.XXXXXX"])
    if getuid() == 0 { _ = try run("/usr/bin/chown", ["postgres", directory]) }
    let server = TestServer(directory: directory, binaries: binaries)
    do {
      _ = try server.runUnprivileged(
        "initdb", ["-D", directory + "/data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync", "--no-locale"])
      _ = try server.runUnprivileged(
        "pg_ctl",
        [
          "-D", directory + "/data", "-w", "-s", "-l", directory + "/log", "start", "-o",
          "-c listen_addresses='' -c unix_socket_directories='\(directory)' -c wal_level=logical -c fsync=off",
        ])
    } catch {
      server.stop()
      throw error
    }
    return server
  }

  func stop() {
    _ = try? runUnprivileged("pg_ctl", ["-D", directory + "/data", "-m", "immediate", "-w", "-s", "stop"])
    try? FileManager.default.removeItem(atPath: directory)
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

  private static func findBinaries() throws -> String {
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    guard let newest = versions.compactMap({ Int($0) }).max() else {
      throw PostgresError(kind: .connection, message: "no PostgreSQL server under /usr/lib/postgresql")
    }
    return "/usr/lib/postgresql/\(newest)/bin"
  }

  /// The server refuses to run as root.
  private func runUnprivileged(_ program: String, _ arguments: [String]) throws -> String {
    let path = binaries + "/" + program
    if getuid() != 0 { return try TestServer.run(path, arguments) }
    return try TestServer.run("/usr/sbin/runuser", ["-u", "postgres", "--", path] + arguments)
  }

  private static func run(_ path: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: "/")
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    // pg_ctl's server keeps the pipe open, so it is not read to its end there; it was told to be silent.
    let text = path.hasSuffix("mktemp") ? output.fileHandleForReading.readDataToEndOfFile() : Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw PostgresError(kind: .connection, message: "\(path) ended with \(process.terminationStatus)")
    }
    return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
