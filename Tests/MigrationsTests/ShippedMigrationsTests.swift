import Migrations
import PostgresSource
import Testing

/// The schema that ships, and the rights of its replication role.
@Suite(.postgres)
struct ShippedMigrationsTests {
  private static let captured = [
    "customers", "accounts", "transactions", "merchants", "fraud_alerts", "account_balances", "customer_sessions",
    "outbox",
  ]

  private func migrated(owner: String = "postgres", server: TestServer) throws -> ConnectionSettings {
    let database = try server.makeDatabase(owner: owner)
    try MigrationRunner(
      directory: try MigrationDirectory(path: shippedMigrations), settings: database.merging(["user": owner])
    ).up()
    return database
  }

  @Test func tablesPublicationsAndCommentsAreThere() throws {
    let connection = try PostgresConnection(try migrated(server: TestServer.current))
    let tables = try connection.query(
      "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
    ).rows.compactMap(\.first)
    #expect(tables == (Self.captured + ["market_data", "debezium_signal", "debezium_heartbeat"]).sorted())
    let published = try connection.query(
      """
      SELECT pubname || ': ' || string_agg(tablename, ' ' ORDER BY tablename) FROM pg_publication_tables
      GROUP BY pubname ORDER BY pubname
      """
    ).rows.compactMap { $0[0] }
    #expect(
      published == [
        "fintech_analytics: account_balances customer_sessions",
        "fintech_main: accounts customers fraud_alerts merchants transactions", "fintech_outbox: outbox",
      ])
    let uncommented = try connection.query(
      """
      SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND obj_description(oid, 'pg_class') IS NULL
        AND relnamespace IN ('public'::regnamespace, 'sluice'::regnamespace)
      """
    ).rows
    #expect(uncommented.isEmpty)
  }

  @Test func businessTablesHaveIdFirstAndTimesLast() throws {
    let connection = try PostgresConnection(try migrated(server: TestServer.current))
    for table in Self.captured + ["market_data"] where table != "outbox" {
      let columns = try connection.query(
        """
        SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute
        WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum
        """, [table]
      ).rows.compactMap { $0[0] }
      #expect(columns.first == "id uuid")
      #expect(
        columns.suffix(2) == ["created_at timestamp with time zone", "updated_at timestamp with time zone"])
    }
  }

  @Test(arguments: [
    "UPDATE customers SET tier = 'GOLD'", "UPDATE customers SET risk_score = 100.01",
    "UPDATE customers SET credit_score = 299", "UPDATE customers SET kyc_status = ''",
    "UPDATE accounts SET account_type = 'LOAN'", "UPDATE accounts SET status = 'active'",
    "UPDATE accounts SET balance = 'NaN'", "UPDATE accounts SET currency = 'us'",
    "UPDATE merchants SET mcc = '58A2'", "UPDATE merchants SET risk_level = 'NONE'",
    "UPDATE transactions SET transaction_type = 'GIFT'", "UPDATE transactions SET amount = -0.01",
    "UPDATE transactions SET status = 'DONE'", "UPDATE transactions SET network = 'fax'",
    "UPDATE transactions SET compliance_flags = '{}'", "UPDATE transactions SET account_id = gen_random_uuid()",
    "UPDATE fraud_alerts SET severity = 'NONE'", "UPDATE fraud_alerts SET confidence_score = 1.001",
    "UPDATE fraud_alerts SET status = 'CLOSED'", "UPDATE fraud_alerts SET rules_triggered = '\"RULE_100\"'",
    "UPDATE customer_sessions SET channel = 'fax'", "UPDATE outbox SET event_type = 'a b'",
  ])
  func valuesOutsideTheDomainAreRefused(update: String) throws {
    let server = try TestServer.current
    let connection = try PostgresConnection(try server.sharedDatabase { try migrated(server: server) })
    try connection.execute("BEGIN")
    try connection.execute(Self.oneRowEach)
    #expect { try connection.execute(update) } throws: {
      ["23514", "23503"].contains(($0 as? PostgresError)?.sqlState)
    }
  }

  private static let oneRowEach = """
    INSERT INTO customers (id, first_name, last_name, email, tier)
      VALUES ('c0000000-0000-4000-8000-000000000001', 'Zoë', 'O''Neil', 'zoe@example.com', 'VIP');
    INSERT INTO accounts (id, customer_id, account_number, account_type)
      SELECT 'a0000000-0000-4000-8000-000000000001', id, '1', 'CHECKING' FROM customers;
    INSERT INTO merchants (id, name, mcc, country) VALUES (gen_random_uuid(), 'Café', '5812', 'ES');
    INSERT INTO transactions (id, account_id, customer_id, merchant_id, transaction_type, amount, network)
      SELECT gen_random_uuid(), a.id, a.customer_id, m.id, 'PURCHASE', 0.01, 'pos' FROM accounts a, merchants m;
    INSERT INTO fraud_alerts (id, transaction_id, customer_id, alert_type, severity, confidence_score, rules_triggered)
      SELECT gen_random_uuid(), id, customer_id, 'Device mismatch', 'LOW', 1, '["RULE_100"]' FROM transactions;
    INSERT INTO account_balances (id, account_id, balance, available_balance, as_of)
      SELECT gen_random_uuid(), id, balance, available_balance, now() FROM accounts;
    INSERT INTO customer_sessions (id, customer_id, channel, started_at)
      SELECT gen_random_uuid(), id, 'web', now() FROM customers;
    INSERT INTO market_data (id, symbol, price, quoted_at) VALUES (gen_random_uuid(), 'ACME', 1.5, now());
    INSERT INTO outbox (id, aggregate_type, aggregate_id, event_type, payload)
      VALUES (gen_random_uuid(), 'customer', '1', 'customer.created', '{}');
    """

  // MARK: - The replication role

  @Test func replicationRoleCanStreamAndReadAllThatIsCaptured() throws {
    let server = try TestServer.current
    let database = try migrated(server: server)
    try PostgresConnection(database).execute(Self.oneRowEach)
    let asRole = database.merging(["user": "sluice_replication"])

    let replication = try PostgresConnection(asRole.merging(["replication": "database"]))
    let slot = "role_test"
    try replication.execute("CREATE_REPLICATION_SLOT \(slot) LOGICAL pgoutput NOEXPORT_SNAPSHOT")
    try PostgresConnection(database).execute("UPDATE customers SET tier = 'BASIC'")
    let role = try PostgresConnection(asRole)
    let messages = try role.query(
      """
      SELECT count(*) FROM pg_logical_slot_get_binary_changes('\(slot)', NULL, NULL,
        'proto_version', '1', 'publication_names', 'fintech_main,fintech_outbox,fintech_analytics')
      """)
    // Begin, relation, update, commit.
    #expect(messages.firstValue == "4")
    try replication.execute("DROP_REPLICATION_SLOT \(slot)")

    for table in Self.captured { #expect(try role.query("SELECT count(*) FROM \(table)").firstValue == "1") }
  }

  @Test func replicationRoleKeepsItsOwnRecords() throws {
    let database = try migrated(server: TestServer.current)
    let role = try PostgresConnection(database.merging(["user": "sluice_replication"]))
    for _ in 0..<2 {
      try role.query(
        """
        INSERT INTO sluice.offsets (connector, state) VALUES ($1, $2)
        ON CONFLICT (connector) DO UPDATE SET state = excluded.state, updated_at = now()
        """, ["main", #"{"slot": "a"}"#])
      try role.execute(
        """
        INSERT INTO debezium_heartbeat (connector) VALUES ('main')
        ON CONFLICT (connector) DO UPDATE SET beat_at = now()
        """)
    }
    #expect(try role.query("SELECT state ->> 'slot' FROM sluice.offsets").firstValue == "a")
    try role.execute("DELETE FROM sluice.offsets")
    try role.execute("INSERT INTO debezium_signal VALUES ('1', 'log', '{}'); DELETE FROM debezium_signal")
  }

  @Test func replicationRoleCanDoNoMore() throws {
    let server = try TestServer.current
    let database = try server.sharedDatabase { try migrated(server: server) }
    let role = try PostgresConnection(database.merging(["user": "sluice_replication"]))
    for sql in [
      "INSERT INTO customers (id, first_name, last_name, email, tier) VALUES (gen_random_uuid(), '', '', '', 'VIP')",
      "UPDATE accounts SET balance = 1", "DELETE FROM outbox", "TRUNCATE transactions", "SELECT * FROM market_data",
      "SELECT * FROM sluice.schema_history", "CREATE TABLE sluice.mine (a int)", "CREATE TABLE public.mine (a int)",
      "ALTER PUBLICATION fintech_main ADD TABLE market_data", "DROP TABLE sluice.offsets", "CREATE ROLE mine",
      "UPDATE debezium_signal SET type = ''",
    ] {
      let error = #expect(throws: PostgresError.self, "\(sql)") { try role.execute(sql) }
      #expect(error?.sqlState == "42501", "\(sql)")
    }
  }

  @Test func roleThatExistsAlreadyIsTakenAndGivenItsRights() throws {
    let server = try TestServer.current
    // Two databases of one server share their roles.
    _ = try migrated(server: server)
    let second = try migrated(server: server)
    let role = try PostgresConnection(second.merging(["user": "sluice_replication"]))
    #expect(try role.query("SELECT count(*) FROM customers").firstValue == "0")
  }

  @Test func ownerWithoutSuperuserMigratesAndIsToldWhatIsLeft() async throws {
    let server = try await TestServer.start()
    defer { server.stop() }
    let superuser = try PostgresConnection(server.settings)
    try superuser.execute("CREATE ROLE bank_owner LOGIN CREATEROLE")
    let database = try migrated(owner: "bank_owner", server: server)
    let role = try PostgresConnection(database.merging(["user": "sluice_replication"]))
    #expect(try role.query("SELECT count(*) FROM customers").firstValue == "0")
    #expect(
      try superuser.query("SELECT rolreplication FROM pg_roles WHERE rolname = 'sluice_replication'").firstValue == "f")
    // The hint of the migration's notice.
    try superuser.execute("ALTER ROLE sluice_replication REPLICATION")
    let replication = try PostgresConnection(
      database.merging(["user": "sluice_replication", "replication": "database"]))
    #expect(try replication.query("IDENTIFY_SYSTEM").rows.count == 1)
  }

  @Test func ownerWhoMayNotCreateRolesIsToldWhom() async throws {
    let server = try await TestServer.start()
    defer { server.stop() }
    let superuser = try PostgresConnection(server.settings)
    try superuser.execute("CREATE ROLE bank_owner LOGIN")
    #expect {
      try migrated(owner: "bank_owner", server: server)
    } throws: { error in
      "\(error)".contains("CREATE ROLE sluice_replication LOGIN REPLICATION; then migrate again")
    }
    try superuser.execute("CREATE ROLE sluice_replication LOGIN REPLICATION")
    _ = try migrated(owner: "bank_owner", server: server)
  }
}
