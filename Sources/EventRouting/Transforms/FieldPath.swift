import ConnectData

/// The way to a field: one name (`field.syntax.version=V1`), or names with dots between them, in backticks where a name
/// holds a dot itself (`V2`). Source: `org.apache.kafka.connect.transforms.field.SingleFieldPath`.
public struct FieldPath: Sendable, Hashable {
  public enum Syntax: String, Sendable, CaseIterable {
    case v1 = "V1"
    case v2 = "V2"
  }

  /// At least one.
  public let names: [String]
  /// As written, for messages.
  public let text: String

  /// `nil` where a backtick has no other.
  public init?(_ text: String, _ syntax: Syntax) {
    self.text = text
    switch syntax {
    case .v1: names = [text]
    case .v2:
      guard let names = FieldPath.names(in: Array(text.utf16)), !names.isEmpty else { return nil }
      self.names = names
    }
  }

  private static func names(in path: [UInt16]) -> [String]? {
    let dot = UInt16(UInt8(ascii: "."))
    let backtick = UInt16(UInt8(ascii: "`"))
    let backslash = UInt16(UInt8(ascii: "\\"))
    var names: [String] = []
    var at = 0
    while at < path.count {
      guard path[at] == backtick else {
        let end = path[at...].firstIndex(of: dot) ?? path.count
        names.append(String(decoding: path[at..<end], as: UTF16.self))
        at = end + 1
        continue
      }
      at += 1
      var name: [UInt16] = []
      var start = at
      while true {
        guard let tick = path[min(at, path.count)...].firstIndex(of: backtick) else { return nil }
        let isEscaped = path[tick - 1] == backslash
        let isLast = tick == path.count - 1
        if isLast && isEscaped { return nil }
        if isLast || path[tick + 1] == dot && !isEscaped {
          names.append(String(decoding: name + path[start..<tick], as: UTF16.self))
          at = tick + 2
          break
        }
        // One that no dot follows belongs to the name; an escaped one does too, without its backslash.
        if path[tick + 1] == dot {
          name += path[start..<(tick - 1)] + [backtick]
          start = tick + 1
        }
        at = tick + 1
      }
    }
    if path.last == dot { names.append("") }
    return names
  }
}
