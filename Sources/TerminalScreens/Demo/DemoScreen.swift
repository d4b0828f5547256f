/// The demo's screen as lines for a terminal of a given size. No line is wider than the terminal less one cell, so that no
/// terminal wraps it, and there are never more lines than rows.
public struct DemoScreen {
  private let figures: DemoFigures
  private let width: Int
  private let height: Int
  private let style: TerminalStyle

  /// Most events that are shown, however high the terminal.
  public static let eventsMax = 16

  public init(_ figures: DemoFigures, columns: Int, rows: Int, style: TerminalStyle) {
    self.figures = figures
    width = max(columns - 1, 1)
    height = max(rows, 1)
    self.style = style
  }

  public var lines: [String] {
    let head = [title, broker, bank]
    let connectors = connectorLines
    var topics = topicLines
    let foot = footLines
    // In this order things go when the terminal is low: blank lines, events, topics.
    var room = height - head.count - connectors.count - foot.count
    topics = Array(topics.prefix(max(room, 0)))
    room -= topics.count
    // One heading, and six events at least, before any blank line.
    let blanks = min(max(room - 7, 0), 3)
    room -= blanks
    let events = room >= 2 ? eventLines(count: min(room - 1, DemoScreen.eventsMax)) : []
    var lines = head
    if blanks > 0 { lines.append("") }
    lines += connectors
    if blanks > 1 { lines.append("") }
    lines += topics
    if blanks > 2 { lines.append("") }
    lines += events
    let padding = height - lines.count - foot.count
    if padding > 0 { lines += Array(repeating: "", count: padding) }
    return Array((lines + foot).prefix(height))
  }

  // MARK: Head and foot

  private var title: String {
    let left = "sluice demo  \(figures.clock)"
    let right = figures.phase + (figures.isEnding ? " · Ctrl-C: do not wait" : " · Ctrl-C ends")
    let middle =
      "\(FigureText.grouped(figures.delivered)) events, \(FigureText.short(figures.ratePerSecond))/s"
    let used = DisplayText.width(left) + DisplayText.width(middle) + DisplayText.width(right) + 4
    if used > width { return style.bold(DisplayText.cut("\(left)  \(middle)", to: width)) }
    let gap = String(repeating: " ", count: width - used + 2)
    return style.bold(left) + "  " + style.cyan(middle) + gap + style.dim(right)
  }

  private var broker: String {
    // The label that this is no real Kafka stands first and is never cut before the rest.
    let text = figures.broker
    let rest = "  " + figures.database
    if DisplayText.width(text) + DisplayText.width(rest) <= width { return style.yellow(text) + style.dim(rest) }
    return style.yellow(DisplayText.cut(text, to: width))
  }

  private var bank: String { DisplayText.cut(figures.bank, to: width) }

  private var footLines: [String] {
    var lines: [String] = []
    if let warning = figures.warning {
      lines.append(style.red(DisplayText.cut("! " + DisplayText.visible(warning), to: width)))
    }
    if !figures.watchCommand.isEmpty {
      let label = "watch: "
      lines.append(style.dim(label) + DisplayText.cut(figures.watchCommand, to: max(width - label.utf8.count, 0)))
    }
    return lines
  }

  // MARK: Connectors

  private var connectorLines: [String] {
    let isNarrow = width < 90
    let widths = isNarrow ? [11, 8, 9, 9, 9] : [13, 9, 9, 9, 10]
    let fixed = 14 + widths.reduce(0, +)
    var names = figures.connectors.map { isNarrow ? DemoScreen.withoutSuffix($0.name) : $0.name }
    func longestName() -> Int { names.map { DisplayText.width($0) }.max() ?? 0 }
    if longestName() > width - fixed { names = figures.connectors.map { DemoLine.shortened($0.name) } }
    let longest = longestName()
    let nameWidth = max(min(max(longest, 9), width - fixed), 8)
    func row(_ texts: [String]) -> (name: String, state: String, rest: String) {
      let rest = zip(texts.dropFirst(2), widths).map { DisplayText.fitted($0, to: $1, .right) }.joined()
      return (DisplayText.fitted(texts[0], to: nameWidth), "  " + DisplayText.fitted(texts[1], to: 12), rest)
    }
    func line(_ texts: [String], _ paint: (String) -> String) -> String {
      let (name, state, rest) = row(texts)
      let room = width - nameWidth - DisplayText.width(state)
      return name + paint(DisplayText.cut(state, to: max(width - nameWidth, 0)))
        + DisplayText.cut(rest, to: max(room, 0))
    }
    let heads = ["CONNECTOR", "STATE", isNarrow ? "ACKED" : "ACKNOWLEDGED", "/s", "p50", "p99", "SLOT LAG"]
    let (name, state, rest) = row(heads)
    var lines = [style.dim(DisplayText.cut(name + state + rest, to: width))]
    for (connector, shownName) in zip(figures.connectors, names) {
      lines.append(
        line([
          shownName, connector.state, FigureText.grouped(connector.acknowledged),
          FigureText.short(connector.ratePerSecond),
          connector.latency.map { FigureText.latency(microseconds: $0.p50Microseconds) } ?? "-",
          connector.latency.map { FigureText.latency(microseconds: $0.p99Microseconds) } ?? "-",
          FigureText.bytes(connector.lagBytes),
        ]) { state in
          switch DisplayText.trimmedEnd(state.trimmedStart) {
          case "RUNNING", "STOPPED": style.green(state)
          case "FAILED": style.red(state)
          default: style.yellow(state)
          }
        })
    }
    return lines
  }

  /// Every connector's name ends alike; where room is scarce it goes.
  static func withoutSuffix(_ name: String) -> String {
    let suffix = "-connector"
    return name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
  }

  // MARK: Topics

  private var topicLines: [String] {
    let tables = figures.tableTopics
    let events = figures.eventTopics
    let gap = 3
    let half = (width - gap) / 2
    guard half >= 30 else {
      let all = tables + events
      return [style.dim(topicRow("TOPIC", "EVENTS", "/s", width))] + all.map { topicRow($0, width) }
    }
    let columnWidth = min(half, 60)
    let space = String(repeating: " ", count: gap)
    var lines = [
      style.dim(
        topicRow("TOPIC OF TABLE", "EVENTS", "/s", columnWidth) + space
          + topicRow("TOPIC OF OUTBOX EVENT", "EVENTS", "/s", columnWidth))
    ]
    for place in 0..<max(tables.count, events.count) {
      let left =
        place < tables.count ? topicRow(tables[place], columnWidth) : String(repeating: " ", count: columnWidth)
      let right = place < events.count ? space + topicRow(events[place], columnWidth) : ""
      lines.append(left + right)
    }
    return lines
  }

  private func topicRow(_ topic: DemoFigures.Topic, _ cells: Int) -> String {
    let count =
      cells < 45 && topic.count >= 1_000_000 ? FigureText.short(Double(topic.count)) : FigureText.grouped(topic.count)
    var name = topic.name
    // The heading tells the prefixes that the columns have in common.
    for prefix in ["fintech.events.", "fintech.analytics."] where name.hasPrefix(prefix) && cells < 56 {
      name = "…" + name.dropFirst(prefix.count)
    }
    let row = topicRow(name, count, FigureText.short(topic.ratePerSecond), cells)
    return topic.count == 0 ? style.dim(row) : row
  }

  private func topicRow(_ name: String, _ count: String, _ rate: String, _ cells: Int) -> String {
    let counts = DisplayText.fitted(count, to: 8, .right) + DisplayText.fitted(rate, to: 6, .right)
    return DisplayText.fitted(name, to: max(cells - 14, 0)) + DisplayText.cut(counts, to: min(cells, 14))
  }

  // MARK: Events

  private func eventLines(count: Int) -> [String] {
    let subjectWidth = width >= 100 ? 24 : 23
    let heads = [("TIME", 9), ("WHAT", 7), ("", subjectWidth + 1), ("KEY", 10)]
    var lines = [
      style.dim(DisplayText.cut(heads.map { DisplayText.fitted($0.0, to: $0.1) }.joined() + "GIST", to: width))
    ]
    for event in figures.events.suffix(count) {
      var room = width
      var line = ""
      func add(_ text: String, _ cells: Int, _ paint: (String) -> String) {
        let text = DisplayText.fitted(text, to: min(cells, room))
        room -= DisplayText.width(text)
        line += paint(text)
      }
      add(event.time, 8, style.dim)
      add("", 1, { $0 })
      add(event.kind, 6, { EventPaint.kind($0, style) })
      add("", 1, { $0 })
      add(event.subject, subjectWidth, event.subject.hasPrefix("fraud") ? style.red : style.bold)
      add("", 1, { $0 })
      add(event.key, 9, style.yellow)
      add("", 1, { $0 })
      let gist = width < 100 ? event.summary.split(separator: " · ").joined(separator: " ") : event.summary
      line += DisplayText.cut(gist, to: room)
      lines.append(line)
    }
    return lines
  }
}

extension String {
  fileprivate var trimmedStart: String { String(drop { $0 == " " }) }
}
