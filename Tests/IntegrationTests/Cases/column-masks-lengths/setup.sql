CREATE EXTENSION IF NOT EXISTS citext; CREATE EXTENSION IF NOT EXISTS hstore; CREATE EXTENSION IF NOT EXISTS ltree;
CREATE TABLE p (id int PRIMARY KEY, a text, t text, m text);
CREATE TABLE v (id int PRIMARY KEY, a text, b citext, c hstore, d tsvector, e ltree, f int4range, g cidr, h macaddr);
CREATE TABLE l (id int PRIMARY KEY, a bytea, b bit(8), c varbit(5), d interval, e numeric, f numeric(2,1), g numeric(4,1), h time, i timestamp(3), j point, k real, l oid, m smallint, n bigint, o timetz, p hstore);
CREATE TABLE two (id int PRIMARY KEY, a text, b text);
CREATE TABLE arr (id int PRIMARY KEY, a text[], b varchar(3)[], c int[], d varchar(9)[]);
CREATE TABLE none (id int PRIMARY KEY, a text, b bytea);
CREATE TABLE tst (id int PRIMARY KEY, a text);
