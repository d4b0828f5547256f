import FintechGenerator
import Foundation
import PostgresSource
import Testing

/// Whole runs against a real server; the rules are checked by SQL that knows nothing of the generator.
@Suite(.privateServer, .serialized) struct GeneratorDatabaseTests {
  static func options(_ change: (inout GeneratorOptions) -> Void = { _ in }) -> GeneratorOptions {
    var options = GeneratorOptions()
    options.ratePerSecond = 0
    options.customers = 60
    options.count = 500
    options.seed = 7
    options.start = SimulatedTime("2025-03-10T09:00:00Z")
    options.progressIntervalSeconds = 0.05
    change(&options)
    return options
  }

  /// Statements that must find nothing, with what a row would mean.
  static let violations: [(meaning: String, sql: String)] = [
    (
      "a transaction without exactly one transaction.created",
      """
      SELECT t.id FROM transactions t LEFT JOIN outbox o
        ON o.aggregate_id = t.id::text AND o.event_type = 'transaction.created'
      GROUP BY t.id HAVING count(o.id) <> 1
      """
    ),
    (
      "a transaction.created of another database transaction than its row's insert",
      """
      SELECT t.id FROM transactions t JOIN outbox o
        ON o.aggregate_id = t.id::text AND o.event_type = 'transaction.created'
      WHERE t.updated_at = t.created_at AND t.xmin <> o.xmin
      """
    ),
    (
      "balances of another database transaction than the transaction",
      """
      SELECT b.id FROM account_balances b WHERE NOT EXISTS (
        SELECT FROM outbox o WHERE o.xmin = b.xmin AND o.event_type = 'account.balance_changed'
          AND o.aggregate_id = b.account_id::text AND (o.payload ->> 'balance')::numeric = b.balance
          AND (o.payload ->> 'available_balance')::numeric = b.available_balance
          AND (o.payload ->> 'pending_debits')::numeric = b.pending_debits
          AND (o.payload ->> 'pending_credits')::numeric = b.pending_credits)
      OR NOT EXISTS (
        SELECT FROM outbox o WHERE o.xmin = b.xmin AND o.aggregate_type = 'transaction'
          AND o.payload ->> 'account_id' = b.account_id::text)
      """
    ),
    (
      "a balance event without its row",
      """
      SELECT id FROM outbox o WHERE event_type = 'account.balance_changed' AND NOT EXISTS (
        SELECT FROM account_balances b WHERE b.xmin = o.xmin AND b.account_id::text = o.aggregate_id)
      """
    ),
    (
      "a transaction that moves money, or reserves it, without a balances row",
      """
      SELECT id FROM outbox o WHERE event_type LIKE 'transaction.%'
        AND NOT (event_type = 'transaction.created' AND payload ->> 'status' = 'FAILED')
        AND NOT EXISTS (SELECT FROM account_balances b WHERE b.xmin = o.xmin)
      """
    ),
    (
      "a movement for a transaction that failed at once",
      """
      SELECT o.id FROM outbox o JOIN account_balances b ON b.xmin = o.xmin
      WHERE event_type = 'transaction.created' AND payload ->> 'status' = 'FAILED'
      """
    ),
    (
      "an account whose last balances row is not its balance",
      """
      SELECT a.id FROM accounts a JOIN LATERAL (
        SELECT * FROM account_balances b WHERE b.account_id = a.id ORDER BY as_of DESC, id DESC LIMIT 1) l ON true
      WHERE (a.balance, a.available_balance) <> (l.balance, l.available_balance)
      """
    ),
    (
      "an account whose balance is not its opening and its completed transactions",
      """
      SELECT a.id FROM accounts a JOIN outbox o ON o.aggregate_id = a.id::text AND o.event_type = 'account.opened'
      LEFT JOIN transactions t ON t.account_id = a.id
      GROUP BY a.id, o.payload HAVING a.balance <> (o.payload ->> 'opening_balance')::numeric + coalesce(sum(
        CASE WHEN t.transaction_type IN ('DEPOSIT', 'REFUND') THEN t.amount ELSE -t.amount END - t.fee_amount
      ) FILTER (WHERE t.status = 'COMPLETED'), 0)
      """
    ),
    (
      "an account whose available balance is not its balance and what is pending",
      """
      SELECT a.id FROM accounts a LEFT JOIN transactions t ON t.account_id = a.id AND t.status = 'PENDING'
      GROUP BY a.id HAVING a.available_balance <> a.balance + coalesce(sum(
        CASE WHEN t.transaction_type IN ('DEPOSIT', 'REFUND') THEN t.amount ELSE -t.amount END - t.fee_amount), 0)
      """
    ),
    (
      "an account below what the bank lends",
      "SELECT id FROM accounts WHERE balance < -coalesce(credit_limit, 0)"
    ),
    (
      "a transaction in another currency or of another customer than its account",
      """
      SELECT t.id FROM transactions t JOIN accounts a ON a.id = t.account_id
      WHERE t.currency <> a.currency OR t.customer_id <> a.customer_id
      """
    ),
    (
      "a status change without its event, or an event without the change",
      """
      SELECT t.id FROM transactions t
      JOIN outbox c ON c.aggregate_id = t.id::text AND c.event_type = 'transaction.created'
      LEFT JOIN outbox o ON o.aggregate_id = t.id::text AND o.event_type = 'transaction.' || lower(t.status)
        AND o.xmin = t.xmin
      WHERE (c.payload ->> 'status' <> t.status) <> (o.id IS NOT NULL)
      """
    ),
    (
      "a risk level that does not follow from the score",
      """
      SELECT id FROM transactions WHERE risk_level <> CASE WHEN risk_score > 80 THEN 'CRITICAL'
        WHEN risk_score > 60 THEN 'HIGH' WHEN risk_score > 30 THEN 'MEDIUM' ELSE 'LOW' END
      """
    ),
    (
      "flags that do not follow from amount and score",
      """
      SELECT id FROM transactions WHERE (compliance_flags ? 'HIGH_VALUE') <> (amount > 10000)
        OR (compliance_flags ? 'HIGH_RISK') <> (risk_score > 70)
        OR (compliance_flags ? 'STRUCTURING_SUSPECTED' AND amount <= 3000)
      """
    ),
    (
      "an amount outside its tier's range",
      """
      SELECT o.id FROM outbox o, LATERAL (SELECT (payload ->> 'amount')::numeric AS amount) a
      WHERE event_type = 'transaction.created' AND NOT CASE payload ->> 'customer_tier'
        WHEN 'BASIC' THEN amount BETWEEN 10 AND 500 WHEN 'PREMIUM' THEN amount BETWEEN 50 AND 2000
        WHEN 'VIP' THEN amount BETWEEN 100 AND 10000 ELSE amount BETWEEN 1000 AND 100000 END
      """
    ),
    (
      "an alert without HIGH risk, or apart from its transaction or event",
      """
      SELECT f.id FROM fraud_alerts f JOIN transactions t ON t.id = f.transaction_id
      LEFT JOIN outbox o ON o.aggregate_id = f.id::text AND o.event_type = 'fraud.alert_raised' AND o.xmin = f.xmin
      LEFT JOIN outbox c ON c.aggregate_id = t.id::text AND c.event_type = 'transaction.created' AND c.xmin = f.xmin
      WHERE t.risk_level NOT IN ('HIGH', 'CRITICAL') OR o.id IS NULL OR c.id IS NULL
        OR f.customer_id <> t.customer_id OR jsonb_array_length(f.rules_triggered) NOT BETWEEN 1 AND 3
      """
    ),
    (
      "an event that does not tell what its row says",
      """
      SELECT o.id FROM outbox o JOIN transactions t ON t.id::text = o.aggregate_id
      JOIN accounts a ON a.id = t.account_id LEFT JOIN merchants m ON m.id = t.merchant_id
      WHERE event_type = 'transaction.created' AND (
        o.created_at <> t.created_at OR (payload ->> 'amount') IS DISTINCT FROM t.amount::text
        OR (payload ->> 'fee_amount') IS DISTINCT FROM t.fee_amount::text
        OR (payload ->> 'risk_score') IS DISTINCT FROM t.risk_score::text
        OR (payload ->> 'risk_level') IS DISTINCT FROM t.risk_level
        OR (payload ->> 'network') IS DISTINCT FROM t.network
        OR (payload ->> 'currency') IS DISTINCT FROM t.currency
        OR (payload ->> 'description') IS DISTINCT FROM t.description
        OR (payload ->> 'ip_address') IS DISTINCT FROM host(t.ip_address)
        OR (payload ->> 'device_fingerprint') IS DISTINCT FROM t.device_fingerprint
        OR (payload ->> 'account_type') IS DISTINCT FROM a.account_type
        OR (payload ->> 'merchant_name') IS DISTINCT FROM m.name
        OR coalesce(payload -> 'compliance_flags', '[]') <> t.compliance_flags
        OR (payload ->> 'occurred_at')::timestamptz <> t.created_at)
      """
    ),
    (
      "a payload with a null, an empty array, an array of objects, or a number that is not whole",
      """
      WITH RECURSIVE part(id, value) AS (
        SELECT id, payload FROM outbox
        UNION ALL
        SELECT p.id, child.value FROM part p CROSS JOIN LATERAL (
          SELECT value FROM jsonb_each(CASE jsonb_typeof(p.value) WHEN 'object' THEN p.value ELSE '{}' END)
          UNION ALL
          SELECT value FROM jsonb_array_elements(CASE jsonb_typeof(p.value) WHEN 'array' THEN p.value ELSE '[]' END)
        ) AS child)
      SELECT id FROM part WHERE jsonb_typeof(value) = 'null' OR value = '[]'
        OR (jsonb_typeof(value) = 'array' AND jsonb_typeof(value -> 0) = 'object')
        OR (jsonb_typeof(value) = 'number' AND value::text ~ '[.eE]')
      """
    ),
    (
      "an aggregate id that its payload does not name",
      """
      SELECT id FROM outbox WHERE aggregate_id IS DISTINCT FROM payload ->> CASE aggregate_type
        WHEN 'fraud_alert' THEN 'alert_id' ELSE aggregate_type || '_id' END
      """
    ),
    (
      "a decimal in a payload without its column's scale",
      """
      SELECT o.id FROM outbox o, jsonb_each_text(payload) AS field
      WHERE (field.key ~ '(amount|balance|balance_change|debits|credits|credit_limit|risk_score)$'
          AND field.value !~ '^-?[0-9]+\\.[0-9]{2}$')
        OR (field.key = 'confidence_score' AND field.value !~ '^[01]\\.[0-9]{3}$')
        OR (field.key = 'interest_rate' AND field.value !~ '^[0-9]+\\.[0-9]{4}$')
      """
    ),
    (
      "a time before the start",
      "SELECT id FROM outbox WHERE created_at < '2025-03-10T09:00:00Z'"
    ),
  ]

  static func expectNoViolation(_ bank: ConnectionSettings) throws {
    let connection = try PostgresConnection(bank)
    for rule in violations {
      let rows = try connection.query(rule.sql).rows
      #expect(rows.isEmpty, "\(rows.count) times \(rule.meaning)")
    }
  }

  /// One line a table: its name and a digest of all its rows in the order of their ids.
  static func contents(_ bank: ConnectionSettings) throws -> [String: String] {
    let connection = try PostgresConnection(bank)
    var digests: [String: String] = [:]
    for table in BankTable.allCases {
      digests[table.name] = try connection.query(
        "SELECT count(*) || ' ' || md5(string_agg(t::text, E'\\n' ORDER BY id)) FROM \(table.name) t"
      ).firstValue
    }
    return digests
  }

  @Test func everyRuleHoldsInTheDatabase() throws {
    let bank = try PrivateServer.current.makeBank()
    // Slow simulated time, so that settlements, reversals and the ends of sessions come too; many anomalies for alerts.
    let options = Self.options {
      $0.ratePerSecond = 0
      $0.anomalies = 0.3
      $0.count = 3000
    }
    let summary = try Generator.run(settings: bank, options: options)
    #expect(summary.reconciliation.agrees)
    #expect(summary.reconciliation.wholeDatabase != nil)
    #expect(summary.written.transactionsOpened == 3000)
    #expect(summary.written.alerts > 0)
    #expect(summary.written.changed(to: .completed) > 0)
    #expect(!summary.wasInterrupted)
    try Self.expectNoViolation(bank)
  }

  @Test func contentsDoNotDependOnTheConnections() throws {
    var all: [[String: String]] = []
    for connections in [1, 3] {
      let bank = try PrivateServer.current.makeBank()
      let summary = try Generator.run(settings: bank, options: Self.options { $0.connections = connections })
      #expect(summary.reconciliation.agrees)
      all.append(try Self.contents(bank))
    }
    #expect(all[0].count == BankTable.allCases.count)
    #expect(all[0] == all[1])
  }

  @Test func aSecondRunIsWrittenBesideTheFirst() throws {
    let bank = try PrivateServer.current.makeBank()
    _ = try Generator.run(settings: bank, options: Self.options())
    #expect {
      _ = try Generator.run(settings: bank, options: Self.options())
    } throws: { error in
      "\(error)".contains("--seed 7") && (error as? GeneratorError)?.kind == .configuration
    }
    let second = try Generator.run(settings: bank, options: Self.options { $0.seed = 8 })
    #expect(second.reconciliation.agrees)
    #expect(second.reconciliation.wholeDatabase != nil)
    try Self.expectNoViolation(bank)
  }

  @Test func lostConnectionsLoseAndDoubleNothing() throws {
    let bank = try PrivateServer.current.makeBank()
    let server = try PostgresConnection(PrivateServer.current.settings)
    var kills = 0
    let options = Self.options {
      $0.count = 6000
      $0.customers = 400
      $0.isConstantRate = true
      $0.progressIntervalSeconds = 0.02
    }
    let summary = try Generator.run(
      settings: bank, options: options,
      progress: { progress in
        guard progress.phase == .running, kills < 8 else { return }
        let killed = try? server.query(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name LIKE 'sluice generate%' ORDER BY random() LIMIT 1
          """)
        if killed?.rows.isEmpty == false { kills += 1 }
      })
    #expect(kills > 0)
    #expect(summary.reconnections > 0)
    #expect(summary.written.transactionsOpened == 6000)
    #expect(summary.reconciliation.agrees)
    try Self.expectNoViolation(bank)
    // The same rows as an undisturbed run's.
    let quiet = try PrivateServer.current.makeBank()
    _ = try Generator.run(settings: quiet, options: options)
    #expect(try Self.contents(bank) == Self.contents(quiet))
  }

  @Test func aRestartedServerIsWaitedFor() throws {
    let bank = try PrivateServer.current.makeBank()
    let server = try PrivateServer.current
    var hasRestarted = false
    let summary = try Generator.run(
      settings: bank,
      options: Self.options {
        $0.count = 3000
        $0.isConstantRate = true
      },
      progress: { progress in
        guard progress.phase == .running, !hasRestarted else { return }
        hasRestarted = true
        #expect(throws: Never.self) { try server.restart() }
      })
    #expect(hasRestarted && summary.reconnections > 0)
    #expect(summary.reconciliation.agrees)
  }

  @Test func aStrangersHandInAnAccountStopsTheRun() throws {
    let bank = try PrivateServer.current.makeBank()
    let stranger = try PostgresConnection(bank)
    #expect {
      _ = try Generator.run(
        settings: bank,
        options: Self.options {
          $0.ratePerSecond = 500
          $0.count = nil
          $0.durationSeconds = 20
        },
        progress: { progress in
          if progress.phase == .running {
            try? stranger.execute(
              "UPDATE accounts SET balance = balance + 1, available_balance = available_balance + 1")
          }
        })
    } throws: { "\($0)".contains("somebody else") }
    // What was refused left no trace.
    let orphans = try stranger.query(
      "SELECT t.id FROM transactions t LEFT JOIN outbox o ON o.aggregate_id = t.id::text WHERE o.id IS NULL")
    #expect(orphans.rows.isEmpty)
  }

  @Test func stoppingFinishesWhatIsUnderWay() throws {
    let bank = try PrivateServer.current.makeBank()
    var running = false
    let summary = try Generator.run(
      settings: bank, options: Self.options { $0.count = nil },
      progress: { if $0.phase == .running, $0.written.transactionsOpened > 0 { running = true } },
      shouldStop: { running })
    #expect(summary.wasInterrupted)
    #expect(summary.reconciliation.agrees)
    #expect(summary.written.transactionsOpened > 0)
  }

  @Test func requestedRateIsKept() throws {
    let bank = try PrivateServer.current.makeBank()
    let summary = try Generator.run(
      settings: bank,
      options: Self.options {
        $0.ratePerSecond = 100
        $0.isConstantRate = true
        $0.count = nil
        $0.durationSeconds = 2
      })
    #expect((190...201).contains(summary.written.transactionsOpened))
    #expect(summary.elapsedSeconds < 4)
    #expect(summary.written.inserted(.marketData) == 0)
  }

  @Test func timeZoneComesFromTheServer() throws {
    let bank = try PrivateServer.current.makeBank()
    let summary = try Generator.run(
      settings: bank, options: Self.options { $0.timeZone = "Europe/Berlin" })
    #expect(summary.reconciliation.agrees)
    #expect {
      _ = try Generator.run(settings: bank, options: Self.options { $0.timeZone = "Nowhere/Land" })
    } throws: { "\($0)".contains("Nowhere/Land") }
  }

  @Test func aDatabaseWithoutTheSchemaIsNamed() throws {
    #expect {
      _ = try Generator.run(settings: PrivateServer.current.settings, options: Self.options())
    } throws: { "\($0)".contains("sluice migrate up") }
  }
}
