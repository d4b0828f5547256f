import Testing

@testable import ConnectorConfig

@Suite struct SnapshotOptionsTests {
  @Test func everyModeIsTaken() throws {
    for mode in SnapshotMode.allCases {
      #expect(try Support.options(["snapshot.mode": mode.rawValue.uppercased()]).snapshot.mode == mode)
    }
  }

  @Test func valuesAreTaken() throws {
    let options = try Support.options([
      "snapshot.mode": "configuration_based", "snapshot.mode.configuration.based.snapshot.data": "true",
      "snapshot.mode.configuration.based.start.stream": "true", "snapshot.isolation.mode": "repeatable_read",
      "snapshot.locking.mode": "SHARED", "snapshot.lock.timeout.ms": "7", "snapshot.max.threads": "4",
      "snapshot.include.collection.list": #"public\.a,public\.b"#, "snapshot.max.threads.multiplier": "2",
      "snapshot.max.threads.multiplier.public.a": "5", "legacy.snapshot.max.threads": "true",
      "snapshot.tables.order.by.row.count": "ascending", "snapshot.delay.ms": "3", "streaming.delay.ms": "4",
    ]).snapshot
    #expect(options.configurationBased.snapshotsData && options.configurationBased.streams)
    #expect(!options.configurationBased.snapshotsOnDataError)
    #expect(options.isolation == .repeatableRead && options.locksTables && options.lockTimeoutMilliseconds == 7)
    #expect(options.threads == 4 && options.chunkMultiplier == 2 && options.tableChunkMultipliers == ["public.a": 5])
    #expect(options.includeList == [#"public\.a"#, #"public\.b"#] && options.readsTablesWhole)
    #expect(options.rowCountOrder == .ascending)
    #expect(options.delayMilliseconds == 3 && options.streamingDelayMilliseconds == 4)
  }

  @Test func overridesAreTakenForListedTablesWithAStatement() throws {
    let loaded = try Support.load([
      "snapshot.select.statement.overrides": "public.a, public.b,public.c",
      "snapshot.select.statement.overrides.public.a": " SELECT * FROM a ",
      "snapshot.select.statement.overrides.public.c": "",
      "snapshot.select.statement.overrides.public.d": "SELECT 1",
    ])
    #expect(loaded.connectors[0].snapshot.selectOverrides == ["public.a": "SELECT * FROM a", "public.c": ""])
    let notices = loaded.notices.map(\.description)
    #expect(notices.contains { $0.contains("table public.b is read whole") })
    #expect(notices.contains { $0.contains("overrides.public.d") && $0.contains("not listed") })
  }

  @Test func partsOfConfigurationBasedWithoutThatModeAreTold() throws {
    let loaded = try Support.load(["snapshot.mode.configuration.based.start.stream": "true"])
    #expect(loaded.notices.contains { $0.description.contains("snapshot.mode is not configuration_based") })
  }

  @Test(arguments: [
    ("snapshot.locking.mode", "custom", "Java class"), ("snapshot.query.mode", "custom", "Java class"),
    ("snapshot.max.threads", "0", "must be from 1 to 64"), ("snapshot.isolation.mode", "none", "must be one of"),
    ("snapshot.max.threads.multiplier.public.a", "0", "1 or more"),
    ("snapshot.include.collection.list", "(", "regular"),
  ])
  func wrongValuesAreErrors(name: String, value: String, expected: String) {
    let problems = Support.problems([name: value])
    #expect(problems.count == 1 && problems[0].description.contains(expected), "\(problems)")
  }
}
