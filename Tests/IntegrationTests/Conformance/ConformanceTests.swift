import Foundation
import Synchronization
import Testing

extension Integration {
  /// The recorded cases of a real Debezium, run against the relay as it is shipped.
  ///
  /// `SLUICE_CASES` chooses cases whose name contains one of its comma-separated words; `SLUICE_CASES_FOLDER` takes them
  /// from elsewhere.
  @Suite struct ConformanceTests {
    private static let laneCount = 3

    @Test func recordedCasesAreReproduced() async throws {
      let environment = ProcessInfo.processInfo.environment
      let folder = environment["SLUICE_CASES_FOLDER"] ?? Self.folder
      let words = environment["SLUICE_CASES"]?.split(separator: ",").map(String.init) ?? []
      let cases = try ConformanceCase.all(in: folder).filter { test in
        words.isEmpty || words.contains { test.name.contains($0) }
      }
      #expect(!cases.isEmpty, "no case in \(folder)")
      let outcomes = try await Self.run(cases)
      for outcome in outcomes where !outcome.problems.isEmpty {
        let shown = outcome.problems.prefix(3).joined(separator: "\n  ")
        let more = outcome.problems.count > 3 ? "\n  and \(outcome.problems.count - 3) more" : ""
        Issue.record("\(outcome.name): \(outcome.recordsPassed) records equal, then:\n  \(shown)\(more)")
      }
      let failed = outcomes.count { !$0.problems.isEmpty }
      let records = outcomes.reduce(0) { $0 + $1.recordsPassed }
      print("\(records) records equal")
      // The last line as the oracle's comparison has it, for whoever counts.
      print("\(outcomes.count - failed) passed, \(failed) failed")
    }

    static var folder: String {
      URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Cases").path
    }

    /// Each lane takes the next case when it is done with one.
    private static func run(_ cases: [ConformanceCase]) async throws -> [CaseLane.Outcome] {
      let queue = CaseQueue(cases)
      return try await withThrowingTaskGroup(of: [CaseLane.Outcome].self) { group in
        for _ in 0..<min(laneCount, cases.count) {
          group.addTask {
            try await onOwnThread {
              let lane = try CaseLane()
              defer { lane.stop() }
              var outcomes: [CaseLane.Outcome] = []
              while let test = queue.next() { outcomes.append(lane.run(test)) }
              return outcomes
            }
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }.sorted { $0.name < $1.name }
      }
    }
  }
}

private final class CaseQueue: Sendable {
  private let rest: Mutex<[ConformanceCase]>

  /// Cases whose script sleeps come first, so that no lane is left with one at the end.
  init(_ cases: [ConformanceCase]) {
    let sleeps = cases.filter { (try? $0.text("changes.sql").contains("pg_sleep")) == true }
    let names = Set(sleeps.map(\.name))
    rest = Mutex((sleeps + cases.filter { !names.contains($0.name) }).reversed())
  }

  func next() -> ConformanceCase? { rest.withLock { $0.popLast() } }
}
