-- The role that the relay connects as, with no more rights than it needs: stream from a slot, read the captured tables
-- for snapshots, keep its own records. It owns nothing, so the publications above must exist before it starts
-- (publication.autocreate.mode = disabled).
--
-- Roles belong to the whole server, so the role may be there already, from another database or an administrator's hand.
-- No password is set here. Set one as an administrator, from psql, which sends it hashed:  \password sluice_replication

DO $role$
DECLARE
  may_replicate boolean;
  may_login boolean;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'sluice_replication') THEN
    BEGIN
      CREATE ROLE sluice_replication LOGIN REPLICATION;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN
        NULL;  -- Another database's migration was quicker.
      WHEN insufficient_privilege THEN
        -- Managed servers, and PostgreSQL 16 and later for a role that is not itself REPLICATION, allow CREATE ROLE but
        -- not this attribute. Whether it is missing in the end is seen below.
        BEGIN
          CREATE ROLE sluice_replication LOGIN;
        EXCEPTION
          WHEN duplicate_object OR unique_violation THEN
            NULL;
          WHEN insufficient_privilege THEN
            RAISE EXCEPTION 'role sluice_replication does not exist, and % may not create it', current_user
              USING HINT = 'Have an administrator run: CREATE ROLE sluice_replication LOGIN REPLICATION; '
                'then migrate again.';
        END;
    END;
  END IF;

  SELECT rolreplication OR rolsuper, rolcanlogin INTO may_replicate, may_login
  FROM pg_catalog.pg_roles WHERE rolname = 'sluice_replication';
  IF NOT may_replicate THEN
    BEGIN
      ALTER ROLE sluice_replication REPLICATION;
      may_replicate := true;
    EXCEPTION WHEN insufficient_privilege THEN
      NULL;
    END;
  END IF;
  -- Amazon RDS and Aurora keep the attribute to themselves and give a role for it instead.
  IF NOT may_replicate AND EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'rds_replication') THEN
    BEGIN
      GRANT rds_replication TO sluice_replication;
      may_replicate := true;
    EXCEPTION WHEN insufficient_privilege THEN
      NULL;
    END;
  END IF;
  IF NOT may_replicate THEN
    RAISE NOTICE 'sluice_replication cannot replicate yet, since % may not grant that', current_user
      USING HINT = 'Have an administrator run: ALTER ROLE sluice_replication REPLICATION; or, on a managed server, '
        'what its manual gives for it (Amazon RDS: GRANT rds_replication TO sluice_replication).';
  END IF;
  IF NOT may_login THEN
    RAISE NOTICE 'sluice_replication exists without LOGIN; it was left so'
      USING HINT = 'Have an administrator run: ALTER ROLE sluice_replication LOGIN;';
  END IF;

  EXECUTE format('GRANT CONNECT ON DATABASE %I TO sluice_replication', current_database());
END
$role$;

GRANT USAGE ON SCHEMA public, sluice TO sluice_replication;

-- Snapshots. market_data is not captured and so not readable.
GRANT SELECT ON
  public.customers, public.accounts, public.transactions, public.merchants, public.fraud_alerts,
  public.account_balances, public.customer_sessions, public.outbox
  TO sluice_replication;

-- Incremental snapshots write their watermarks into the signal table, and may delete them again.
GRANT SELECT, INSERT, DELETE ON public.debezium_signal TO sluice_replication;
GRANT SELECT, INSERT, UPDATE ON public.debezium_heartbeat TO sluice_replication;
GRANT SELECT, INSERT, UPDATE, DELETE ON sluice.offsets TO sluice_replication;
