import Foundation
import Testing

@testable import RelayRuntime

@Suite struct SignalFileTests {
  private func withFile(_ content: Data, _ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("signals-\(UUID().uuidString)").path
    try content.write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func byteCount(_ path: String) -> Int? { FileManager.default.contents(atPath: path)?.count }

  @Test func linesAreTakenAndTheFileIsEmptied() throws {
    try withFile(Data("{\"a\":1}\n\n {\"b\":2}\n".utf8)) { path in
      #expect(SignalFile(path: path).take()?.count == 2)
      #expect(byteCount(path) == 0)
    }
  }

  @Test func aFileTooLargeToBeSignalsIsLeftAsItIs() throws {
    let content = Data(repeating: UInt8(ascii: "x"), count: (1 << 20) + 1)
    try withFile(content) { path in
      #expect(SignalFile(path: path).take() == nil)
      #expect(byteCount(path) == content.count)
    }
  }
}
