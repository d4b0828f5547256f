import PostgresSource
import Primitives

/// The statements that a run prepares; the raw value is the place in the list. Every time is given, none is `now()`.
enum BankStatement: Int, CaseIterable {
  case insertMerchant, insertCustomer, insertAccount, insertTransaction, moveBalance, changeStatus, insertAlert
  case openSession, extendSession, endSession, changeTier, insertQuotes
  case insertEvent, insertTwoEvents, insertThreeEvents, insertFourEvents

  /// Most events that one `insert…Events` statement takes.
  static let eventsMax = 4

  static func insertEvents(_ count: Int) -> BankStatement {
    switch count {
    case 1: .insertEvent
    case 2: .insertTwoEvents
    case 3: .insertThreeEvents
    default: .insertFourEvents
    }
  }

  static let all: [StatementText] = allCases.map(\.text)

  var text: StatementText {
    switch self {
    case .insertMerchant:
      StatementText(
        """
        INSERT INTO public.merchants
          (id, name, business_type, mcc, address, country, risk_level, status, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'ACTIVE', $8, $8)
        """, [.uuid, .text, .text, .bpchar, .jsonb, .bpchar, .text, .timestamptz])
    case .insertCustomer:
      StatementText(
        """
        INSERT INTO public.customers
          (id, first_name, last_name, email, phone, date_of_birth, address, tier, risk_score, credit_score, kyc_status,
           status, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'ACTIVE', $12, $12)
        """, [.uuid, .text, .text, .text, .text, .date, .jsonb, .text, .numeric, .int4, .text, .timestamptz])
    case .insertAccount:
      StatementText(
        """
        INSERT INTO public.accounts
          (id, customer_id, account_number, account_type, currency, balance, available_balance, credit_limit,
           interest_rate, status, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, 'ACTIVE', $9, $9)
        """, [.uuid, .uuid, .text, .text, .bpchar, .numeric, .numeric, .numeric, .timestamptz])
    case .insertTransaction:
      StatementText(
        """
        INSERT INTO public.transactions
          (id, account_id, customer_id, merchant_id, transaction_type, amount, currency, fee_amount, status, network,
           description, ip_address, device_fingerprint, transaction_location, risk_score, risk_level, compliance_flags,
           created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18)
        """,
        [
          .uuid, .uuid, .uuid, .uuid, .text, .numeric, .bpchar, .numeric, .text, .text, .text, .inet, .text, .jsonb,
          .numeric, .text, .jsonb, .timestamptz,
        ])
    case .moveBalance:
      // Should someone else have touched the account, nothing is updated, the sub-select is NULL and the NOT NULL
      // constraint undoes the whole transaction.
      StatementText(
        """
        WITH moved AS (
          UPDATE public.accounts SET balance = $2, available_balance = $3, updated_at = $4
          WHERE id = $1 AND balance = $5 AND available_balance = $6 RETURNING id)
        INSERT INTO public.account_balances
          (id, account_id, balance, available_balance, pending_debits, pending_credits, as_of, created_at, updated_at)
        VALUES ($7, (SELECT id FROM moved), $2, $3, $8, $9, $4, $4, $4)
        """, [.uuid, .numeric, .numeric, .timestamptz, .numeric, .numeric, .uuid, .numeric, .numeric])
    case .changeStatus:
      // Guarded in the same way: no row in that status, no event.
      StatementText(
        """
        WITH changed AS (
          UPDATE public.transactions SET status = $2, updated_at = $3 WHERE id = $1 AND status = $4 RETURNING id)
        INSERT INTO public.outbox (id, aggregate_type, aggregate_id, event_type, payload, created_at)
        VALUES ($5, 'transaction', (SELECT id::text FROM changed), $6, $7, $3)
        """, [.uuid, .text, .timestamptz, .text, .uuid, .text, .jsonb])
    case .insertAlert:
      StatementText(
        """
        INSERT INTO public.fraud_alerts
          (id, transaction_id, customer_id, alert_type, severity, confidence_score, rules_triggered, status,
           description, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'OPEN', $8, $9, $9)
        """, [.uuid, .uuid, .uuid, .text, .text, .numeric, .jsonb, .text, .timestamptz])
    case .openSession:
      StatementText(
        """
        INSERT INTO public.customer_sessions
          (id, customer_id, channel, device, ip_address, location, actions_count, started_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7, $7)
        """, [.uuid, .uuid, .text, .jsonb, .inet, .jsonb, .timestamptz])
    case .extendSession:
      StatementText(
        "UPDATE public.customer_sessions SET actions_count = $2, updated_at = $3 WHERE id = $1",
        [.uuid, .int4, .timestamptz])
    case .endSession:
      StatementText(
        "UPDATE public.customer_sessions SET ended_at = $2, updated_at = $2 WHERE id = $1", [.uuid, .timestamptz])
    case .changeTier:
      StatementText(
        """
        WITH changed AS (
          UPDATE public.customers SET tier = $2, risk_score = $3, updated_at = $4 WHERE id = $1 AND tier = $5
          RETURNING id)
        INSERT INTO public.outbox (id, aggregate_type, aggregate_id, event_type, payload, created_at)
        VALUES ($6, 'customer', (SELECT id::text FROM changed), 'customer.tier_changed', $7, $4)
        """, [.uuid, .text, .numeric, .timestamptz, .text, .uuid, .jsonb])
    case .insertQuotes:
      BankStatement.rows(
        MarketSymbol.all.count,
        """
        INSERT INTO public.market_data
          (id, symbol, price, change, change_percent, volume, market_cap, quoted_at, created_at, updated_at)
        VALUES
        """, [.uuid, .text, .numeric, .numeric, .numeric, .int8, .numeric, .timestamptz], times: 2)
    case .insertEvent, .insertTwoEvents, .insertThreeEvents, .insertFourEvents:
      BankStatement.rows(
        rawValue - BankStatement.insertEvent.rawValue + 1,
        "INSERT INTO public.outbox (id, aggregate_type, aggregate_id, event_type, payload, created_at) VALUES",
        [.uuid, .text, .text, .text, .jsonb, .timestamptz])
    }
  }

  /// `count` rows of these columns; the last column's parameter stands for `times` more columns too.
  private static func rows(_ count: Int, _ head: String, _ types: [TypeOID], times: Int = 0) -> StatementText {
    let rows = (0..<count).map { row in
      let first = row * types.count + 1
      let places = Array(first..<first + types.count) + Array(repeating: first + types.count - 1, count: times)
      return "(" + places.map { "$\($0)" }.joined(separator: ", ") + ")"
    }
    return StatementText(
      head + " " + rows.joined(separator: ", "), Array(repeating: types, count: count).flatMap { $0 })
  }
}
