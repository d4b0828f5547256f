/// One statement of a file, without its semicolon and without the comments before it.
package struct SQLStatement: Equatable, Sendable {
  package let text: String
  /// Line of the file on which it begins, from 1.
  let line: Int
  /// Its first words outside quotes, lower-case; at most four.
  let words: [String]
  /// Whether it is a COPY that moves data over the connection.
  let copiesOverConnection: Bool

  /// The file's line of the character that the server counted as `position` in `text`, from 1.
  func line(atPosition position: Int) -> Int {
    line + text.unicodeScalars.prefix(max(0, position - 1)).count { $0 == "\n" }
  }

  /// Why the runner cannot run this statement, if it cannot.
  package var refusal: String? {
    switch words.first {
    case "begin", "start", "commit", "end", "abort":
      return SQLStatement.transactionRefusal(words[0])
    case "rollback" where words.dropFirst().first != "to" && words.prefix(3).last != "to":
      return SQLStatement.transactionRefusal("rollback")
    case "prepare" where words.dropFirst().first == "transaction":
      return SQLStatement.transactionRefusal("prepare transaction")
    case "copy" where copiesOverConnection:
      return "has COPY from or to the client, for which a migration has no data; use INSERT"
    default:
      return nil
    }
  }

  private static func transactionRefusal(_ word: String) -> String {
    "has \(word.uppercased()), but the runner itself begins and ends transactions: one a file, or, with "
      + "\"\(Migration.noTransactionMarker)\" as the first line, one a statement"
  }
}
