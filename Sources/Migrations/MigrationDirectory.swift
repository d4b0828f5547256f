import FoundationEssentials

/// The migration files of one folder, in the order of their versions.
public struct MigrationDirectory: Sendable {
  public let path: String
  /// Sorted by version; no two alike.
  public let migrations: [Migration]

  /// Reads and checks every `.sql` file in `path`, not in folders below it. Files of other kinds are passed over.
  /// Throws `MigrationError.directory` or `.file`, which name what is wrong.
  public init(path: String) throws(MigrationError) {
    self.path = path
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw .directory(path, MigrationDirectory.reason(path))
    }
    var migrations: [Migration] = []
    // Hidden files are editors' and other systems' leavings, such as ._V1__a.sql.
    for file in names.sorted() where file.hasSuffix(".sql") && !file.hasPrefix(".") {
      guard let content = FileManager.default.contents(atPath: path + "/" + file) else {
        throw .file(file, line: nil, "cannot be read")
      }
      migrations.append(try Migration(file: file, bytes: [UInt8](content)))
    }
    migrations.sort { $0.version < $1.version }
    for (first, second) in zip(migrations, migrations.dropFirst()) where first.version == second.version {
      throw .file(second.file, line: nil, "has the same version, \(second.version), as \(first.file)")
    }
    if migrations.isEmpty {
      throw .directory(path, "holds no migration: no file named V<version>__<name>.sql")
    }
    self.migrations = migrations
  }

  private static func reason(_ path: String) -> String {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return "does not exist" }
    return isFolder ? "cannot be read" : "is not a directory"
  }
}
