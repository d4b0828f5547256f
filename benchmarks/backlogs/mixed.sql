-- Five tables, 60 % inserts, 30 % updates, 10 % deletes, transactions of 1 to 10 rows. A delete has a tombstone too.
CREATE TABLE records (n bigint);
DO $$ BEGIN
  FOR t IN 0 .. 4 LOOP
    EXECUTE format('CREATE TABLE t%s (id bigint PRIMARY KEY, account_id uuid NOT NULL, amount numeric(15,2) NOT NULL, status varchar(20) NOT NULL,
      details jsonb, created_at timestamptz NOT NULL)', t);
  END LOOP;
END $$;
CREATE PUBLICATION bench FOR TABLE t0, t1, t2, t3, t4;
CREATE PROCEDURE load(n bigint) LANGUAGE plpgsql AS $$
DECLARE
  done bigint := 0;
  sent bigint := 0;
  t text;
BEGIN
  WHILE done < n LOOP
    FOR i IN 0 .. done % 10 LOOP
      t := 't' || done % 5;
      IF done % 10 < 6 OR done < 50 THEN
        EXECUTE format('INSERT INTO %s VALUES ($1, md5($1::text)::uuid, $1 %% 100000 / 100.0, ''PENDING'', ''{"channel": "web"}'', ''2024-01-01''::timestamptz)', t) USING done;
        sent := sent + 1;
      ELSIF done % 10 < 9 THEN
        EXECUTE format('UPDATE %s SET status = ''COMPLETED'' WHERE id = (SELECT max(id) FROM %s)', t, t);
        sent := sent + 1;
      ELSE
        EXECUTE format('DELETE FROM %s WHERE id = (SELECT min(id) FROM %s)', t, t);
        sent := sent + 2;
      END IF;
      done := done + 1;
    END LOOP;
    COMMIT;
  END LOOP;
  INSERT INTO records VALUES (sent);
END $$;
SELECT pg_create_logical_replication_slot('base', 'pgoutput');
