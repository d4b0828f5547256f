import Testing

@testable import TerminalScreens

struct DemoScreenTests {
  private var figures: DemoFigures {
    var figures = DemoFigures()
    figures.phase = "streaming"
    figures.elapsedSeconds = 75
    figures.totalSeconds = 120
    figures.broker = "in-process Kafka (librdkafka mock), in memory, for demo and tests only"
    figures.database = "PostgreSQL 15.18 on port 40123"
    figures.watchCommand = "sluice tail --bootstrap-servers 127.0.0.1:40124 'fintech.events.*'"
    figures.bank = "bank: 500 customers, 1,234 transactions, 200/s, 20 anomalies, 3 alerts"
    figures.connectors = ["main", "outbox", "analytics"].map {
      DemoFigures.Connector(
        name: "fintech-\($0)-connector", state: "RUNNING", acknowledged: 123_456, ratePerSecond: 401,
        latency: (4_100, 12_000), lagBytes: 120_000)
    }
    figures.tableTopics = (0..<7).map { DemoFigures.Topic(name: "fintech.table_\($0)", count: $0, ratePerSecond: 1) }
    figures.eventTopics = (0..<9).map {
      DemoFigures.Topic(name: "fintech.events.kind.number_\($0)", count: 1_000, ratePerSecond: 1)
    }
    figures.events = (0..<30).map { number in
      DemoFigures.Event(
        EventRecord(
          topic: "fintech.events.transaction.created", partition: 0, offset: 0, timestampMilliseconds: 0,
          key: Array("key\(number)".utf8), value: Array(#"{"amount":"\#(number).00","description":"東京"}"#.utf8),
          headers: []), offsetSeconds: 0)
    }
    return figures
  }

  @Test(arguments: [(80, 24), (140, 40), (100, 30), (60, 20), (40, 10), (20, 5), (1, 1), (300, 100)])
  func screenFitsTheTerminalWhateverItsSize(_ columns: Int, _ rows: Int) {
    for warning in [nil, "something\nhappened"] {
      var figures = figures
      figures.warning = warning
      let lines = DemoScreen(figures, columns: columns, rows: rows, style: .plain).lines
      #expect(lines.count <= rows)
      for line in lines { #expect(DisplayText.width(line) < max(columns, 2), "\(line)") }
    }
  }

  @Test func colouredScreenShowsTheSameText() {
    func text(_ style: TerminalStyle) -> [String] {
      DemoScreen(figures, columns: 80, rows: 24, style: style).lines.map {
        $0.replacing(#/\u{1B}\[[0-9]+m/#, with: "")
      }
    }
    #expect(text(.coloured) == text(.plain))
  }

  @Test func usualTerminalShowsBrokerLabelConnectorsTopicsEventsAndTheCommandToWatch() {
    let lines = DemoScreen(figures, columns: 80, rows: 24, style: .plain).lines
    #expect(lines[0].contains("1m 15s of 2m 00s"))
    #expect(lines.contains { $0.contains("for demo and tests only") })
    #expect(lines.contains { $0.hasPrefix("fintech-analytics  RUNNING") && $0.contains("4.1 ms") })
    #expect(lines.contains { $0.contains("…kind.number_8") })
    #expect(lines.count { $0.contains("event  transaction.created") } >= 5)
    #expect(lines.last?.contains("sluice tail --bootstrap-servers 127.0.0.1:40124 'fintech.events.*'") == true)
  }

  @Test func plainLineTellsStateLatencyAndLagOfEachConnector() {
    let line = DemoLine.text(figures)
    #expect(
      line.hasPrefix("1m 15s of 2m 00s streaming; 9,021 events, 16/s; main RUNNING p50 4.1 ms p99 12 ms lag 120 kB"))
    #expect(!line.contains("\n"))
  }
}

struct DemoReportTests {
  private func line(acknowledged: Int, seen: Int) -> DemoAccount.Line {
    DemoAccount.Line(
      name: "accounts", topic: "fintech.accounts", inserted: 10, updated: 5, acknowledged: acknowledged, seen: seen)
  }

  @Test func changeIsMissingUntilItIsBothAcknowledgedAndReadBack() {
    #expect(line(acknowledged: 15, seen: 15).missing == 0)
    #expect(line(acknowledged: 15, seen: 14).missing == 1)
    #expect(line(acknowledged: 12, seen: 15).missing == 3)
  }

  @Test func surplusOfOneTopicDoesNotHideWhatAnotherLacks() {
    let account = DemoAccount(tables: [line(acknowledged: 20, seen: 20)], events: [line(acknowledged: 15, seen: 10)])
    #expect(account.missing == 5)
    #expect(account.surplus == 5)
    let report = DemoReport(account: account, connectors: [], remarks: [])
    #expect(report.verdict == "Written 30, acknowledged 35, read back 30, missing 5, 5 of another writer")
  }

  @Test(arguments: [80, 100])
  func reportForATerminalIsNoWiderThanIt(_ width: Int) {
    let report = DemoReport(
      account: DemoAccount(tables: [line(acknowledged: 15, seen: 15)], events: [line(acknowledged: 15, seen: 15)]),
      connectors: [
        DemoReport.Connector(
          name: "fintech-analytics-connector", outcome: "STOPPED", snapshotRows: 1, acknowledged: 1_000_000,
          latency: (5, 1_000, 120_000, 130_000))
      ],
      remarks: ["Money check: balances = opening balances + completed transactions by sign - their fees, to the cent"])
    for line in report.lines(width: width) { #expect(line.count <= width) }
    #expect(report.lines(width: nil).contains { $0.hasSuffix("fintech.accounts") })
    #expect(report.verdict == "Written 30, acknowledged 30, read back 30, missing 0")
  }
}
