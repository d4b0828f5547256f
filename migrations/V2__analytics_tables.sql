-- Analytics tables: balances over time and sessions (captured under a prefix of their own), and market quotes (not
-- captured; reference data).

CREATE TABLE public.account_balances (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL CONSTRAINT account_balances_account_id_fkey REFERENCES public.accounts,
  balance numeric(18,2) NOT NULL CONSTRAINT account_balances_balance_check CHECK (balance <> 'NaN'),
  available_balance numeric(18,2) NOT NULL
    CONSTRAINT account_balances_available_balance_check CHECK (available_balance <> 'NaN'),
  pending_debits numeric(18,2) NOT NULL DEFAULT 0
    CONSTRAINT account_balances_pending_debits_check CHECK (pending_debits >= 0 AND pending_debits <> 'NaN'),
  pending_credits numeric(18,2) NOT NULL DEFAULT 0
    CONSTRAINT account_balances_pending_credits_check CHECK (pending_credits >= 0 AND pending_credits <> 'NaN'),
  as_of timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
)
-- Grows by a row a transaction and is never updated: vacuum by inserts keeps index-only scans and statistics fresh.
WITH (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX account_balances_account_id_as_of_idx ON public.account_balances (account_id, as_of);
COMMENT ON TABLE public.account_balances IS
  'Balance of an account after each movement. Captured as fintech.analytics.account_balances.';
COMMENT ON COLUMN public.account_balances.pending_debits IS 'Sum of PENDING transactions that take from the account.';
COMMENT ON COLUMN public.account_balances.pending_credits IS 'Sum of PENDING transactions that add to the account.';
COMMENT ON COLUMN public.account_balances.as_of IS 'Time of the movement that made this balance.';

CREATE TABLE public.customer_sessions (
  id uuid PRIMARY KEY,
  customer_id uuid NOT NULL CONSTRAINT customer_sessions_customer_id_fkey REFERENCES public.customers,
  channel text NOT NULL
    CONSTRAINT customer_sessions_channel_check CHECK (channel IN ('mobile', 'web', 'atm', 'pos', 'branch')),
  device jsonb,
  ip_address inet,
  location jsonb,
  actions_count int NOT NULL DEFAULT 0
    CONSTRAINT customer_sessions_actions_count_check CHECK (actions_count >= 0),
  started_at timestamptz NOT NULL,
  ended_at timestamptz CONSTRAINT customer_sessions_ended_at_check CHECK (ended_at >= started_at),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
)
-- Each action of a session updates its row.
WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX customer_sessions_customer_id_started_at_idx ON public.customer_sessions (customer_id, started_at);
CREATE INDEX customer_sessions_open_idx ON public.customer_sessions (customer_id) WHERE ended_at IS NULL;
COMMENT ON TABLE public.customer_sessions IS
  'Visits of a customer. Captured as fintech.analytics.customer_sessions.';
COMMENT ON COLUMN public.customer_sessions.channel IS 'As transactions.network.';
COMMENT ON COLUMN public.customer_sessions.ended_at IS 'NULL while the session is open; ended after 30 idle minutes.';

CREATE TABLE public.market_data (
  id uuid PRIMARY KEY,
  symbol text NOT NULL CONSTRAINT market_data_symbol_check CHECK (symbol <> ''),
  price numeric(18,6) NOT NULL CONSTRAINT market_data_price_check CHECK (price >= 0 AND price <> 'NaN'),
  change numeric(18,6),
  change_percent numeric(9,4),
  volume bigint CONSTRAINT market_data_volume_check CHECK (volume >= 0),
  market_cap numeric(24,2),
  quoted_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
)
WITH (autovacuum_vacuum_insert_scale_factor = 0.05);
CREATE INDEX market_data_symbol_quoted_at_idx ON public.market_data (symbol, quoted_at);
COMMENT ON TABLE public.market_data IS 'Quotes of traded symbols. Reference data; no connector captures it.';
COMMENT ON COLUMN public.market_data.change IS 'Price less the previous quote''s price.';
