INSERT INTO t VALUES (1, '{ok}', 1), (2, '{ok,NULL}', 2), (3, '{sad}', 3);
BEGIN;
UPDATE t SET id = 20 WHERE id = 2;
UPDATE t SET id = 10 WHERE id = 1;
UPDATE t SET id = 30, m = '{NULL}' WHERE id = 3;
COMMIT;
UPDATE t SET n = 4 WHERE id = 20;
UPDATE t SET m = '{sad}' WHERE id = 20;
DELETE FROM t;
