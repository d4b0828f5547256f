import Foundation
import Testing

@Suite struct LinkedLibrariesTests {
  /// Foundation brings tables of all languages, 6 MiB at rest; FoundationEssentials, without them, does. One import of
  /// it in the program's sources is enough to link it.
  @Test func theProgramNeedsNoFoundation() throws {
    let sources = SluiceProgram.repositoryFolder.appending(path: "Sources")
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var count = 0
    for case let file as URL in files where file.pathExtension == "swift" {
      count += 1
      let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
      #expect(!lines.contains { $0.hasSuffix("import Foundation") }, "\(file.lastPathComponent)")
    }
    #expect(count > 100)
  }
}
