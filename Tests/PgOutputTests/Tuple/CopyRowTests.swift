import PgOutput
import Primitives
import RelayTestSupport
import Testing

@Suite struct CopyRowTests {
  private func row(_ line: String) -> Result<[String?], DecodeError> {
    var row = CopyRow()
    let bytes = Array(line.utf8)
    do throws(DecodeError) {
      try row.decode(text: bytes.span.bytes)
    } catch {
      return .failure(error)
    }
    let values = row.bytes.array
    return .success(texts(row.tuple, in: values))
  }

  @Test func tabsSeparateColumnsAndTheLineEndIsNoPartOfThem() {
    #expect(row("a\tb\tc\n") == .success(["a", "b", "c"]))
  }

  @Test func nullAndEmptyTextDiffer() {
    #expect(row("\\N\t\t\\N\n") == .success([nil, "", nil]))
  }

  @Test func escapesAreUndone() {
    #expect(row("x\\ty\\nz\\\\\\b\\f\\r\\v\n") == .success(["x\ty\nz\\\u{8}\u{C}\r\u{B}"]))
  }

  /// The row is looked through eight bytes at a time: tabs, escapes and the end at every place of such a word.
  @Test(arguments: 0...24) func columnsOfEveryLengthAreTakenApart(_ length: Int) {
    let text = String("abcdefghijklmnopqrstuvwxyz".prefix(length))
    #expect(
      row("\(text)\t\(text)\\t\(text)\t\\N\t\u{8}\(text)\n")
        == .success([text, "\(text)\t\(text)", nil, "\u{8}\(text)"]))
    #expect(row(text) == .success([text]))
    #expect(row("\(text)\\q") == .failure(.unknownTag(UInt8(ascii: "q"), at: length + 1)))
  }

  @Test func aBackslashAtTheEndIsAnError() {
    #expect(row("a\\\n") == .failure(.truncated(need: 2, have: 1, at: 1)))
  }

  @Test func anUnknownEscapeIsAnError() {
    #expect(row("a\\q\n") == .failure(.unknownTag(UInt8(ascii: "q"), at: 2)))
  }

  @Test func aRowIsForgottenByTheNextOne() throws {
    var row = CopyRow()
    let first = Array("a\tb\n".utf8)
    let second = Array("c\n".utf8)
    try row.decode(text: first.span.bytes)
    try row.decode(text: second.span.bytes)
    let values = row.bytes.array
    #expect(texts(row.tuple, in: values) == ["c"])
  }
}
