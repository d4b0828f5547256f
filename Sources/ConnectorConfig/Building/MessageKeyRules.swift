import EventRouting

/// The rules of `message.key.columns`, one per column, each the patterns of `schema.table.column` that it takes; nil where
/// the text has another form. Source: Debezium 3.6, `Key.CustomKeyMapper`.
func messageKeyRules(_ text: String) -> [[String]]? {
  var parts = text.split(separator: ";", omittingEmptySubsequences: false)
  // As Java's `split`, which drops empty parts at the end.
  while parts.last?.isEmpty == true { parts.removeLast() }
  guard !parts.isEmpty else { return nil }
  var rules: [[String]] = []
  for part in parts {
    guard let colon = part.firstIndex(of: ":") else { return nil }
    let table = String(part[..<colon])
    let columns = part[part.index(after: colon)...]
    let names = columns.split(separator: ",", omittingEmptySubsequences: false)
    guard !table.trimmedASCII().isEmpty, !columns.contains(":"), !names.contains(where: \.isEmpty) else { return nil }
    for name in names {
      let patterns = "\(table).\(String(name).trimmedASCII())".splitRegexList()
      guard patterns.allSatisfy({ JavaRegularExpression.complaint(about: $0) == nil }) else { return nil }
      rules.append(patterns)
    }
  }
  return rules
}
