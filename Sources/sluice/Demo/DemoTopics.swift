import FintechGenerator
import TerminalScreens

/// Which topic owes what to which table: the contract of the bank's connectors.
enum DemoTopics {
  static let mainTables: [BankTable] = [.customers, .accounts, .transactions, .merchants, .fraudAlerts]
  static let analyticsTables: [BankTable] = [.accountBalances, .customerSessions]

  static var tables: [BankTable] { mainTables + analyticsTables }

  static func topic(of table: BankTable) -> String {
    (analyticsTables.contains(table) ? "fintech.analytics." : "fintech.") + table.name
  }

  static func topic(of event: EventType) -> String { "fintech.events.\(event.text)" }

  /// `acknowledged` counts by topic.
  static func account(_ written: WrittenRows, acknowledged: [String: Int], seen all: DemoConsumer.Seen) -> DemoAccount {
    func line(_ name: String, _ topic: String, inserted: Int, updated: Int) -> DemoAccount.Line {
      DemoAccount.Line(
        name: name, topic: topic, inserted: inserted, updated: updated, acknowledged: acknowledged[topic] ?? 0,
        seen: all.counts[topic] ?? 0)
    }
    return DemoAccount(
      tables: tables.map {
        line($0.name, topic(of: $0), inserted: written.inserted($0), updated: written.updated($0))
      },
      events: EventType.allCases.map {
        line("\($0.text)", topic(of: $0), inserted: written.events($0), updated: 0)
      }, repeats: all.repeats)
  }
}
