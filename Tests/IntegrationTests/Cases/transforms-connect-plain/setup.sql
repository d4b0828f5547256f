CREATE EXTENSION IF NOT EXISTS hstore;
CREATE TABLE cast_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tm timestamp(3), b bytea, arr int[], h hstore, r real, s smallint NOT NULL DEFAULT 7, o text DEFAULT 'dopt');
CREATE TABLE flat_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tm timestamp(3), b bytea, arr int[], h hstore, r real, s smallint NOT NULL DEFAULT 7, o text DEFAULT 'dopt');
CREATE TABLE hdr_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tm timestamp(3), b bytea, arr int[], h hstore, r real, s smallint NOT NULL DEFAULT 7, o text DEFAULT 'dopt');
CREATE TABLE hdrm_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tm timestamp(3), b bytea, arr int[], h hstore, r real, s smallint NOT NULL DEFAULT 7, o text DEFAULT 'dopt');
CREATE TABLE hoist_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tm timestamp(3), b bytea, arr int[], h hstore, r real, s smallint NOT NULL DEFAULT 7, o text DEFAULT 'dopt');
CREATE TABLE ins_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tm timestamp(3), b bytea, arr int[], h hstore, r real, s smallint NOT NULL DEFAULT 7, o text DEFAULT 'dopt');
CREATE TABLE mask_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tm timestamp(3), b bytea, arr int[], h hstore, r real, s smallint NOT NULL DEFAULT 7, o text DEFAULT 'dopt');
CREATE TABLE repl_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tm timestamp(3), b bytea, arr int[], h hstore, r real, s smallint NOT NULL DEFAULT 7, o text DEFAULT 'dopt');
CREATE TABLE meta_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tm timestamp(3), b bytea, arr int[], h hstore, r real, s smallint NOT NULL DEFAULT 7, o text DEFAULT 'dopt');
CREATE TABLE tsc_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tm timestamp(3), b bytea, arr int[], h hstore, r real, s smallint NOT NULL DEFAULT 7, o text DEFAULT 'dopt');
CREATE TABLE vtk_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tm timestamp(3), b bytea, arr int[], h hstore, r real, s smallint NOT NULL DEFAULT 7, o text DEFAULT 'dopt');
CREATE TABLE dh_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tm timestamp(3), b bytea, arr int[], h hstore, r real, s smallint NOT NULL DEFAULT 7, o text DEFAULT 'dopt');
CREATE TABLE filt_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tm timestamp(3), b bytea, arr int[], h hstore, r real, s smallint NOT NULL DEFAULT 7, o text DEFAULT 'dopt');
CREATE TABLE castkey_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tm timestamp(3), b bytea, arr int[], h hstore, r real, s smallint NOT NULL DEFAULT 7, o text DEFAULT 'dopt');
CREATE TABLE raw_t (id int PRIMARY KEY, n numeric(10,2), i bigint, f double precision, t text NOT NULL DEFAULT 'dt', flag boolean,
  d date, ts timestamptz, tm timestamp(3), b bytea, arr int[], h hstore, r real, s smallint NOT NULL DEFAULT 7, o text DEFAULT 'dopt');
