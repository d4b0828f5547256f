-- One publication for each connector, with its tables named one by one: a new table is published only when a migration
-- says so, and creating these needs no superuser, as FOR ALL TABLES would.

CREATE PUBLICATION fintech_main FOR TABLE
  public.customers, public.accounts, public.transactions, public.merchants, public.fraud_alerts;
COMMENT ON PUBLICATION fintech_main IS 'Read by fintech-main-connector.';

CREATE PUBLICATION fintech_outbox FOR TABLE public.outbox;
COMMENT ON PUBLICATION fintech_outbox IS 'Read by fintech-outbox-connector.';

CREATE PUBLICATION fintech_analytics FOR TABLE public.account_balances, public.customer_sessions;
COMMENT ON PUBLICATION fintech_analytics IS 'Read by fintech-analytics-connector.';
