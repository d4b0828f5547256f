/// The demo's closing account, plain text.
public struct DemoReport: Sendable {
  public struct Connector: Sendable {
    public var name: String
    /// `STOPPED`, or why it failed.
    public var outcome: String
    public var snapshotRows: UInt64
    public var acknowledged: UInt64
    public var latency: (count: UInt64, p50Microseconds: UInt64, p99Microseconds: UInt64, maxMicroseconds: UInt64)

    public init(
      name: String, outcome: String, snapshotRows: UInt64, acknowledged: UInt64,
      latency: (count: UInt64, p50Microseconds: UInt64, p99Microseconds: UInt64, maxMicroseconds: UInt64)
    ) {
      self.name = name
      self.outcome = outcome
      self.snapshotRows = snapshotRows
      self.acknowledged = acknowledged
      self.latency = latency
    }
  }

  public var account: DemoAccount
  public var connectors: [Connector]
  /// Sentences about run, bank and money, in order.
  public var remarks: [String]

  public init(account: DemoAccount, connectors: [Connector], remarks: [String]) {
    self.account = account
    self.connectors = connectors
    self.remarks = remarks
  }

  /// For a terminal of this width, tables leave out what the rest tells and sentences are broken between words; `nil`
  /// leaves nothing out and breaks nothing.
  public func lines(width: Int?) -> [String] {
    var lines = DemoReport.section(
      "CAPTURED TABLE", "CHANGES", account.tables, withUpdates: true, total: "all captured tables", width: width)
    lines.append("")
    lines += DemoReport.section(
      "OUTBOX EVENT TYPE", "ROWS", account.events, withUpdates: false, total: "all outbox rows", width: width)
    lines.append("")
    lines += connectorLines(width: width)
    lines.append("")
    for remark in ["p50, p99, max: from commit in PostgreSQL to acknowledgement by Kafka, whole transactions"] + remarks
      + [verdict]
    {
      lines += width.map { TextTable.wrapped(remark, to: $0) } ?? [remark]
    }
    return lines
  }

  private func connectorLines(width: Int?) -> [String] {
    let whole = connectorTable { $0 }
    guard let width, whole.width > width else { return whole.lines() }
    let short = connectorTable(DemoScreen.withoutSuffix)
    return short.lines(columns: short.width > width ? 6 : 7)
  }

  private func connectorTable(_ shown: (String) -> String) -> TextTable {
    var table = TextTable([.left, .left, .right, .right, .right, .right, .right])
    table.add(["CONNECTOR", "ENDED", "SNAPSHOT ROWS", "ACKNOWLEDGED", "p50", "p99", "MAX"])
    for connector in connectors {
      let latency = connector.latency
      let times =
        latency.count == 0
        ? ["-", "-", "-"]
        : [latency.p50Microseconds, latency.p99Microseconds, latency.maxMicroseconds].map {
          FigureText.latency(microseconds: $0)
        }
      table.add(
        [
          shown(connector.name), connector.outcome, FigureText.grouped(connector.snapshotRows),
          FigureText.grouped(connector.acknowledged),
        ] + times)
    }
    return table
  }

  /// The last word.
  public var verdict: String {
    let written = FigureText.grouped(account.written)
    var text =
      "Written \(written), acknowledged \(FigureText.grouped(account.acknowledged)), "
      + "read back \(FigureText.grouped(account.seen)), missing \(FigureText.grouped(account.missing))"
    if account.repeats > 0 { text += ", \(FigureText.grouped(account.repeats)) sent again" }
    if account.surplus > 0 { text += ", \(FigureText.grouped(account.surplus)) of another writer" }
    return text
  }

  private static func section(
    _ head: String, _ written: String, _ lines: [DemoAccount.Line], withUpdates: Bool, total: String,
    width: Int?
  ) -> [String] {
    var table = TextTable([.left] + Array(repeating: .right, count: withUpdates ? 6 : 4) + [.left])
    let counts = withUpdates ? ["INSERTS", "UPDATES"] : []
    table.add([head] + counts + [written, "ACKNOWLEDGED", "READ BACK", "MISSING", "TOPIC"])
    func row(_ name: String, _ sums: [Int], _ topic: String) -> [String] {
      [name] + sums.map { FigureText.grouped($0) } + [topic]
    }
    func sums(_ lines: [DemoAccount.Line]) -> [Int] {
      let each: [(DemoAccount.Line) -> Int] =
        (withUpdates ? [{ $0.inserted }, { $0.updated }] : []) + [
          { $0.written }, { $0.acknowledged }, { $0.seen }, { $0.missing },
        ]
      return each.map { figure in lines.reduce(0) { $0 + figure($1) } }
    }
    for line in lines { table.add(row(line.name, sums([line]), line.topic)) }
    table.add(row(total, sums(lines), ""))
    let columns = withUpdates ? 8 : 6
    return table.lines(columns: width.map { table.width > $0 } == true ? columns - 1 : columns)
  }
}
