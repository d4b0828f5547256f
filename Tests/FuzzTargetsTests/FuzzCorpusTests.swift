import Foundation
import FuzzTargets
import Testing

/// What fuzzing has found and kept, once more. `make fuzz` looks for more.
@Suite struct FuzzCorpusTests {
  private static let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("FuzzCorpus")

  private static func inputs(_ decoder: String) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(
      at: corpus.appendingPathComponent(decoder), includingPropertiesForKeys: nil)
  }

  @Test(arguments: FuzzTarget.all.map(\.name)) func everyInputThatIsKeptKeepsTheDecodersPromises(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let inputs = try Self.inputs(name)
    #expect(!inputs.isEmpty)
    for input in inputs {
      let bytes = [UInt8](try Data(contentsOf: input))
      #expect(throws: Never.self, "\(input.lastPathComponent)") { try target.run(bytes) }
    }
  }

  @Test func everyFolderIsThatOfADecoder() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpus.path)
    #expect(folders.sorted() == FuzzTarget.all.map(\.name).sorted())
  }
}
