/// Cuts a file into statements as psql does (PostgreSQL source, `psqlscan.l`): at semicolons outside quotes, comments,
/// parentheses and `BEGIN ATOMIC` bodies. Expects `standard_conforming_strings` to be on.
package struct SQLStatementSplitter {
  /// A quote or comment that the file does not end.
  package struct Failure: Error, Equatable {
    let message: String
    /// Line on which it begins, from 1.
    let line: Int
  }

  private let bytes: [UInt8]
  private var index = 0
  private var line = 1

  private var statements: [SQLStatement] = []
  /// Offset and line of the current statement's first token; `nil` before it.
  private var start: (offset: Int, line: Int)?
  private var words: [String] = []
  private var lastWord = ""
  private var copiesOverConnection = false
  private var parenthesisDepth = 0
  /// 1 inside the `BEGIN ATOMIC` body of a function, more inside its `CASE`s, each of which has an `END` too.
  private var bodyDepth = 0

  private init(_ sql: String) { bytes = Array(sql.utf8) }

  package static func split(_ sql: String) throws(Failure) -> [SQLStatement] {
    var splitter = SQLStatementSplitter(sql)
    try splitter.run()
    return splitter.statements
  }

  private mutating func run() throws(Failure) {
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"):
        skipLineComment()
      case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"):
        try skipBlockComment()
      case UInt8(ascii: " "), 0x09...0x0D:
        advance()
      case UInt8(ascii: ";") where parenthesisDepth == 0 && bodyDepth == 0:
        finishStatement()
        advance()
      default:
        if start == nil { start = (index, line) }
        try skipToken(byte)
      }
    }
    finishStatement()
  }

  private mutating func skipToken(_ byte: UInt8) throws(Failure) {
    switch byte {
    case UInt8(ascii: "'"):
      try skipString(escapes: false)
    case UInt8(ascii: "\""):
      try skipQuotedIdentifier()
    case UInt8(ascii: "$"):
      try skipDollar()
    case UInt8(ascii: "("):
      parenthesisDepth += 1
      advance()
    case UInt8(ascii: ")"):
      parenthesisDepth = max(0, parenthesisDepth - 1)
      advance()
    case _ where SQLStatementSplitter.startsIdentifier(byte):
      try skipWord()
    default:
      advance()
    }
  }

  private mutating func finishStatement() {
    if let start {
      var end = index
      while end > start.offset, bytes[end - 1] == UInt8(ascii: " ") || (0x09...0x0D).contains(bytes[end - 1]) {
        end -= 1
      }
      if end > start.offset {
        let text = String(decoding: bytes[start.offset..<end], as: UTF8.self)
        statements.append(
          SQLStatement(text: text, line: start.line, words: words, copiesOverConnection: copiesOverConnection))
      }
    }
    start = nil
    words = []
    lastWord = ""
    copiesOverConnection = false
    parenthesisDepth = 0
    bodyDepth = 0
  }

  // MARK: - Tokens

  /// A key word or name. Its `$` and digits belong to it, so that `a$b$` begins no dollar quote; `E` before a quote
  /// makes the string one with backslash escapes.
  private mutating func skipWord() throws(Failure) {
    let begin = index
    while index < bytes.count, SQLStatementSplitter.continuesIdentifier(bytes[index]) { index += 1 }
    if index - begin == 1, bytes[begin] | 0x20 == UInt8(ascii: "e"), peek(0) == UInt8(ascii: "'") {
      try skipString(escapes: true)
      return
    }
    let word = String(decoding: bytes[begin..<index], as: UTF8.self).lowercased()
    if words.count < 4 { words.append(word) }
    if createsRoutine, parenthesisDepth == 0 {
      switch word {
      case "atomic" where lastWord == "begin" && bodyDepth == 0: bodyDepth = 1
      case "case" where bodyDepth > 0: bodyDepth += 1
      case "end" where bodyDepth > 0: bodyDepth -= 1
      default: break
      }
    }
    if words.first == "copy", parenthesisDepth == 0,
      (lastWord, word) == ("from", "stdin") || (lastWord, word) == ("to", "stdout")
    {
      copiesOverConnection = true
    }
    lastWord = word
  }

  private var createsRoutine: Bool {
    guard words.first == "create" else { return false }
    let kind = words.dropFirst().starts(with: ["or", "replace"]) ? words.dropFirst(3).first : words.dropFirst().first
    return kind == "function" || kind == "procedure"
  }

  private mutating func skipString(escapes: Bool) throws(Failure) {
    let begin = line
    repeat {
      advance()
      while peek(0) != UInt8(ascii: "'") || peek(1) == UInt8(ascii: "'") {
        guard let byte = peek(0) else { throw Failure(message: "has a string that does not end", line: begin) }
        // Two quotes, or a backslash and what it escapes.
        if byte == UInt8(ascii: "'") || (escapes && byte == UInt8(ascii: "\\")) { advance() }
        advance()
      }
      advance()
    } while skipToContinuedString()
  }

  /// Moves to the next part of a string that goes on after white space with a line end in it, where backslashes mean
  /// what they meant in the first part (manual, "String Constants").
  private mutating func skipToContinuedString() -> Bool {
    var ahead = index
    var linesPassed = 0
    while ahead < bytes.count {
      switch bytes[ahead] {
      case UInt8(ascii: "\n"):
        linesPassed += 1
        ahead += 1
      case UInt8(ascii: " "), 0x09, 0x0B...0x0D:
        ahead += 1
      case UInt8(ascii: "-") where ahead + 1 < bytes.count && bytes[ahead + 1] == UInt8(ascii: "-"):
        while ahead < bytes.count, bytes[ahead] != UInt8(ascii: "\n") { ahead += 1 }
      case UInt8(ascii: "'") where linesPassed > 0:
        index = ahead
        line += linesPassed
        return true
      default:
        return false
      }
    }
    return false
  }

  private mutating func skipQuotedIdentifier() throws(Failure) {
    let begin = line
    advance()
    while let byte = peek(0) {
      advance()
      if byte == UInt8(ascii: "\"") { return }
    }
    throw Failure(message: "has a quoted identifier that does not end", line: begin)
  }

  /// `$$…$$`, `$tag$…$tag$`, or a parameter such as `$1`.
  private mutating func skipDollar() throws(Failure) {
    var end = index + 1
    if end < bytes.count, SQLStatementSplitter.startsIdentifier(bytes[end]) {
      while end < bytes.count, bytes[end] != UInt8(ascii: "$"),
        SQLStatementSplitter.continuesIdentifier(bytes[end])
      {
        end += 1
      }
    }
    guard end < bytes.count, bytes[end] == UInt8(ascii: "$") else {
      advance()
      return
    }
    let delimiter = bytes[index...end]
    let begin = line
    index = end + 1
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "$"), bytes[index...].starts(with: delimiter) {
        index += delimiter.count
        return
      }
      advance()
    }
    let tag = String(decoding: delimiter, as: UTF8.self)
    throw Failure(message: "has a string quoted by \(tag) that does not end", line: begin)
  }

  private mutating func skipLineComment() {
    while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
  }

  /// Block comments nest in SQL, unlike in C.
  private mutating func skipBlockComment() throws(Failure) {
    let begin = line
    var depth = 0
    while let byte = peek(0) {
      if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
        depth += 1
        index += 2
      } else if byte == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
        depth -= 1
        index += 2
        if depth == 0 { return }
      } else {
        advance()
      }
    }
    throw Failure(message: "has a comment that does not end", line: begin)
  }

  // MARK: - Bytes

  private func peek(_ distance: Int) -> UInt8? {
    index + distance < bytes.count ? bytes[index + distance] : nil
  }

  /// Passes one byte, counting lines. Past the end it does nothing.
  private mutating func advance() {
    guard index < bytes.count else { return }
    if bytes[index] == UInt8(ascii: "\n") { line += 1 }
    index += 1
  }

  private static func startsIdentifier(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_") || byte >= 0x80
  }

  private static func continuesIdentifier(_ byte: UInt8) -> Bool {
    startsIdentifier(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "$")
  }
}
