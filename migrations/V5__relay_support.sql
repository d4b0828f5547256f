-- What the relay itself reads and writes in the source database.

-- The migration runner keeps its history in this schema and has made it already; this line is for other tools.
SET LOCAL client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS sluice;
SET LOCAL client_min_messages TO DEFAULT;
COMMENT ON SCHEMA sluice IS 'Sluice''s own records: relay positions and migration history.';

-- Column names, types and lengths are Debezium's (its manual, "Sending signals to a Debezium connector").
CREATE TABLE public.debezium_signal (
  id varchar(42) PRIMARY KEY,
  type varchar(32) NOT NULL,
  data varchar(2048)
);
COMMENT ON TABLE public.debezium_signal IS
  'Signals to a connector (signal.data.collection = public.debezium_signal), read from the log. A connector that takes '
  'signals needs this table in its publication: ALTER PUBLICATION fintech_main ADD TABLE public.debezium_signal.';
COMMENT ON COLUMN public.debezium_signal.id IS 'Chosen by the sender, such as a UUID.';
COMMENT ON COLUMN public.debezium_signal.type IS 'Such as execute-snapshot.';
COMMENT ON COLUMN public.debezium_signal.data IS 'JSON object of the signal''s parameters.';

CREATE TABLE public.debezium_heartbeat (
  connector text PRIMARY KEY,
  beat_at timestamptz NOT NULL DEFAULT now()
)
WITH (fillfactor = 50);
COMMENT ON TABLE public.debezium_heartbeat IS
  'For heartbeat.action.query, one row a connector: INSERT INTO public.debezium_heartbeat (connector) VALUES (''…'') '
  'ON CONFLICT (connector) DO UPDATE SET beat_at = now(). Sluice confirms positions on an idle database without it.';

CREATE TABLE sluice.offsets (
  connector text PRIMARY KEY,
  state jsonb NOT NULL CONSTRAINT offsets_state_check CHECK (jsonb_typeof(state) = 'object'),
  updated_at timestamptz NOT NULL DEFAULT now()
)
-- A handful of rows, updated all the time.
WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
COMMENT ON TABLE sluice.offsets IS
  'State record of each connector that is told to keep it neither in a file nor in a topic.';
COMMENT ON COLUMN sluice.offsets.connector IS 'The connector''s name.';
COMMENT ON COLUMN sluice.offsets.state IS
  'System identifier, timeline, database, slot, state of the snapshot, last acknowledged commit end LSN.';
