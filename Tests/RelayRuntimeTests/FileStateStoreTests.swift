import Foundation
import Primitives
import RelayRuntime
import Testing

@Suite struct FileStateStoreTests {
  /// A directory that is removed at the end.
  private final class Folder {
    let path: String
    init() throws {
      path = NSTemporaryDirectory() + "sluice-state-" + UUID().uuidString
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    var file: String { path + "/offsets" }
    func write(_ text: String, _ name: String = "offsets") throws { try write(Array(text.utf8), name) }
    func write(_ bytes: [UInt8], _ name: String = "offsets") throws {
      try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }
    func read() throws -> String { try String(contentsOfFile: file, encoding: .utf8) }
  }

  private func record(_ connector: String, _ position: UInt64) -> StateRecord {
    var record = StateRecordTests.record
    record.connector = connector
    record.position.acknowledged = LSN(rawValue: position)
    return record
  }

  @Test func withoutAFileThereIsNoRecord() throws {
    let folder = try Folder()
    var store = FileStateStore(path: folder.file)
    #expect(try store.load(connector: "a") == nil)
  }

  @Test func twoConnectorsShareOneFile() throws {
    let folder = try Folder()
    var store = FileStateStore(path: folder.file)
    var other = FileStateStore(path: folder.file)
    try store.store(record("a", 1))
    try other.store(record("b", 2))
    try store.store(record("a", 3))
    #expect(try other.load(connector: "a") == record("a", 3))
    #expect(try store.load(connector: "b") == record("b", 2))
    #expect(try store.load(connector: "c") == nil)
    #expect(try folder.read().split(separator: "\n").count == 2)
  }

  /// Found by `make chaos`: a relay that was frozen inside a write put its record over that of its standby.
  @Test func recordOfARelayThatWasOvertakenIsRefused() throws {
    let folder = try Folder()
    var store = FileStateStore(path: folder.file)
    var late = FileStateStore(path: folder.file)
    try store.store(record("a", 5))
    #expect(throws: StateStoreError.self) { try late.store(record("a", 4)) }
    #expect(try store.load(connector: "a") == record("a", 5))
    try late.store(record("a", 5))
    // Of another cluster, or for a snapshot, positions begin anew.
    var other = record("a", 1)
    other.systemIdentifier = "another"
    try store.store(other)
    other.snapshot = .running
    other.position.acknowledged = .invalid
    try store.store(other)
    #expect(try store.load(connector: "a") == other)
  }

  @Test func connectorsThatWriteAtOnceLoseNothing() async throws {
    let folder = try Folder()
    let path = folder.file
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        let mine = record("c\(number)", UInt64(number))
        group.addTask {
          var store = FileStateStore(path: path)
          for _ in 0..<5 { try store.store(mine) }
        }
      }
      try await group.waitForAll()
    }
    var store = FileStateStore(path: path)
    for number in 0..<8 {
      #expect(try store.load(connector: "c\(number)") == record("c\(number)", UInt64(number)))
    }
  }

  @Test func aFileLeftBehindByACrashIsPassedOver() throws {
    let folder = try Folder()
    var store = FileStateStore(path: folder.file)
    try store.store(record("a", 1))
    try folder.write("{\"half\":", "offsets.new")
    #expect(try store.load(connector: "a") == record("a", 1))
    try store.store(record("a", 2))
    #expect(try store.load(connector: "a") == record("a", 2))
    #expect(!FileManager.default.fileExists(atPath: folder.file + ".new"))
  }

  @Test func onlyTheOwnerMayReadTheFile() throws {
    let folder = try Folder()
    var store = FileStateStore(path: folder.file)
    try store.store(record("a", 1))
    let mode = try FileManager.default.attributesOfItem(atPath: folder.file)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test func aDamagedLineIsRefusedByItsNumberAndNeverReplaced() throws {
    let folder = try Folder()
    var store = FileStateStore(path: folder.file)
    try store.store(record("a", 1))
    let damaged = try folder.read() + "{\"format\":1}\n"
    try folder.write(damaged)
    let error = try #require(throws: StateStoreError.self) { try store.load(connector: "a") }
    #expect(error.description.contains("line 2") && error.description.contains(folder.file))
    #expect(!error.isTransient)
    #expect(throws: StateStoreError.self) { try store.store(record("a", 2)) }
    #expect(try folder.read() == damaged)
  }

  @Test func anOffsetsFileOfKafkaConnectIsRefusedAsSuch() throws {
    let folder = try Folder()
    try folder.write([0xAC, 0xED, 0x00, 0x05, 0x73])
    var store = FileStateStore(path: folder.file)
    let error = try #require(throws: StateStoreError.self) { try store.load(connector: "a") }
    #expect(error.description.contains("offsets file of Kafka Connect"))
    #expect(error.description.contains("offset.storage.file.filename"))
    #expect(!error.isTransient)
  }

  @Test func aFolderThatIsNotThereIsForTheOperator() throws {
    let folder = try Folder()
    let path = folder.path + "/mount/offsets"
    var store = FileStateStore(path: path)
    let error = try #require(throws: StateStoreError.self) { try store.store(record("a", 1)) }
    #expect(!error.isTransient)
    #expect(error.description.contains(path))
    #expect(throws: StateStoreError.self) { try store.load(connector: "a") }
    try FileManager.default.createDirectory(atPath: folder.path + "/mount", withIntermediateDirectories: false)
    try store.store(record("a", 1))
    #expect(try store.load(connector: "a") == record("a", 1))
  }
}
