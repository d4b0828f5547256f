/// Topics as people name them on a command line.
public enum TopicChoice {
  /// A name as it is; a name with `*` or `?` as a regular expression over whole names; `^…` is one already.
  public static func selection(_ text: String) -> String {
    guard !text.hasPrefix("^"), text.contains(where: { $0 == "*" || $0 == "?" }) else { return text }
    var pattern = "^"
    for character in text {
      switch character {
      case "*": pattern += ".*"
      case "?": pattern += "."
      case _ where character.isLetter || character.isNumber || character == "_" || character == "-":
        pattern.append(character)
      default: pattern += "\\" + String(character)
      }
    }
    return pattern + "$"
  }
}
