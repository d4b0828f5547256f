/// Events as `sluice tail` prints them for people: a head line, and the value below it.
public struct TailFormat: Sendable {
  public enum ValueForm: Sendable {
    /// `name=value` pairs on one line.
    case line
    /// Indented JSON over several lines.
    case pretty
  }

  public var style: TerminalStyle
  /// Cells that a line may have; `nil` cuts nothing.
  public var width: Int?
  public var showsAllHeaders: Bool
  public var valueForm: ValueForm
  /// The zone's distance from UTC, of this record's time.
  public var offsetSeconds: Int

  /// Headers that the head line already tells, or that tell of the relay's inner life.
  private static func isOurs(_ name: String) -> Bool {
    ["id", "event_type", "aggregate_type", "aggregate_id"].contains(name) || name.hasPrefix("__debezium.")
      || name.hasPrefix("__connect.")
  }

  public init(
    style: TerminalStyle, width: Int?, showsAllHeaders: Bool = false, valueForm: ValueForm = .line,
    offsetSeconds: Int = 0
  ) {
    self.style = style
    self.width = width
    self.showsAllHeaders = showsAllHeaders
    self.valueForm = valueForm
    self.offsetSeconds = offsetSeconds
  }

  public func lines(_ record: EventRecord) -> [String] {
    let content = EventContent(record)
    let time = record.timestampMilliseconds.map {
      FigureText.timeOfDay(unixMilliseconds: $0, offsetSeconds: offsetSeconds, withMilliseconds: true)
    }
    var used = 0
    var head = ""
    func add(_ text: String, _ paint: (String) -> String) {
      var text = text
      if let width { text = DisplayText.cut(text, to: max(width - used - (head.isEmpty ? 0 : 2), 0)) }
      guard !text.isEmpty else { return }
      if !head.isEmpty { head += "  " }
      used += DisplayText.width(text) + (used == 0 ? 0 : 2)
      head += paint(text)
    }
    add(time ?? "no time     ", style.dim)
    add(DisplayText.visible(record.topic), style.bold)
    add(content.kind, { EventPaint.kind($0, style) })
    if !record.topic.hasSuffix(content.subject) { add(DisplayText.visible(content.subject), style.cyan) }
    let key = KeyText.text(record.key)
    let room = width.map { max($0 - used - 2, 0) }
    add(room.map { DisplayText.width(key) > $0 ? KeyText.short(record.key, cells: $0) : key } ?? key, style.yellow)
    var lines = [head]
    let headers = record.headers.filter { showsAllHeaders || !TailFormat.isOurs($0.name) }
    if !headers.isEmpty {
      let texts = headers.map { header in
        let value = header.value.map { String(validating: $0, as: UTF8.self) ?? HexText.text($0) } ?? "null"
        return DisplayText.visible("\(header.name)=\(value)")
      }
      lines.append(contentsOf: wrapped(texts.joined(separator: " "), style.dim))
    }
    switch valueForm {
    case .line: lines += valueLine(content)
    case .pretty: lines.append(contentsOf: TailFormat.pretty(content).map { "  " + $0 })
    }
    return lines
  }

  /// All pairs; where they are cut, what matters stands before them.
  private func valueLine(_ content: EventContent) -> [String] {
    let pairs = TailFormat.line(content)
    let gist = EventSummary.text(content)
    guard let width, DisplayText.width(pairs) > width - 2, gist != pairs else { return wrapped(pairs, { $0 }) }
    let shown = DisplayText.cut(gist, to: max(width - 2, 0))
    let room = width - 2 - DisplayText.width(shown) - 2
    return ["  " + shown + (room > 30 ? "  " + style.dim(DisplayText.cut(pairs, to: room)) : "")]
  }

  /// One indented line, cut to the width.
  private func wrapped(_ text: String, _ paint: (String) -> String) -> [String] {
    let text = width.map { DisplayText.cut(text, to: max($0 - 2, 0)) } ?? text
    return text.isEmpty ? [] : ["  " + paint(text)]
  }

  private static func line(_ content: EventContent) -> String {
    switch content.body {
    case .change(let before, let after):
      if content.kind == "update", before != nil, after != nil { return EventSummary.text(content) }
      return (after ?? before).map(pairs) ?? ""
    case .document(let node): return pairs(node)
    case .text, .bytes, .tombstone: return EventSummary.text(content)
    }
  }

  /// Nulls say nothing in a line that is read in passing.
  private static func pairs(_ node: JSONNode) -> String {
    guard case .object(let members) = node else { return DisplayText.visible(node.scalarText ?? node.compactText) }
    let parts = members.filter { !$0.value.isNull }.map {
      "\($0.name)=\($0.value.scalarText ?? $0.value.compactText)"
    }
    return DisplayText.visible(parts.joined(separator: " "))
  }

  private static func pretty(_ content: EventContent) -> [String] {
    func split(_ node: JSONNode) -> [String] {
      // Escapes of the source stay, so that a line break inside a string breaks no line here.
      node.prettyText().split(separator: "\n", omittingEmptySubsequences: false).map { DisplayText.visible(String($0)) }
    }
    switch content.body {
    case .change(let before, let after):
      var lines: [String] = []
      if let before { lines += ["before"] + split(before) }
      if let after { lines += (before == nil ? [] : ["after"]) + split(after) }
      return lines
    case .document(let node): return split(node)
    case .text(let text):
      return text.split(separator: "\n", omittingEmptySubsequences: false).map { DisplayText.visible(String($0)) }
    case .bytes(let bytes): return [HexText.text(bytes, bytesMax: .max)]
    case .tombstone: return [EventSummary.text(content)]
    }
  }
}

/// Colours of kinds of event, the same on every screen.
enum EventPaint {
  static func kind(_ kind: String, _ style: TerminalStyle) -> String {
    switch DisplayText.trimmedEnd(kind) {
    case "create", "event": style.green(kind)
    case "update": style.blue(kind)
    case "delete", "truncate", "tombstone": style.red(kind)
    default: style.dim(kind)
    }
  }
}

extension DisplayText {
  static func trimmedEnd(_ text: String) -> Substring {
    var text = text[...]
    while text.last == " " { text.removeLast() }
    return text
  }
}
