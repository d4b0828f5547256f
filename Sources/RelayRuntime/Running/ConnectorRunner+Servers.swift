import EventEncoding
import EventRouting
import KafkaSink
import Logging
import PostgresSource
import Primitives

/// What a connector asks of its servers and of its state's place, each failure turned into what it means for the connector.
extension ConnectorRunner {
  /// - Parameter isWatched: whether answers that take long are given up at a stop, or where the server has not the session any
  ///   more.
  func connect(isWatched: Bool = true) throws(ConnectorFailure) -> PostgresConnection {
    do throws(PostgresError) {
      return try PostgresConnection(reading: plan.database, watch: isWatched ? sessionWatch() : nil)
    } catch {
      throw ConnectorFailure(postgres: error, doing: "connecting to \(plan.database)")
    }
  }

  func sessionWatch(atStop: SessionWatch.AtStop = .giveUp) -> SessionWatch {
    SessionWatch(plan.database, silenceMaxMilliseconds: plan.silenceMaxMilliseconds ?? 30_000, atStop: atStop) {
      [stop] in stop.level > .run
    }
  }

  func connectReplication() throws(ConnectorFailure) -> ReplicationConnection {
    do throws(PostgresError) {
      let connection = try ReplicationConnection(
        plan.database, answerWithinMilliseconds: plan.answerMilliseconds,
        silenceMaxMilliseconds: plan.silenceMaxMilliseconds, watch: sessionWatch(atStop: .cancel))
      sessions.began(connection.session)
      return connection
    } catch {
      throw ConnectorFailure(postgres: error, doing: "replication connection to \(plan.database)")
    }
  }

  func identify(
    _ replication: borrowing ReplicationConnection
  ) throws(ConnectorFailure) -> ReplicationConnection.SystemIdentity {
    do throws(PostgresError) {
      return try replication.identifySystem()
    } catch {
      throw ConnectorFailure(postgres: error, doing: "IDENTIFY_SYSTEM")
    }
  }

  func history(
    of timeline: Int, _ replication: borrowing ReplicationConnection
  ) throws(ConnectorFailure) -> TimelineHistory {
    do throws(PostgresError) {
      return try replication.history(of: timeline)
    } catch {
      throw ConnectorFailure(postgres: error, doing: "TIMELINE_HISTORY")
    }
  }

  func lock(_ replication: borrowing ReplicationConnection) throws(ConnectorFailure) -> Bool {
    if let seat { return try hasRight(seat) }
    do throws(PostgresError) {
      return try replication.tryLock(slot: plan.slot)
    } catch {
      throw ConnectorFailure(postgres: error, doing: "locking slot \(plan.slot)")
    }
  }

  /// Somebody streams from the slot: from a shared one this relay itself may.
  func checkReader(_ replication: borrowing ReplicationConnection) throws(ConnectorFailure) {
    if let seat, try holder(among: seat.slot.sessions, replication) != .other { return }
    throw try slotBusy("another process", replication)
  }

  /// Who does not stand by must not take a session of an earlier life for another's: it begins again.
  func slotBusy(
    _ holder: String, _ replication: borrowing ReplicationConnection
  ) throws(ConnectorFailure) -> ConnectorFailure {
    if !plan.waitsForSlot, seat == nil, try self.holder(among: sessions, replication) == .own {
      return ConnectorFailure(.unreachable, "the server still has this relay's earlier session at slot \(plan.slot)")
    }
    return ConnectorFailure(.slotBusy, "slot \(plan.slot) is in use by \(holder)")
  }

  private func holder(
    among sessions: OwnSessions, _ replication: borrowing ReplicationConnection
  ) throws(ConnectorFailure) -> OwnSessions.Holder {
    do throws(PostgresError) {
      return try sessions.holder(of: plan.slot, on: replication)
    } catch {
      throw ConnectorFailure(postgres: error, doing: "slot \(plan.slot)")
    }
  }

  func limits(on connection: borrowing PostgresConnection) throws(ConnectorFailure) -> RelayLimits {
    var limits = plan.limits
    // The server of a shared slot is its reader's to listen to.
    if seat != nil { return limits }
    do throws(PostgresError) {
      try setSilence(of: &limits, on: connection)
    } catch {
      throw ConnectorFailure(postgres: error, doing: "wal_sender_timeout")
    }
    return limits
  }

  /// The time after which a silent server is given up: as set, or well before the server would give up the relay.
  func setSilence(of limits: inout RelayLimits, on connection: borrowing PostgresConnection) throws(PostgresError) {
    if let silence = plan.silenceMaxMilliseconds {
      limits.silenceMaxMilliseconds = Int64(silence)
    } else if let timeout = try ReplicationSlot.senderTimeoutMilliseconds(on: connection), timeout > 0 {
      limits.silenceMaxMilliseconds = RelayLimits.silenceMax(senderTimeoutMilliseconds: timeout)
    }
  }

  func capturedTables(
    _ options: PipelineOptions, on connection: borrowing PostgresConnection
  ) throws(ConnectorFailure) -> [TableCatalog.Table] {
    do throws(PostgresError) {
      let all = try TableCatalog.tables(on: connection)
      let captured = all.filter { options.filter.includes(TableID(schema: $0.schema, name: $0.name)) }
      let order = options.filter.snapshotOrder(captured.map { TableID(schema: $0.schema, name: $0.name) })
      return order.compactMap { id in captured.first { $0.schema == id.schema && $0.name == id.name } }
    } catch {
      throw ConnectorFailure(postgres: error, doing: "reading the catalogue")
    }
  }

  /// `guardrail.collections.max`
  func checkTableCount(_ count: Int) throws(ConnectorFailure) {
    guard let most = plan.capturedTablesMax, count > most else { return }
    let text = "\(count) tables are captured, guardrail.collections.max allows \(most)"
    if plan.failsAboveTableLimit { throw ConnectorFailure(.configuration, text) }
    logger.warning("\(text)")
  }

  func findSlot(
    on connection: borrowing PostgresConnection
  ) throws(ConnectorFailure) -> ReplicationSlot? {
    do throws(PostgresError) {
      return try ReplicationSlot.find(plan.slot, on: connection)
    } catch {
      throw ConnectorFailure(postgres: error, doing: "slot \(plan.slot)")
    }
  }

  func dropSlot(on connection: borrowing PostgresConnection) throws(ConnectorFailure) {
    do throws(PostgresError) {
      try ReplicationSlot.drop(plan.slot, on: connection)
    } catch {
      throw ConnectorFailure(postgres: error, doing: "dropping slot \(plan.slot)")
    }
  }

  /// `slot.drop.on.stop`. The state record stays, so that the next start says what has been missed.
  func dropSlotAtStop() throws(ConnectorFailure) {
    try dropSlot(on: try connect(isWatched: false))
    logger.warning(
      "dropped slot \(plan.slot), as slot.drop.on.stop asks: changes from now until the next start are not relayed")
  }

  static let failoverVersion = 170_000

  /// `slot.failover` where it cannot be had, or the slot was made without. Debezium goes on in silence.
  func checkFailover(on connection: borrowing PostgresConnection) throws(ConnectorFailure) {
    guard plan.isFailoverSlot else { return }
    if connection.serverVersion < ConnectorRunner.failoverVersion {
      logger.warning(
        "slot.failover needs PostgreSQL 17, the server is \(connection.serverVersion / 10_000): slot \(plan.slot) will not be there after a failover, and what it had not sent will then be a gap"
      )
      return
    }
    do throws(PostgresError) {
      if try !ReplicationSlot.isFailover(plan.slot, on: connection) {
        logger.warning(
          "slot \(plan.slot) was made without failover, whatever slot.failover says. Run over a replication connection: ALTER_REPLICATION_SLOT \(PostgresConnection.quoted(identifier: plan.slot)) (FAILOVER true)"
        )
      }
    } catch {
      throw ConnectorFailure(postgres: error, doing: "slot \(plan.slot)")
    }
  }

  func setReplicaIdentities(
    _ captured: [TableCatalog.Table], on connection: borrowing PostgresConnection
  ) throws(ConnectorFailure) {
    if plan.replicaIdentities.isEmpty { return }
    do throws(JavaPattern.Refusal) {
      let setup = try ReplicaIdentitySetup(plan.replicaIdentities, logger: logger)
      for table in captured { setup.run(table, on: connection) }
    } catch {
      throw ConnectorFailure(
        .configuration, "replica.identity.autoset.values: the pattern \(error.pattern): \(error.reason)")
    }
  }

  func createSlot(
    _ replication: borrowing ReplicationConnection, exportsSnapshot: Bool
  ) throws(ConnectorFailure) -> ReplicationConnection.CreatedSlot {
    do throws(PostgresError) {
      return try replication.createSlot(
        plan.slot, exportsSnapshot: exportsSnapshot,
        isFailover: plan.isFailoverSlot && replication.serverVersion >= ConnectorRunner.failoverVersion)
    } catch {
      throw ConnectorFailure(postgres: error, doing: "creating slot \(plan.slot)")
    }
  }

  /// What the brokers refuse for good must not look like brokers that are away.
  func checkCredentials() throws(ConnectorFailure) {
    // The producer has its own, under producer.*, as in a Connect worker.
    let (client, producer) = (
      CredentialCheck.credentials(in: plan.clientProperties), CredentialCheck.credentials(in: plan.producerProperties)
    )
    let areEqual = client.elementsEqual(producer) { $0 == $1 }
    do throws(KafkaError) {
      if let refusal = try CredentialCheck.refusal(properties: client) { throw refusal }
      if !areEqual, let refusal = try CredentialCheck.refusal(properties: producer) { throw refusal }
    } catch {
      throw ConnectorFailure(
        .configuration,
        "the Kafka brokers: \(error). Check sasl.* and ssl.* of the worker file, and producer.sasl.* and producer.ssl.*"
      )
    }
  }

  func load(_ store: inout any StateStore) throws(ConnectorFailure) -> StateRecord? {
    do throws(StateStoreError) {
      return try store.load(connector: plan.name)
    } catch {
      throw ConnectorFailure(error)
    }
  }

  func save(_ record: StateRecord, _ store: inout any StateStore) throws(ConnectorFailure) {
    do throws(StateStoreError) {
      try store.store(record)
    } catch {
      throw ConnectorFailure(error)
    }
  }

  /// At least once: from here on no earlier relay of the connector stores anything. What is stored stays as it is until this
  /// one's own first position. Without a record there is nothing to claim, and the first that is saved has the term.
  func claim(
    _ record: StateRecord, _ decision: StartDecision, _ state: StateRecord?, _ store: inout any StateStore
  ) throws(ConnectorFailure) {
    guard let state else { return }
    switch decision {
    case .refuse, .nothingToDo: return
    default: break
    }
    do throws(StateStoreError) {
      try store.claim(state.claimed(by: record.relay))
    } catch {
      throw ConnectorFailure(error)
    }
  }

  /// What the next relay can know of this one: that it has sent nothing which is not acknowledged and stored.
  func noteEnd(_ record: StateRecord, _ store: inout any StateStore) {
    var ended = record
    ended.hasEnded = true
    do throws(StateStoreError) {
      try store.store(ended)
    } catch {
      logger.debug("that the relay has stopped in order could not be stored: \(error)")
    }
  }

  func pause(after error: ConnectorFailure, _ backoff: inout Backoff) {
    let wait = backoff.next()
    status.update {
      $0.state = .reconnecting
      $0.lastError = error.description
      $0.reconnects += 1
    }
    logger.warning("\(error); trying again in \(wait) ms")
    stop.wakeUp.wait(timeoutMilliseconds: Int32(clamping: wait))
  }

  /// Waits as a delay property asks. Returns `false` when stopped meanwhile.
  func pause(milliseconds: Int64, before what: String) -> Bool {
    if milliseconds <= 0 { return stop.level == .run }
    logger.info("waiting \(milliseconds) ms before \(what)")
    let end = RelayClock.now().monotonicMilliseconds + milliseconds
    while stop.level == .run {
      let left = end - RelayClock.now().monotonicMilliseconds
      if left <= 0 { return true }
      stop.wakeUp.wait(timeoutMilliseconds: Int32(clamping: left))
    }
    return false
  }

  func standBy(_ error: ConnectorFailure) {
    if status.current.state != .standby { logger.notice("\(error); standing by until the slot is free") }
    status.update {
      $0.state = .standby
      $0.lastError = error.description
    }
    stop.wakeUp.wait(timeoutMilliseconds: Int32(clamping: plan.slotPollMilliseconds))
  }
}
