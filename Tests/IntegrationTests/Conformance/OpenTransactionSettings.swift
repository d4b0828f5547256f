import EmbeddedServers
import Foundation

/// Settings of a server that sends transactions before they have committed, as far as it can be brought to.
enum OpenTransactionSettings {
  /// From PostgreSQL 16 on every change at once; before, what is beyond 64 kB.
  static func streamEverything() throws -> [String: String] {
    var settings = ["logical_decoding_work_mem": "64kB"]
    if try version() >= 16 { settings["debug_logical_replication_streaming"] = "immediate" }
    return settings
  }

  private static func version() throws -> Int {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try PostgresBinaries.find().directory + "/postgres")
    process.arguments = ["--version"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    // "postgres (PostgreSQL) 15.18 (…)"
    return text.split(separator: " ").compactMap { Double($0.prefix { $0.isNumber }) }.first.map { Int($0) } ?? 0
  }
}
