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

  private func append(_ text: String, to path: String) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  /// Lines that the file gives out now.
  private func next(_ file: inout SignalFile) -> [String]? {
    file.next()?.map { String(decoding: $0.text, as: UTF8.self) }
  }

  private func cut(_ file: inout SignalFile) -> Bool { file.cut() }
  private func skip(_ file: inout SignalFile, _ followed: FilePrefix) -> Bool? { file.skip(followed) }

  @Test func linesAreGivenOutOnceAndStayUntilTheyAreCutOff() throws {
    let content = Data("{\"a\":1}\n\n {\"b\":2}\n".utf8)
    try withFile(content) { path in
      var file = SignalFile(path: path)
      #expect(next(&file)?.count == 2)
      #expect(byteCount(path) == content.count)
      #expect(next(&file)?.isEmpty == true)
      #expect(cut(&file))
      #expect(byteCount(path) == 0)
    }
  }

  @Test func whatIsWrittenMeanwhileIsNotCutOffUnread() throws {
    try withFile(Data("{\"a\":1}\n".utf8)) { path in
      var file = SignalFile(path: path)
      #expect(next(&file)?.count == 1)
      try append("{\"b\":2}\n", to: path)
      #expect(!cut(&file))
      #expect(next(&file) == ["{\"b\":2}"])
      #expect(cut(&file))
      #expect(byteCount(path) == 0)
    }
  }

  @Test func aRewrittenFileIsReadFromItsBeginning() throws {
    try withFile(Data("{\"a\":1}\n".utf8)) { path in
      var file = SignalFile(path: path)
      #expect(next(&file)?.count == 1)
      try Data("{\"c\":3}\n".utf8).write(to: URL(fileURLWithPath: path))
      #expect(cut(&file))
      #expect(next(&file)?.count == 1)
    }
  }

  @Test func whatAnEarlierProcessHasFollowedIsNotGivenOutAgain() throws {
    try withFile(Data("{\"a\":1}\n{\"b\":2}\n".utf8)) { path in
      var earlier = SignalFile(path: path)
      let given = earlier.next()
      let lines = try #require(given)
      let followed = lines[0].prefix
      var file = SignalFile(path: path)
      #expect(skip(&file, followed) == true)
      #expect(next(&file) == ["{\"b\":2}"])
      #expect(cut(&file))
      // It was cut off before: what is there now is another.
      try append("{\"c\":3}\n", to: path)
      var later = SignalFile(path: path)
      #expect(skip(&later, followed) == false)
      #expect(next(&later)?.count == 1)
    }
  }

  @Test func aFileTooLargeToBeSignalsIsLeftAsItIs() throws {
    let content = Data(repeating: UInt8(ascii: "x"), count: (1 << 20) + 1)
    try withFile(content) { path in
      var file = SignalFile(path: path)
      #expect(next(&file) == nil)
      #expect(byteCount(path) == content.count)
    }
  }
}
