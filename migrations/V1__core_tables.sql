-- Core business tables: who banks here, what they hold, whom they pay, money moving, and what looked wrong.
--
-- Every name is qualified, so that the tables land in "public" whatever the search_path of the migrating role is: the
-- connectors name them so. Replica identity stays DEFAULT (the primary key) everywhere.

CREATE TABLE public.customers (
  id uuid PRIMARY KEY,
  first_name text NOT NULL,
  last_name text NOT NULL,
  email text NOT NULL CONSTRAINT customers_email_key UNIQUE,
  phone text,
  date_of_birth date,
  address jsonb,
  tier text NOT NULL
    CONSTRAINT customers_tier_check CHECK (tier IN ('BASIC', 'PREMIUM', 'VIP', 'ENTERPRISE')),
  risk_score numeric(5,2) NOT NULL DEFAULT 0
    CONSTRAINT customers_risk_score_check CHECK (risk_score BETWEEN 0 AND 100),
  credit_score int
    CONSTRAINT customers_credit_score_check CHECK (credit_score BETWEEN 300 AND 850),
  kyc_status text NOT NULL DEFAULT 'PENDING'
    CONSTRAINT customers_kyc_status_check CHECK (kyc_status IN ('PENDING', 'VERIFIED', 'REJECTED')),
  status text NOT NULL DEFAULT 'ACTIVE'
    CONSTRAINT customers_status_check CHECK (status IN ('ACTIVE', 'SUSPENDED', 'CLOSED')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE public.customers IS 'Who banks here. Captured as fintech.customers.';
COMMENT ON COLUMN public.customers.tier IS 'Service tier; drives volume, amounts and base risk.';
COMMENT ON COLUMN public.customers.risk_score IS 'The bank''s own score, 0 (none) to 100 (highest).';
COMMENT ON COLUMN public.customers.credit_score IS 'External credit score, 300 to 850; NULL where none was asked for.';
COMMENT ON COLUMN public.customers.kyc_status IS 'Know-your-customer check: PENDING, VERIFIED or REJECTED.';

CREATE TABLE public.accounts (
  id uuid PRIMARY KEY,
  customer_id uuid NOT NULL CONSTRAINT accounts_customer_id_fkey REFERENCES public.customers,
  account_number text NOT NULL CONSTRAINT accounts_account_number_key UNIQUE,
  account_type text NOT NULL
    CONSTRAINT accounts_account_type_check
    CHECK (account_type IN ('CHECKING', 'SAVINGS', 'CREDIT', 'INVESTMENT', 'BUSINESS')),
  currency char(3) NOT NULL DEFAULT 'USD'
    CONSTRAINT accounts_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  balance numeric(18,2) NOT NULL DEFAULT 0
    CONSTRAINT accounts_balance_check CHECK (balance <> 'NaN'),
  available_balance numeric(18,2) NOT NULL DEFAULT 0
    CONSTRAINT accounts_available_balance_check CHECK (available_balance <> 'NaN'),
  credit_limit numeric(18,2)
    CONSTRAINT accounts_credit_limit_check CHECK (credit_limit >= 0 AND credit_limit <> 'NaN'),
  interest_rate numeric(7,4),
  status text NOT NULL DEFAULT 'ACTIVE'
    CONSTRAINT accounts_status_check CHECK (status IN ('ACTIVE', 'SUSPENDED', 'CLOSED')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
)
-- Every completed transaction updates one row here, and no updated column is indexed: room on the page keeps these
-- updates heap-only. Vacuum comes at 2 % dead rows so that the free room returns while the table is small and hot.
WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX accounts_customer_id_idx ON public.accounts (customer_id);
COMMENT ON TABLE public.accounts IS 'What customers hold. Captured as fintech.accounts.';
COMMENT ON COLUMN public.accounts.balance IS 'Money booked: moved by COMPLETED transactions alone.';
COMMENT ON COLUMN public.accounts.available_balance IS
  'Money that can be spent: balance less what PENDING transactions hold back.';
COMMENT ON COLUMN public.accounts.credit_limit IS 'How far below zero the balance may go; NULL for no credit.';
COMMENT ON COLUMN public.accounts.interest_rate IS 'Percent a year, 2.7500 is 2.75 %; NULL where none is paid.';

CREATE TABLE public.merchants (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  business_type text,
  mcc char(4) CONSTRAINT merchants_mcc_check CHECK (mcc ~ '^[0-9]{4}$'),
  address jsonb,
  country char(2) CONSTRAINT merchants_country_check CHECK (country ~ '^[A-Z]{2}$'),
  risk_level text NOT NULL DEFAULT 'LOW'
    CONSTRAINT merchants_risk_level_check CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  status text NOT NULL DEFAULT 'ACTIVE'
    CONSTRAINT merchants_status_check CHECK (status IN ('ACTIVE', 'SUSPENDED', 'CLOSED')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE public.merchants IS 'Whom customers pay. Captured as fintech.merchants.';
COMMENT ON COLUMN public.merchants.mcc IS 'Merchant category code, four digits (ISO 18245).';
COMMENT ON COLUMN public.merchants.country IS 'ISO 3166-1 alpha-2.';

CREATE TABLE public.transactions (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL CONSTRAINT transactions_account_id_fkey REFERENCES public.accounts,
  customer_id uuid NOT NULL CONSTRAINT transactions_customer_id_fkey REFERENCES public.customers,
  merchant_id uuid CONSTRAINT transactions_merchant_id_fkey REFERENCES public.merchants,
  transaction_type text NOT NULL
    CONSTRAINT transactions_transaction_type_check
    CHECK (transaction_type IN
      ('PURCHASE', 'WITHDRAWAL', 'DEPOSIT', 'TRANSFER', 'WIRE_TRANSFER', 'PAYMENT', 'REFUND', 'FEE')),
  amount numeric(15,2) NOT NULL
    CONSTRAINT transactions_amount_check CHECK (amount >= 0 AND amount <> 'NaN'),
  currency char(3) NOT NULL DEFAULT 'USD'
    CONSTRAINT transactions_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  fee_amount numeric(15,2) NOT NULL DEFAULT 0
    CONSTRAINT transactions_fee_amount_check CHECK (fee_amount >= 0 AND fee_amount <> 'NaN'),
  status text NOT NULL DEFAULT 'PENDING'
    CONSTRAINT transactions_status_check CHECK (status IN ('PENDING', 'COMPLETED', 'FAILED', 'REVERSED')),
  network text
    CONSTRAINT transactions_network_check CHECK (network IN ('mobile', 'web', 'atm', 'pos', 'branch')),
  description text,
  ip_address inet,
  device_fingerprint text,
  transaction_location jsonb,
  risk_score numeric(5,2)
    CONSTRAINT transactions_risk_score_check CHECK (risk_score BETWEEN 0 AND 100),
  risk_level text
    CONSTRAINT transactions_risk_level_check CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  compliance_flags jsonb NOT NULL DEFAULT '[]'
    CONSTRAINT transactions_compliance_flags_check CHECK (jsonb_typeof(compliance_flags) = 'array'),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
)
-- A large table that mostly grows: at the server's 20 % it would be vacuumed and analysed far too seldom.
WITH (
  fillfactor = 95, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.02
);
CREATE INDEX transactions_account_id_created_at_idx ON public.transactions (account_id, created_at);
CREATE INDEX transactions_customer_id_created_at_idx ON public.transactions (customer_id, created_at);
CREATE INDEX transactions_merchant_id_idx ON public.transactions (merchant_id) WHERE merchant_id IS NOT NULL;
-- Finds what still has to be settled; a few percent of the rows, for a short time each.
CREATE INDEX transactions_pending_idx ON public.transactions (created_at) WHERE status = 'PENDING';
COMMENT ON TABLE public.transactions IS 'Money moving. Captured as fintech.transactions.';
COMMENT ON COLUMN public.transactions.amount IS
  'Never negative. DEPOSIT and REFUND add to the balance, every other type takes from it; in the account''s currency.';
COMMENT ON COLUMN public.transactions.fee_amount IS 'Taken from the balance beside the amount, whatever the type.';
COMMENT ON COLUMN public.transactions.status IS
  'Only COMPLETED moves the balance; PENDING holds back available balance; REVERSED undoes amount and fee.';
COMMENT ON COLUMN public.transactions.network IS 'Where it was made: mobile, web, atm, pos or branch.';
COMMENT ON COLUMN public.transactions.transaction_location IS 'Object of country, city, lat and lon.';
COMMENT ON COLUMN public.transactions.risk_level IS 'Over 80 CRITICAL, over 60 HIGH, over 30 MEDIUM, else LOW.';
COMMENT ON COLUMN public.transactions.compliance_flags IS 'Array of strings such as HIGH_VALUE; empty, never NULL.';

CREATE TABLE public.fraud_alerts (
  id uuid PRIMARY KEY,
  transaction_id uuid NOT NULL CONSTRAINT fraud_alerts_transaction_id_fkey REFERENCES public.transactions,
  customer_id uuid NOT NULL CONSTRAINT fraud_alerts_customer_id_fkey REFERENCES public.customers,
  alert_type text NOT NULL CONSTRAINT fraud_alerts_alert_type_check CHECK (alert_type <> ''),
  severity text NOT NULL
    CONSTRAINT fraud_alerts_severity_check CHECK (severity IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  confidence_score numeric(4,3) NOT NULL
    CONSTRAINT fraud_alerts_confidence_score_check CHECK (confidence_score BETWEEN 0 AND 1),
  rules_triggered jsonb NOT NULL
    CONSTRAINT fraud_alerts_rules_triggered_check CHECK (jsonb_typeof(rules_triggered) = 'array'),
  status text NOT NULL DEFAULT 'OPEN'
    CONSTRAINT fraud_alerts_status_check CHECK (status IN ('OPEN', 'INVESTIGATING', 'CONFIRMED', 'DISMISSED')),
  description text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX fraud_alerts_transaction_id_idx ON public.fraud_alerts (transaction_id);
CREATE INDEX fraud_alerts_customer_id_idx ON public.fraud_alerts (customer_id);
-- The analysts' work list.
CREATE INDEX fraud_alerts_unresolved_idx ON public.fraud_alerts (created_at)
  WHERE status IN ('OPEN', 'INVESTIGATING');
COMMENT ON TABLE public.fraud_alerts IS 'What looked wrong. Captured as fintech.fraud_alerts.';
COMMENT ON COLUMN public.fraud_alerts.alert_type IS
  'The pattern that raised it, such as "Velocity check failed"; open, since detection rules come and go.';
COMMENT ON COLUMN public.fraud_alerts.confidence_score IS '0 to 1.';
COMMENT ON COLUMN public.fraud_alerts.rules_triggered IS 'Array of rule names, RULE_100 to RULE_999.';
