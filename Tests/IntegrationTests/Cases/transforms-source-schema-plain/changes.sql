INSERT INTO u VALUES (2, '1.50', B'101', 'h');
UPDATE u SET h = 'i';
DELETE FROM u;
SELECT pg_sleep(2);
ALTER TABLE t ADD COLUMN w date;
SELECT pg_sleep(2);
INSERT INTO t VALUES (5, 'b', 2, '2024-02-03');
