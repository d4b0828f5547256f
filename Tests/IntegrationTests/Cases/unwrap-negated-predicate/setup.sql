CREATE TABLE t (id int PRIMARY KEY, v text DEFAULT 'dv', n numeric(10,2) DEFAULT 1.50, route varchar(20), at timestamptz, b bytea, arr int[], big text);
ALTER TABLE t ALTER COLUMN big SET STORAGE EXTERNAL;
CREATE TABLE nokey (a int, b text NOT NULL DEFAULT 'q');
CREATE TABLE full_t (k1 int, k2 text, v int NOT NULL DEFAULT 5, PRIMARY KEY (k2, k1));
ALTER TABLE full_t REPLICA IDENTITY FULL;
ALTER TABLE nokey REPLICA IDENTITY FULL;
INSERT INTO t VALUES (1, NULL, NULL, 'to_a', '2024-01-02 03:04:05.678+00', '\x0102', '{1,NULL,3}', 'small');
INSERT INTO nokey VALUES (1, 'x');
