import Testing

@testable import ConnectorConfig

@Suite struct SlotOptionsTests {
  @Test func valuesAreTaken() throws {
    let options = try Support.options([
      "slot.failover": "true", "offset.mismatch.strategy": "TRUST_SLOT", "publish.via.partition.root": "true",
      "xmin.fetch.interval.ms": "5", "database.initial.statements": "SET a = 'x;;y'; ;SELECT 1;",
      "replica.identity.autoset.values": #"public\.a:full, s.b:INDEX b_v ,c:NOTHING"#,
    ])
    #expect(options.slotFailover && options.offsetMismatchStrategy == .trustSlot && options.publishViaPartitionRoot)
    #expect(options.xminFetchIntervalMilliseconds == 5)
    #expect(options.database.initialStatements == ["SET a = 'x;y'", "SELECT 1"])
    #expect(options.replicaIdentities.map(\.table) == [#"public\.a"#, "s.b", "c"])
    #expect(options.replicaIdentities.map(\.identity) == [.full, .index("b_v"), .nothing])
  }

  @Test func timeOfSilenceIsNotSetUnlessItIsWritten() throws {
    #expect(try Support.options().database.silenceMaxMilliseconds == nil)
    #expect(try Support.options(["sluice.connection.timeout.ms": "8000"]).database.silenceMaxMilliseconds == 8_000)
    #expect(Support.problems(["sluice.connection.timeout.ms": "4999"]).count == 1)
  }

  /// As the publication's operations follow `skipped.operations` only where that is written out.
  @Test func thePublishedOperationsFollowWhatIsWrittenOut() throws {
    #expect(try !Support.options().publishesUnskippedOnly)
    #expect(try Support.options(["skipped.operations": "t"]).publishesUnskippedOnly)
    #expect(try !Support.options(["skipped.operations": "none"]).publishesUnskippedOnly)
  }

  @Test func connectorAndDriverSendsHeartbeatsWhereNothingElseDoes() throws {
    func interval(_ changes: [String: String?]) throws -> Int {
      try Support.options(changes).heartbeatIntervalMilliseconds
    }
    #expect(try interval(["lsn.flush.mode": "connector_and_driver"]) == 600_000)
    #expect(try interval(["lsn.flush.mode": "connector_and_driver", "heartbeat.interval.ms": "7"]) == 7)
    #expect(try interval(["lsn.flush.mode": "connector_and_driver", "provide.transaction.metadata": "true"]) == 0)
    #expect(try interval(["lsn.flush.mode": "connector"]) == 0)
  }

  @Test(arguments: ["a", "a:", ":FULL", "a:SOME", "a b:FULL", "a:INDEX", "a:INDEX x y", "(:FULL", "a:FULL,,b:FULL"])
  func wrongReplicaIdentitiesAreErrors(value: String) {
    let problems = Support.problems(["replica.identity.autoset.values": value])
    #expect(problems.count == 1 && problems[0].description.contains("table:identity"), "\(problems)")
  }
}
