CREATE TABLE t (id int PRIMARY KEY, v varchar(10), n numeric(8,3));
CREATE TABLE u (id bigint, m money, b bit(3), h text);
ALTER TABLE u REPLICA IDENTITY FULL;
INSERT INTO t VALUES (1, 'a', 1.5);
