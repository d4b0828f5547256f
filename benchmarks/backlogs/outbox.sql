-- Events of about 400 bytes of payload, in transactions of ten.
CREATE TABLE outbox (
  id uuid PRIMARY KEY, aggregate_type varchar(100) NOT NULL, aggregate_id varchar(100) NOT NULL, event_type varchar(100) NOT NULL,
  payload jsonb NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE records (n bigint);
CREATE PUBLICATION bench FOR TABLE outbox;
CREATE PROCEDURE load(n bigint) LANGUAGE plpgsql AS $$ BEGIN
  FOR b IN 0 .. n / 10 - 1 LOOP
    INSERT INTO outbox SELECT md5(i::text)::uuid, 'Transaction', md5((i % 5000)::text || 'a'), 'TransactionCompleted',
      jsonb_build_object('transaction_id', md5(i::text), 'account_id', md5((i % 5000)::text), 'amount', (i * 7919 % 10000000) / 100.0, 'currency', 'EUR',
        'status', 'COMPLETED', 'merchant', jsonb_build_object('id', md5((i % 300)::text), 'name', 'Café am Ufer', 'country', 'DE'),
        'flags', '["HIGH_VALUE", "CROSS_BORDER"]'::jsonb, 'balance_after', (i * 104729 % 100000000) / 100.0, 'note', 'card payment no. ' || i),
      '2024-01-01 00:00:00+00'::timestamptz + i * interval '1 millisecond'
    FROM generate_series(b::bigint * 10 + 1, b::bigint * 10 + 10) i;
    COMMIT;
  END LOOP;
  INSERT INTO records VALUES (n / 10 * 10);
END $$;
SELECT pg_create_logical_replication_slot('base', 'pgoutput');
