import FintechGenerator

/// The final tables of a run, for standard output.
struct GenerateReport {
  let text: String

  init(_ summary: GeneratorSummary) {
    let check = summary.reconciliation
    let written = summary.written
    var lines: [String] = []
    lines.append(
      "seed \(summary.seed), simulated \(summary.start) to \(summary.simulatedEnd), "
        + "\(GenerateReport.fixed(summary.elapsedSeconds, 1)) s, start-up "
        + "\(GenerateReport.fixed(summary.startUpSeconds, 1)) s"
        + (summary.reconnections > 0 ? ", \(summary.reconnections) reconnections" : ""))
    lines.append(
      "\(written.businessTransactions) business transactions (\(written.transactionsOpened) opened, "
        + "\(written.businessTransactions - written.transactionsOpened) settled or reversed), "
        + "\(GenerateReport.fixed(summary.businessTransactionsPerSecond, 1))/s; "
        + "\(written.anomalies) anomalies, \(written.alerts) alerts")
    lines.append("")
    lines += GenerateReport.table(
      ["rows", "written", "in the database", ""],
      check.tables.map(GenerateReport.row) + [["", "", "", ""]]
        + check.events.map(GenerateReport.row) + [["", "", "", ""]]
        + check.statuses.map { GenerateReport.row($0, prefix: "transactions ") })
    lines.append("")
    lines.append("Money check: balances = opening balances + completed transactions by sign − their fees")
    let heads = ["currency", "opening balances", "completed", "fees", "expected", "balances", ""]
    lines += GenerateReport.table(heads, check.currencies.map(GenerateReport.row))
    for line in check.holdings where !line.agrees {
      lines.append(
        "\(line.code): the run's books say \(line.booked), balances are \(line.balances); available should be "
          + "\(line.expectedAvailable), is \(line.available)")
    }
    lines.append("")
    if let whole = check.wholeDatabase {
      lines.append("The same over the whole database")
      lines += GenerateReport.table(heads, whole.map(GenerateReport.row))
    } else {
      lines.append(
        "Whole database not checked: some accounts have no account.opened event that tells their opening balance")
    }
    lines.append("")
    lines.append(
      check.agrees ? "Everything agrees." : "THE DATABASE DOES NOT HOLD WHAT WAS WRITTEN: see the lines marked above.")
    text = lines.joined(separator: "\n")
  }

  private static func row(_ line: Reconciliation.Line) -> [String] { row(line, prefix: "") }

  private static func row(_ line: Reconciliation.Line, prefix: String) -> [String] {
    [prefix + line.name, String(line.written), String(line.found), line.agrees ? "" : "DIFFERS"]
  }

  private static func row(_ line: Reconciliation.Currency) -> [String] {
    [
      line.code, line.openingBalances.description, line.signedCompleted.description, line.fees.description,
      line.expectedBalances.description, line.balances.description, line.agrees ? "" : "DIFFERS",
    ]
  }

  /// Columns as wide as their widest text; the first one and the last to the left, the others to the right.
  private static func table(_ head: [String], _ rows: [[String]]) -> [String] {
    let all = [head] + rows
    let widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      var line = ""
      for (column, text) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - text.count)
        line += column == 0 ? text + padding : "  " + (column == row.count - 1 ? text : padding + text)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  private static func fixed(_ value: Double, _ decimals: Int) -> String {
    var unit = 1.0
    for _ in 0..<decimals { unit *= 10 }
    let scaled = Int((value * unit).rounded())
    let rest = String(scaled % Int(unit))
    return "\(scaled / Int(unit))." + String(repeating: "0", count: decimals - rest.count) + rest
  }
}
