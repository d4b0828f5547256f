import ConnectorConfig
import Foundation
import Testing

@Suite struct ShippedFilesTests {
  private static let connectors = Support.root.appending(path: "connectors")
  private static let environment = ["PGUSER": "sluice", "PGPASSWORD": "secret"]

  private func load(_ names: [String]) throws -> LoadedConfig {
    try ConfigLoader.load(
      worker: Self.connectors.appending(path: "worker.properties").path,
      connectors: names.map { Self.connectors.appending(path: $0 + ".json").path }, environment: Self.environment)
  }

  @Test func shippedConnectorsLoadWithoutNotices() throws {
    let loaded = try load(["fintech-main-connector", "fintech-outbox-connector", "fintech-analytics-connector"])
    #expect(
      loaded.connectors.map(\.name) == [
        "fintech-main-connector", "fintech-outbox-connector", "fintech-analytics-connector",
      ])
    #expect(loaded.notices.isEmpty, "\(loaded.notices)")
    #expect(loaded.connectors.map(\.slotName) == ["fintech_main", "fintech_outbox", "fintech_analytics"])
    #expect(loaded.connectors.allSatisfy { $0.publicationName == $0.slotName && $0.snapshot.mode == .initial })
    #expect(
      loaded.connectors.allSatisfy { $0.publicationAutocreateMode == .disabled && $0.decimalHandlingMode == .string })
    #expect(loaded.connectors.allSatisfy { $0.heartbeatIntervalMilliseconds == 0 })
    #expect(loaded.connectors.allSatisfy { $0.database.password?.reveal() == "secret" })
    #expect(!Support.printed(loaded).contains("secret"))
  }

  @Test func byAggregateIsTheOtherOutboxConnector() throws {
    let one = try load(["fintech-outbox-connector"]).connectors[0]
    let other = try load(["fintech-outbox-by-aggregate-connector"]).connectors[0]
    guard case .eventRouter(var first) = one.transforms[0].kind,
      case .eventRouter(let second) = other.transforms[0].kind
    else {
      Issue.record("no event router")
      return
    }
    #expect(first.routeByColumn == "event_type" && second.routeByColumn == "aggregate_type")
    first.routeByColumn = "aggregate_type"
    #expect(first == second)
    // Both at once would read one slot.
    #expect(throws: ConfigError.self) {
      try load(["fintech-outbox-connector", "fintech-outbox-by-aggregate-connector"])
    }
  }

  @Test func recordedConnectorFilesLoad() throws {
    let folder = Support.fixtures.appending(path: "connectors")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(files.count >= 12)
    for file in files {
      #expect(throws: Never.self, "\(file)") {
        try Support.load(text: String(contentsOf: folder.appending(path: file), encoding: .utf8), file: file)
      }
    }
  }

  /// `SLUICE_CASES` names a folder of recorded cases; the test prints which of them this version refuses and why.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["SLUICE_CASES"] != nil))
  func everyRecordedCaseLoadsOrIsRefusedForAReason() throws {
    let folder = URL(filePath: ProcessInfo.processInfo.environment["SLUICE_CASES"] ?? "/")
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
      let file = folder.appending(path: name).appending(path: "connector.json")
      guard let text = try? String(contentsOf: file, encoding: .utf8) else { continue }
      do throws(ConfigError) {
        let loaded = try Support.load(text: text, file: name)
        print("loads   \(name)\(loaded.notices.map { "\n          " + $0.description }.joined())")
      } catch {
        print("refused \(error)")
        #expect(error.problems.allSatisfy { !$0.message.contains("no such property") }, "\(name): \(error)")
      }
    }
  }
}
