import Glibc

/// Where PostgreSQL's server programs are.
public struct PostgresBinaries: Sendable, Equatable {
  /// Folder that holds `postgres` and `initdb`.
  public let directory: String

  /// Uses the folder as it is.
  public init(directory: String) throws(EmbeddedServerError) {
    guard PostgresBinaries.isComplete(directory) else {
      throw EmbeddedServerError("\(directory) does not hold the programs postgres and initdb", log: nil)
    }
    self.directory = directory
  }

  /// Looks in `PG_BIN`, then for the newest version under `/usr/lib/postgresql`, then in `PATH`, then asks `pg_config`.
  public static func find(environment: [String: String]? = nil) throws(EmbeddedServerError) -> PostgresBinaries {
    let environment = environment ?? currentEnvironment()
    if let given = environment["PG_BIN"], !given.isEmpty {
      do throws(EmbeddedServerError) {
        return try PostgresBinaries(directory: given)
      } catch {
        throw EmbeddedServerError("PG_BIN: \(error.message)", log: nil)
      }
    }
    var candidates = folders(under: "/usr/lib/postgresql")
      .compactMap { name in Double(name).map { (version: $0, path: "/usr/lib/postgresql/\(name)/bin") } }
      .sorted { $0.version > $1.version }
      .map(\.path)
    let path = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    candidates += path
    if let configuration = path.map({ $0 + "/pg_config" }).first(where: { access($0, X_OK) == 0 }),
      let output = try? ChildProcess.output(of: [configuration, "--bindir"])
    {
      candidates.append(output.trimmingNewlines)
    }
    // A link in PATH may point to a `postgres` whose `initdb` is elsewhere, so both must be in one folder.
    guard let found = candidates.first(where: isComplete) else {
      throw EmbeddedServerError(
        "no PostgreSQL server found: install it (Debian and Ubuntu: apt-get install postgresql) or set PG_BIN to the "
          + "folder that holds postgres and initdb. Looked in: " + candidates.joined(separator: ", "), log: nil)
    }
    return try PostgresBinaries(directory: found)
  }

  private static func isComplete(_ directory: String) -> Bool {
    access(directory + "/postgres", X_OK) == 0 && access(directory + "/initdb", X_OK) == 0
  }

  private static func folders(under path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }
}

/// The environment of this process.
func currentEnvironment() -> [String: String] {
  var all: [String: String] = [:]
  var entry = environ
  while let text = entry.pointee {
    let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    if pair.count == 2 { all[String(pair[0])] = String(pair[1]) }
    entry += 1
  }
  return all
}

extension String {
  var trimmingNewlines: String {
    var rest = self[...]
    while rest.last?.isNewline == true { rest.removeLast() }
    return String(rest)
  }
}
