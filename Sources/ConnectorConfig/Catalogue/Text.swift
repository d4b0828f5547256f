extension String {
  /// Without blanks at both ends, as Java's `String.trim()` (all characters up to U+0020).
  func trimmedASCII() -> String {
    let utf8 = self.utf8
    guard let first = utf8.firstIndex(where: { $0 > 0x20 }), let last = utf8.lastIndex(where: { $0 > 0x20 }) else {
      return ""
    }
    return String(self[first...last])
  }

  /// Kafka's LIST: split at commas, trimmed; empty entries are left out.
  func splitList() -> [String] {
    split(separator: ",").map { String($0).trimmedASCII() }.filter { !$0.isEmpty }
  }

  /// Debezium's list of regular expressions: `\,` is a comma within one; empty entries are left out.
  func splitRegexList() -> [String] {
    var parts: [String] = []
    var part = ""
    var isEscaped = false
    for character in unicodeScalars {
      if isEscaped {
        if character != "," { part.unicodeScalars.append("\\") }
        part.unicodeScalars.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "," {
        parts.append(part)
        part = ""
      } else {
        part.unicodeScalars.append(character)
      }
    }
    if isEscaped { part.unicodeScalars.append("\\") }
    parts.append(part)
    return parts.map { $0.trimmedASCII() }.filter { !$0.isEmpty }
  }
}

/// `JsonConverter` of `org.apache.kafka.connect.json.JsonConverter`.
func simpleClassName(_ name: String) -> String {
  let trimmed = name.trimmedASCII()
  return trimmed.split(separator: ".").last.map(String.init) ?? trimmed
}
