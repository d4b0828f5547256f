import Glibc
import Logging

/// Log lines to standard error: for people, or as one JSON object a line for machines.
struct RelayLogHandler: LogHandler {
  enum Format: String, CaseIterable, Sendable {
    case text, json
  }

  let format: Format
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]

  init(format: Format, level: Logger.Level) {
    self.format = format
    logLevel = level
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
    let message = event.message.description
    let line =
      switch format {
      case .text: RelayLogHandler.text(event.level, message, fields)
      case .json: RelayLogHandler.json(event.level, message, fields)
      }
    LineOutput.diagnostics.write(line)
  }

  private static func text(_ level: Logger.Level, _ message: String, _ fields: Logger.Metadata) -> String {
    var fields = fields
    let connector = fields.removeValue(forKey: "connector").map { "\($0): " } ?? ""
    let rest = fields.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    let word = level.rawValue + String(repeating: " ", count: max(0, 8 - level.rawValue.count))
    return "\(timestamp()) \(word) \(connector)\(oneLine(message))\(rest)"
  }

  private static func json(_ level: Logger.Level, _ message: String, _ fields: Logger.Metadata) -> String {
    var text = "{\"time\":\(quoted(timestamp())),\"level\":\(quoted(level.rawValue)),\"message\":\(quoted(message))"
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
      text += ",\(quoted(key)):\(quoted(value.description))"
    }
    return text + "}"
  }

  /// A server's text can have several lines; a log line is one.
  private static func oneLine(_ text: String) -> String {
    text.contains("\n") ? text.split(separator: "\n").joined(separator: " | ") : text
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\u{0}"..."\u{1F}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  /// UTC with milliseconds.
  private static func timestamp() -> String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    var seconds = time.tv_sec
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ value: Int, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date =
      "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
    let clock = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
    return "\(date)T\(clock).\(padded(time.tv_nsec / 1_000_000, 3))Z"
  }
}
