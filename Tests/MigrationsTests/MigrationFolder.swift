import Foundation
import Migrations

/// A temporary folder of migration files, gone when the test lets go of it.
final class MigrationFolder {
  let path = NSTemporaryDirectory() + "sluice-migrations-" + UUID().uuidString

  init(_ files: [String: String]) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, text) in files { try write(name, text) }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

  func read() throws(MigrationError) -> MigrationDirectory { try MigrationDirectory(path: path) }
}

/// The folder that ships: `migrations` at the root of the repository.
let shippedMigrations = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("migrations").path
