INSERT INTO t VALUES (1, 'a');
UPDATE t SET v = 'b';
UPDATE t SET id = 2;
DELETE FROM t;
INSERT INTO moved VALUES (1, 'a');
UPDATE moved SET id = 2;
DELETE FROM moved;
