-- The outbox: events written in the transaction of the change that they tell of, so that both exist or neither does.

-- Aggregate and event type become part of a topic name. A character that Kafka refuses would stop the relay at that row,
-- far from the code that wrote it; the checks tell the writer instead.
CREATE TABLE public.outbox (
  id uuid PRIMARY KEY,
  aggregate_type text NOT NULL
    CONSTRAINT outbox_aggregate_type_check CHECK (aggregate_type ~ '^[a-zA-Z0-9._-]{1,100}$'),
  aggregate_id text NOT NULL,
  event_type text NOT NULL
    CONSTRAINT outbox_event_type_check CHECK (event_type ~ '^[a-zA-Z0-9._-]{1,100}$'),
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
)
-- Written by every business transaction and emptied by whoever cleans up behind the relay: vacuum by numbers of rows,
-- not by shares of a size that swings, and without the default pauses.
WITH (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000,
  autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000,
  autovacuum_vacuum_cost_delay = 0
);
-- For the clean-up by age. Rows arrive in time order, so block ranges do and cost next to nothing on insert.
CREATE INDEX outbox_created_at_idx ON public.outbox USING brin (created_at) WITH (autosummarize = on);
COMMENT ON TABLE public.outbox IS
  'Events for fintech.events.*, written in the transaction of the change itself. Rows may be deleted once relayed: the '
  'relay reads inserts from the log, and passes over deletes.';
COMMENT ON COLUMN public.outbox.id IS 'Event id; header "id" of the record.';
COMMENT ON COLUMN public.outbox.aggregate_type IS 'Lower-case entity: transaction, customer, account, fraud_alert.';
COMMENT ON COLUMN public.outbox.aggregate_id IS 'Id of the entity; key of the record.';
COMMENT ON COLUMN public.outbox.event_type IS 'Such as transaction.created; last part of the topic name.';
COMMENT ON COLUMN public.outbox.payload IS
  'The event with its full business context. Decimals are strings of their column''s scale; nothing null or empty.';
