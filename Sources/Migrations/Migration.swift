import Crypto

/// One migration file, read and checked but not yet applied.
public struct Migration: Sendable {
  /// First line of a file whose statements cannot run in a transaction, such as `CREATE INDEX CONCURRENTLY`.
  public static let noTransactionMarker = "-- sluice: no transaction"

  public let version: MigrationVersion
  /// What stands between `__` and `.sql`, with spaces for underscores.
  public let name: String
  /// File name without its folder.
  public let file: String
  /// SHA-256 of the file's bytes, lower-case hexadecimal: what `sha256sum` prints.
  public let checksum: String
  /// Whether the whole file is one transaction. Else each statement is its own.
  public let isTransactional: Bool
  let statements: [SQLStatement]

  /// Takes a file apart. Throws `MigrationError.file` for a name, marker, encoding or statement that cannot be used.
  init(file: String, bytes: [UInt8]) throws(MigrationError) {
    (version, name) = try Migration.parse(file: file)
    self.file = file
    checksum = SHA256.hash(data: bytes).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
    // Some editors put a byte order mark first; the server would take it for part of a word.
    let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    guard let sql = String(validating: content, as: UTF8.self) else {
      throw .file(file, line: nil, "is not UTF-8")
    }
    if let zero = content.firstIndex(of: 0) {
      let line = 1 + content[..<zero].count { $0 == UInt8(ascii: "\n") }
      throw .file(file, line: line, "holds a zero byte, where the server would stop reading")
    }
    isTransactional = try Migration.isTransactional(firstLine: sql.prefix { !$0.isNewline }, file: file)
    do {
      statements = try SQLStatementSplitter.split(sql)
    } catch {
      throw .file(file, line: error.line, error.message)
    }
    for statement in statements {
      if let reason = statement.refusal { throw .file(file, line: statement.line, reason) }
    }
  }

  private static func parse(file: String) throws(MigrationError) -> (MigrationVersion, String) {
    let stem = file.dropLast(4)
    guard file.hasSuffix(".sql"), stem.first == "V", let separator = stem.firstRange(of: "__") else {
      throw .file(file, line: nil, "is not named V<version>__<name>.sql, such as V7__add_cards.sql")
    }
    guard let version = MigrationVersion(stem[..<separator.lowerBound].dropFirst()) else {
      throw .file(
        file, line: nil, "has no version between V and __: numbers, with dots or underscores between, such as 7 or 7.1")
    }
    let name = stem[separator.upperBound...]
    guard !name.isEmpty else { throw .file(file, line: nil, "has no name after __") }
    return (version, String(name.map { $0 == "_" ? " " : $0 }))
  }

  private static func isTransactional(firstLine: Substring, file: String) throws(MigrationError) -> Bool {
    var line = firstLine
    while line.last?.isWhitespace == true { line.removeLast() }
    if line == noTransactionMarker { return false }
    // A mistyped marker would otherwise be a plain comment.
    if line.hasPrefix("-- sluice:") || line.hasPrefix("--sluice:") {
      throw .file(file, line: 1, "has the first line \"\(line)\"; the only one known is \"\(noTransactionMarker)\"")
    }
    return true
  }
}
