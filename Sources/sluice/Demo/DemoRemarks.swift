import FintechGenerator
import TerminalScreens

/// Sentences of the closing account about the bank and its money.
enum DemoRemarks {
  static func lines(_ summary: GeneratorSummary, _ options: GeneratorOptions, broker: String) -> [String] {
    let written = summary.written
    let check = summary.reconciliation
    var lines = [
      broker,
      "Bank: \(FigureText.duration(seconds: summary.elapsedSeconds)), "
        + "\(FigureText.counted(written.businessTransactions, "transaction")) "
        + "(\(FigureText.short(summary.businessTransactionsPerSecond))/s), "
        + "\(FigureText.counted(written.anomalies, "anomaly")), \(FigureText.counted(written.alerts, "alert")); "
        + "seed \(summary.seed), simulated from \(summary.start)",
    ]
    let currencies = check.currencies.map(\.code).joined(separator: ", ")
    if check.agrees {
      lines.append(
        "Money check: balances = opening balances + completed transactions by sign - their fees, to the cent "
          + "(\(currencies))")
    } else {
      lines.append("MONEY CHECK FAILED: the database does not hold what was written")
      for line in check.tables + check.events + check.statuses where !line.agrees {
        lines.append("  \(line.name): written \(line.written), in the database \(line.found)")
      }
      for line in check.currencies where !line.agrees {
        lines.append("  \(line.code): balances should be \(line.expectedBalances), are \(line.balances)")
      }
      for line in check.holdings where !line.agrees {
        lines.append(
          "  \(line.code): booked \(line.booked), balances \(line.balances); available should be "
            + "\(line.expectedAvailable), is \(line.available)")
      }
    }
    return lines
  }
}
