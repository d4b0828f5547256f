/// `database.initial.statements`: separated by semicolons, of which two in a row are one that belongs to a statement.
/// Source: Debezium 3.6, `JdbcConnection.parseSqlStatementString`.
enum InitialStatements {
  static func split(_ text: String) -> [String] {
    var statements: [String] = []
    var current = ""
    var rest = text[...]
    while let character = rest.popFirst() {
      if character != ";" {
        current.append(character)
      } else if rest.first == ";" {
        rest.removeFirst()
        current.append(";")
      } else {
        statements.append(current)
        current = ""
      }
    }
    return (statements + [current]).map { $0.trimmedASCII() }.filter { !$0.isEmpty }
  }
}
