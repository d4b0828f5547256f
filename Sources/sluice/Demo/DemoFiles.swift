import ArgumentParser
import Glibc

/// Where the demo finds the repository's connector files and migrations.
struct DemoFiles {
  static let connectorNames = ["fintech-main-connector", "fintech-outbox-connector", "fintech-analytics-connector"]

  let directory: String

  var worker: String { directory + "/connectors/worker.properties" }
  var connectors: [String] { DemoFiles.connectorNames.map { "\(directory)/connectors/\($0).json" } }
  var migrations: String { directory + "/migrations" }

  /// The given folder, else the working directory, else the nearest folder above this program that has them.
  /// Prints what is missing and throws an exit code.
  init(directory given: String?) throws {
    let candidates = given.map { [$0] } ?? ["."] + DemoFiles.foldersAboveProgram()
    if let found = candidates.first(where: { DemoFiles.missing(in: $0).isEmpty }) {
      directory = found
      return
    }
    LineOutput.diagnostics.write(
      given.map { "sluice demo: \($0) lacks \(DemoFiles.missing(in: $0).joined(separator: ", "))" }
        ?? "sluice demo: neither the working directory nor a folder above this program has connectors/ and migrations/. "
        + "Run it in a checkout of the repository, or name one with --directory")
    throw ExitCode.configuration
  }

  private init(at directory: String) { self.directory = directory }

  private static func missing(in directory: String) -> [String] {
    let files = DemoFiles(at: directory)
    return ([files.worker, files.migrations] + files.connectors).filter { access($0, R_OK) != 0 }
  }

  private static func foldersAboveProgram() -> [String] {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &buffer, buffer.count)
    guard length > 0 else { return [] }
    var path = String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)[...]
    var folders: [String] = []
    while let slash = path.lastIndex(of: "/"), slash > path.startIndex {
      path = path[..<slash]
      folders.append(String(path))
    }
    return folders
  }
}
