import FintechGenerator
import RelayRuntime
import TerminalScreens

/// A report of `sluice verify` for people.
enum VerifyText {
  static func lines(_ report: ProofReport, countsDuplicates: Bool) -> [String] {
    var lines = ["\(report.connector): database \(report.database) at \(report.position), slot \(report.slot)"]
    for line in report.lines {
      let name = line.table + (line.aggregate.map { " (\($0))" } ?? "")
      var text = "  \(line.agrees ? "ok  " : "FAIL") \(DisplayText.visible(name)) -> \(line.topic): \(line.rows) rows"
      text += ", \(line.matched) delivered, missing \(line.missing), different \(line.different)"
      for (count, what) in [
        (line.deadLettered, "dead letters"), (line.outsideWindow, "outside the window"),
        (line.unavailableValues, "values left out as unchanged"), (line.addedColumns, "values of columns added since"),
      ] where count > 0 { text += ", \(count) \(what)" }
      lines.append(text)
      lines.append("       database \(line.databaseHash.text)  kafka \(line.kafkaHash.text)")
    }
    for topic in report.topics {
      var text = "  \(topic.extra == 0 ? "ok  " : "FAIL") topic \(topic.name): \(topic.records) records"
      text += ", \(topic.keys) keys, extra \(topic.extra), duplicates \(topic.duplicates)"
      if topic.withoutRow > 0 { text += ", \(topic.withoutRow) events whose row is gone" }
      if topic.notJudged > 0 { text += ", \(topic.notJudged) not judged" }
      lines.append(text)
    }
    for difference in report.differences { lines.append("  " + text(difference)) }
    for remark in report.remarks { lines.append("  note: \(remark)") }
    let isProven = report.agrees && !(countsDuplicates && report.duplicates > 0)
    lines.append(
      "\(report.connector): \(isProven ? "PROVEN" : "NOT PROVEN"): missing \(report.missing), different \(report.different), extra \(report.extra), duplicates \(report.duplicates)"
    )
    return lines
  }

  private static func text(_ difference: ProofReport.Difference) -> String {
    var text = "\(difference.kind.rawValue.uppercased()) \(difference.topic) key \(DisplayText.visible(difference.key))"
    if !difference.table.isEmpty { text += " (table \(difference.table))" }
    if !difference.columns.isEmpty { text += ", columns \(difference.columns.joined(separator: ", "))" }
    if let partition = difference.partition, let offset = difference.offset {
      text += ", newest record: partition \(partition) offset \(offset)"
    }
    return text
  }

  static func lines(_ check: MoneyCheck) -> [String] {
    guard let currencies = check.currencies else {
      return ["money: not checked: an account has no account.opened event that tells its opening balance"]
    }
    return currencies.map { currency in
      "money \(currency.code): \(currency.agrees ? "ok" : "FAIL"): openings \(currency.openingBalances) + entries \(currency.signedCompleted) - fees \(currency.fees) = \(currency.expectedBalances), balances \(currency.balances)"
    }
  }
}
