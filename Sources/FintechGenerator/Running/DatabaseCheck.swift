import PostgresSource

/// Looks at the database before a run, and counts after it.
struct DatabaseCheck: ~Copyable {
  private let connection: PostgresConnection

  init(_ settings: ConnectionSettings) throws(PostgresError) { connection = try PostgresConnection(settings) }

  /// Tables that the schema lacks.
  func missingTables() throws(PostgresError) -> [String] {
    let names = BankTable.allCases.map(\.name)
    let list = names.map { "(\(PostgresConnection.quoted(literal: $0)))" }.joined(separator: ", ")
    let result = try connection.query(
      "SELECT name FROM (VALUES \(list)) AS needed(name) WHERE to_regclass('public.' || name) IS NULL")
    return result.rows.compactMap { $0.first ?? nil }
  }

  /// When the zone's distance from UTC changes within ten years of `start`; fails for a zone that the server does not
  /// know (SQLSTATE 22023).
  func offsets(ofZone name: String, from start: SimulatedTime) throws(PostgresError) -> ZoneOffsets {
    if name == "UTC" { return .utc }
    let result = try connection.query(
      """
      SELECT second, shift FROM (
        SELECT second, shift, lag(shift) OVER (ORDER BY second) AS before FROM (
          SELECT extract(epoch FROM t)::bigint AS second,
            extract(epoch FROM (t AT TIME ZONE $2) - (t AT TIME ZONE 'UTC'))::bigint AS shift
          FROM generate_series(
            to_timestamp($1::bigint), to_timestamp($1::bigint) + interval '10 years', interval '30 minutes') AS t
        ) AS offsets) AS changes
      WHERE before IS DISTINCT FROM shift ORDER BY second
      """, [String(floorDivide(start.unixSeconds, 1800) * 1800), name])
    return ZoneOffsets(
      changes: result.rows.compactMap { row in
        guard let second = row[0].flatMap(Int64.init), let shift = row[1].flatMap(Int64.init) else { return nil }
        return ZoneOffsets.Change(fromUnixSecond: second, offsetSeconds: shift)
      })
  }

  func holds(_ proof: UnitOfWork.Proof) throws(PostgresError) -> Bool {
    try !found([proof]).isEmpty
  }

  /// Which of these rows are there.
  func found(_ proofs: [UnitOfWork.Proof]) throws(PostgresError) -> Set<String> {
    var found: Set<String> = []
    for table in BankTable.allCases {
      let ids = proofs.filter { $0.table == table }.map(\.id.description)
      guard !ids.isEmpty else { continue }
      let result = try connection.query(
        "SELECT id::text FROM public.\(table.name) WHERE id = ANY ($1::uuid[])",
        ["{" + ids.joined(separator: ",") + "}"])
      for row in result.rows { if let id = row[0] { found.insert(id) } }
    }
    return found
  }

  /// Ends the server process of a lost connection, should it still work on what it had received, and waits until it is
  /// gone. The application name keeps this from hitting a stranger with the same process id.
  func endBackend(_ processID: Int32, applicationName: String) throws(PostgresError) {
    let condition =
      "FROM pg_stat_activity WHERE pid = \(processID) AND pid <> pg_backend_pid() AND application_name = "
      + PostgresConnection.quoted(literal: applicationName)
    try connection.execute("SELECT pg_terminate_backend(pid) \(condition)")
    for _ in 0..<200 {
      if try connection.query("SELECT 1 \(condition)").rows.isEmpty { return }
      try connection.execute("SELECT pg_sleep(0.05)")
    }
    throw PostgresError(
      kind: .connection, message: "the server process \(processID) of the lost connection does not end")
  }

  func count(_ table: BankTable) throws(PostgresError) -> Int {
    try Int(connection.query("SELECT count(*) FROM public.\(table.name)").firstValue ?? "") ?? 0
  }

  /// Counts what the database holds of this run's customers, in one snapshot.
  func reconcile(
    _ written: WrittenRows, streams: [LogicalStream], merchants: [Merchant], quotesBefore: Int
  ) throws(PostgresError) -> Reconciliation {
    try connection.execute(
      """
      BEGIN ISOLATION LEVEL REPEATABLE READ;
      CREATE TEMP TABLE run_customers (id uuid PRIMARY KEY) ON COMMIT DROP
      """)
    let ids = streams.flatMap { $0.customers.map(\.id.description) }
    var first = 0
    while first < ids.count {
      let chunk = ids[first..<min(first + 10_000, ids.count)]
      try connection.query(
        "INSERT INTO run_customers SELECT unnest($1::uuid[])", ["{" + chunk.joined(separator: ",") + "}"])
      first += 10_000
    }
    try connection.execute(
      """
      ANALYZE run_customers;
      CREATE TEMP TABLE run_accounts ON COMMIT DROP AS
        SELECT a.id, a.currency, a.balance, a.available_balance FROM public.accounts a
        JOIN run_customers c ON c.id = a.customer_id;
      ANALYZE run_accounts
      """)
    let merchantIDs = "{" + merchants.map(\.id.description).joined(separator: ",") + "}"
    func count(_ table: BankTable) throws(PostgresError) -> Int {
      let name = "public.\(table.name)"
      let found: String?
      switch table {
      case .customers: found = try value("SELECT count(*) FROM \(name) JOIN run_customers USING (id)")
      case .accounts: found = try value("SELECT count(*) FROM run_accounts")
      case .transactions, .fraudAlerts, .customerSessions:
        found = try value("SELECT count(*) FROM \(name) t JOIN run_customers c ON c.id = t.customer_id")
      case .accountBalances:
        found = try value("SELECT count(*) FROM \(name) b JOIN run_accounts a ON a.id = b.account_id")
      case .merchants:
        found = try connection.query("SELECT count(*) FROM \(name) WHERE id = ANY ($1::uuid[])", [merchantIDs])
          .firstValue
      case .marketData:
        // Quotes belong to no customer. What another run wrote meanwhile cannot be told apart, and does no harm.
        return min(try self.count(table) - quotesBefore, written.inserted(.marketData))
      case .outbox:
        found = try value(
          "SELECT count(*) FROM \(name) o JOIN run_customers c ON c.id::text = o.payload ->> 'customer_id'")
      }
      return Int(found ?? "") ?? 0
    }
    var tables: [Reconciliation.Line] = []
    for table in BankTable.allCases {
      tables.append(
        Reconciliation.Line(name: table.name, written: written.inserted(table), found: try count(table)))
    }
    let events = try counts(
      """
      SELECT o.event_type, count(*) FROM public.outbox o
      JOIN run_customers c ON c.id::text = o.payload ->> 'customer_id' GROUP BY 1
      """)
    let statuses = try counts(
      """
      SELECT t.status, count(*) FROM public.transactions t JOIN run_customers c ON c.id = t.customer_id GROUP BY 1
      """)
    let booked = DatabaseCheck.books(of: streams)
    let currencies = try self.currencies(accounts: "run_accounts", opening: booked.mapValues(\.opening))
    let holdings = try self.holdings(booked: booked.mapValues(\.balance))
    let reconciliation = Reconciliation(
      tables: tables,
      events: EventType.allCases.map {
        Reconciliation.Line(
          name: $0.text.description, written: written.events($0), found: events[$0.text.description] ?? 0)
      },
      statuses: TransactionStatus.allCases.map {
        Reconciliation.Line(
          name: $0.text.description, written: DatabaseCheck.remaining(written, $0),
          found: statuses[$0.text.description] ?? 0)
      },
      currencies: currencies, holdings: holdings, wholeDatabase: try wholeDatabase())
    try connection.execute("ROLLBACK")
    return reconciliation
  }

  /// How many transactions have this status after all changes.
  private static func remaining(_ written: WrittenRows, _ status: TransactionStatus) -> Int {
    let inserted = written.opened(status)
    let arrived = written.changed(to: status)
    switch status {
    case .pending: return inserted - written.changed(to: .completed) - written.changed(to: .failed)
    case .completed: return inserted + arrived - written.changed(to: .reversed)
    case .failed, .reversed: return inserted + arrived
    }
  }

  /// What the streams' own books say, by currency.
  private static func books(of streams: [LogicalStream]) -> [String: (opening: Money, balance: Money)] {
    var books: [String: (opening: Money, balance: Money)] = [:]
    for stream in streams {
      for account in stream.accounts {
        let before = books[account.currency.description] ?? (.zero, .zero)
        books[account.currency.description] = (
          before.opening + account.openingBalance, before.balance + account.balance
        )
      }
    }
    return books
  }

  private func value(_ sql: String) throws(PostgresError) -> String? { try connection.query(sql).firstValue }

  private func counts(_ sql: String) throws(PostgresError) -> [String: Int] {
    var counts: [String: Int] = [:]
    for row in try connection.query(sql).rows {
      if let name = row[0], let count = row[1].flatMap(Int.init) { counts[name] = count }
    }
    return counts
  }

  /// By the server's own exact arithmetic; in hundredths.
  private func currencies(
    accounts: String, opening: [String: Money]
  ) throws(PostgresError) -> [Reconciliation.Currency] {
    let result = try connection.query(
      """
      SELECT a.currency::text, (a.balances * 100)::bigint, (coalesce(t.signed, 0) * 100)::bigint,
        (coalesce(t.fees, 0) * 100)::bigint
      FROM (SELECT currency, sum(balance) AS balances FROM \(accounts) GROUP BY 1) AS a
      LEFT JOIN (
        SELECT a.currency, sum(t.fee_amount) AS fees,
          sum(CASE WHEN t.transaction_type IN ('DEPOSIT', 'REFUND') THEN t.amount ELSE -t.amount END) AS signed
        FROM public.transactions t JOIN \(accounts) a ON a.id = t.account_id
        WHERE t.status = 'COMPLETED' GROUP BY 1) AS t USING (currency)
      ORDER BY 1
      """)
    return result.rows.map { row in
      let code = row[0] ?? ""
      return Reconciliation.Currency(
        code: code, openingBalances: opening[code] ?? .zero, signedCompleted: money(row[2]), fees: money(row[3]),
        balances: money(row[1]))
    }
  }

  private func holdings(booked: [String: Money]) throws(PostgresError) -> [Reconciliation.Holdings] {
    let result = try connection.query(
      """
      SELECT a.currency::text, (a.balances * 100)::bigint,
        ((a.balances + coalesce(t.signed, 0)) * 100)::bigint, (a.available * 100)::bigint
      FROM (
        SELECT currency, sum(balance) AS balances, sum(available_balance) AS available FROM run_accounts GROUP BY 1
      ) AS a
      LEFT JOIN (
        SELECT a.currency, sum(
          CASE WHEN t.transaction_type IN ('DEPOSIT', 'REFUND') THEN t.amount ELSE -t.amount END - t.fee_amount
        ) AS signed
        FROM public.transactions t JOIN run_accounts a ON a.id = t.account_id
        WHERE t.status = 'PENDING' GROUP BY 1) AS t USING (currency)
      ORDER BY 1
      """)
    return result.rows.map { row in
      let code = row[0] ?? ""
      return Reconciliation.Holdings(
        code: code, booked: booked[code] ?? .zero, balances: money(row[1]), expectedAvailable: money(row[2]),
        available: money(row[3]))
    }
  }

  /// The money of the whole database as it is in one snapshot.
  func checkWholeDatabase() throws(PostgresError) -> [Reconciliation.Currency]? {
    try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    let currencies = try wholeDatabase()
    try connection.execute("ROLLBACK")
    return currencies
  }

  private func wholeDatabase() throws(PostgresError) -> [Reconciliation.Currency]? {
    try connection.execute(
      """
      CREATE TEMP TABLE run_openings ON COMMIT DROP AS
        SELECT aggregate_id, max(payload ->> 'opening_balance')::numeric AS opening FROM public.outbox
        WHERE event_type = 'account.opened' GROUP BY 1;
      ANALYZE run_openings
      """)
    let unknown = try value(
      """
      SELECT count(*) FROM public.accounts a LEFT JOIN run_openings o ON o.aggregate_id = a.id::text
      WHERE o.opening IS NULL
      """)
    guard unknown == "0" else { return nil }
    let result = try connection.query(
      """
      SELECT a.currency::text, (sum(o.opening) * 100)::bigint FROM public.accounts a
      JOIN run_openings o ON o.aggregate_id = a.id::text GROUP BY 1
      """)
    var opening: [String: Money] = [:]
    for row in result.rows { if let code = row[0] { opening[code] = money(row[1]) } }
    return try currencies(accounts: "public.accounts", opening: opening)
  }

  private func money(_ text: String?) -> Money { Money(cents: text.flatMap(Int64.init) ?? 0) }
}
