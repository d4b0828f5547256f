import Foundation
import RelayRuntime
import Testing

@Suite struct SpillDirectoryTests {
  private let parent: String

  init() throws {
    parent = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-spill-test-\(UUID())").path
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
  }

  private func attribute(_ key: FileAttributeKey, of path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[key] as? Int
  }

  @Test func theDirectoryIsItsUsersAloneAndAFileHasNoName() throws {
    defer { try? FileManager.default.removeItem(atPath: parent) }
    let space = try SpillDirectory(path: parent + "/spill")
    #expect(try attribute(.posixPermissions, of: parent + "/spill") == 0o700)
    let file = try space.makeFile()
    #expect(try FileManager.default.contentsOfDirectory(atPath: parent + "/spill").isEmpty)
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
    try file.write(bytes.span.bytes, at: 0)
    try file.write(bytes.span.bytes, at: bytes.count)
    #expect(try file.read(1_000, at: 99_500) == Array(bytes[99_500...]) + Array(bytes[..<500]))
    try file.truncate(to: 10)
    #expect(throws: SpillError.self) { try file.read(11, at: 0) }
    #expect(try file.read(10, at: 0) == Array(bytes[..<10]))
  }

  @Test func whatAKilledRelayLeftIsRemovedAndNothingElse() throws {
    defer { try? FileManager.default.removeItem(atPath: parent) }
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: parent)
    for name in ["123-4.sluice-spill", "offsets"] {
      try Data("x".utf8).write(to: URL(fileURLWithPath: parent + "/" + name))
    }
    _ = try SpillDirectory(path: parent)
    #expect(try FileManager.default.contentsOfDirectory(atPath: parent) == ["offsets"])
  }

  @Test func aDirectoryThatOthersMayEnterIsRefusedWithWhatToDo() throws {
    defer { try? FileManager.default.removeItem(atPath: parent) }
    try FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: parent)
    #expect { try SpillDirectory(path: parent) } throws: { "\($0)".contains("chmod 700 \(parent)") }
  }

  @Test func aPathThatIsNoDirectoryOrHasNoParentIsRefused() throws {
    defer { try? FileManager.default.removeItem(atPath: parent) }
    try Data().write(to: URL(fileURLWithPath: parent + "/file"))
    #expect { try SpillDirectory(path: parent + "/file") } throws: { "\($0)".contains("is not a directory") }
    try FileManager.default.createSymbolicLink(atPath: parent + "/link", withDestinationPath: parent)
    #expect { try SpillDirectory(path: parent + "/link") } throws: { "\($0)".contains("is not a directory") }
    #expect { try SpillDirectory(path: parent + "/none/spill") } throws: { "\($0)".contains("No such file") }
  }
}
