CREATE TABLE pj_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tz timetz, tm timestamp(3), tu timestamp, b bytea, bits bit(10), arr text[], r real, s smallint NOT NULL DEFAULT 7, u uuid, num numeric);
ALTER TABLE pj_t REPLICA IDENTITY FULL;
CREATE TABLE pm_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tz timetz, tm timestamp(3), tu timestamp, b bytea, bits bit(10), arr text[], r real, s smallint NOT NULL DEFAULT 7, u uuid, num numeric);
ALTER TABLE pm_t REPLICA IDENTITY FULL;
CREATE TABLE pp_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tz timetz, tm timestamp(3), tu timestamp, b bytea, bits bit(10), arr text[], r real, s smallint NOT NULL DEFAULT 7, u uuid, num numeric);
ALTER TABLE pp_t REPLICA IDENTITY FULL;
CREATE TABLE h2v_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tz timetz, tm timestamp(3), tu timestamp, b bytea, bits bit(10), arr text[], r real, s smallint NOT NULL DEFAULT 7, u uuid, num numeric);
ALTER TABLE h2v_t REPLICA IDENTITY FULL;
CREATE TABLE h2m_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tz timetz, tm timestamp(3), tu timestamp, b bytea, bits bit(10), arr text[], r real, s smallint NOT NULL DEFAULT 7, u uuid, num numeric);
ALTER TABLE h2m_t REPLICA IDENTITY FULL;
CREATE TABLE ecs_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tz timetz, tm timestamp(3), tu timestamp, b bytea, bits bit(10), arr text[], r real, s smallint NOT NULL DEFAULT 7, u uuid, num numeric);
ALTER TABLE ecs_t REPLICA IDENTITY FULL;
CREATE TABLE tza_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tz timetz, tm timestamp(3), tu timestamp, b bytea, bits bit(10), arr text[], r real, s smallint NOT NULL DEFAULT 7, u uuid, num numeric);
ALTER TABLE tza_t REPLICA IDENTITY FULL;
CREATE TABLE tzi_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tz timetz, tm timestamp(3), tu timestamp, b bytea, bits bit(10), arr text[], r real, s smallint NOT NULL DEFAULT 7, u uuid, num numeric);
ALTER TABLE tzi_t REPLICA IDENTITY FULL;
CREATE TABLE tze_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tz timetz, tm timestamp(3), tu timestamp, b bytea, bits bit(10), arr text[], r real, s smallint NOT NULL DEFAULT 7, u uuid, num numeric);
ALTER TABLE tze_t REPLICA IDENTITY FULL;
CREATE TABLE tzo_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tz timetz, tm timestamp(3), tu timestamp, b bytea, bits bit(10), arr text[], r real, s smallint NOT NULL DEFAULT 7, u uuid, num numeric);
ALTER TABLE tzo_t REPLICA IDENTITY FULL;
CREATE TABLE tzs_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tz timetz, tm timestamp(3), tu timestamp, b bytea, bits bit(10), arr text[], r real, s smallint NOT NULL DEFAULT 7, u uuid, num numeric);
ALTER TABLE tzs_t REPLICA IDENTITY FULL;
CREATE TABLE sce_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tz timetz, tm timestamp(3), tu timestamp, b bytea, bits bit(10), arr text[], r real, s smallint NOT NULL DEFAULT 7, u uuid, num numeric);
ALTER TABLE sce_t REPLICA IDENTITY FULL;
CREATE TABLE raw_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tz timetz, tm timestamp(3), tu timestamp, b bytea, bits bit(10), arr text[], r real, s smallint NOT NULL DEFAULT 7, u uuid, num numeric);
ALTER TABLE raw_t REPLICA IDENTITY FULL;
