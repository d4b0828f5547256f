-- The reference backlog: one table of 14 columns, inserts in transactions of 100 rows.
CREATE TABLE transactions (
  id uuid PRIMARY KEY, account_id uuid NOT NULL, customer_id uuid NOT NULL, merchant_id uuid, transaction_type varchar(20) NOT NULL,
  status varchar(20) NOT NULL, amount numeric(15,2) NOT NULL, fee_amount numeric(15,2) NOT NULL, currency char(3) NOT NULL,
  risk_score numeric(5,2), network varchar(20), transaction_location jsonb, compliance_flags jsonb NOT NULL,
  created_at timestamptz NOT NULL);
CREATE TABLE records (n bigint);
CREATE PUBLICATION bench FOR TABLE transactions;
CREATE PROCEDURE load(n bigint) LANGUAGE plpgsql AS $$ BEGIN
  FOR b IN 0 .. n / 100 - 1 LOOP
    INSERT INTO transactions SELECT md5(i::text)::uuid, md5((i % 5000)::text || 'a')::uuid, md5((i % 2000)::text || 'c')::uuid,
      md5((i % 300)::text || 'm')::uuid, (array['PURCHASE', 'TRANSFER', 'DEPOSIT'])[i % 3 + 1], 'COMPLETED',
      (i * 7919 % 10000000) / 100.0, (i % 300) / 100.0, 'EUR', (i % 10000) / 100.0, (array['mobile', 'web', 'pos'])[i % 3 + 1],
      jsonb_build_object('country', 'DE', 'city', 'Berlin'), '["HIGH_VALUE"]', '2024-01-01 00:00:00+00'::timestamptz + i * interval '1 millisecond'
    FROM generate_series(b::bigint * 100 + 1, b::bigint * 100 + 100) i;
    COMMIT;
  END LOOP;
  INSERT INTO records VALUES (n / 100 * 100);
END $$;
SELECT pg_create_logical_replication_slot('base', 'pgoutput');
