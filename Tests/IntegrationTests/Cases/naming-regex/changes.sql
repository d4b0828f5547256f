INSERT INTO shard_1 VALUES (2,'b');
INSERT INTO shard_2 VALUES (2,'b');
UPDATE shard_1 SET id=3 WHERE id=2;
INSERT INTO nokey VALUES ('n');
DELETE FROM shard_2;
TRUNCATE shard_1;
