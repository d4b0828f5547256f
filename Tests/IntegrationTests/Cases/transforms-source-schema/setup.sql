CREATE TABLE t (id int PRIMARY KEY, v varchar(10) NOT NULL DEFAULT 'x', n numeric(8,3), ts timestamptz(3), a int[], e text);
COMMENT ON COLUMN t.v IS 'a text';
INSERT INTO t VALUES (1, 'a', 1.5, '2024-01-02 03:04:05.678+00', '{1,2}', NULL);
